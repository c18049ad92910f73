"""`python -m services.directory` serves the directory."""

from kith.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from services.chassis import database, telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.server import run, serve
from services.directory.config import Config
from services.directory.events import TOPIC
from services.directory.service import DirectoryService


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start("directory", config)
    keyring = Keyring.load(config.keyring_file)
    kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
    async with (
        TokenVerifier(config.issuer) as verifier,
        database.pool(config.database_url_file, name="directory") as db,
    ):
        relay = Relay(db, TOPIC, kafka, "directory")
        service = DirectoryService(db, keyring, relay.wake)
        await serve(
            "directory",
            config,
            [(add_DirectoryServiceServicer_to_server, service)],
            error_domain="directory.kith",
            verifier=verifier,
            ready=db.ready,
            background=[relay.run],
        )


if __name__ == "__main__":
    run(main(load(Config)))
