"""`python -m services.consent` serves consents."""

from kith.consent.v1.consent_service_pb2_grpc import add_ConsentServiceServicer_to_server
from services.chassis import database, telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.server import run, serve
from services.consent.config import Config
from services.consent.events import TOPIC
from services.consent.service import ConsentService


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start("consent", config)
    keyring = Keyring.load(config.keyring_file)
    kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
    async with (
        TokenVerifier(config.issuer) as verifier,
        database.pool(config.database_url_file, name="consent") as db,
    ):
        relay = Relay(db, TOPIC, kafka, "consent")
        service = ConsentService(db, keyring, relay.wake)
        await serve(
            "consent",
            config,
            [(add_ConsentServiceServicer_to_server, service)],
            error_domain="consent.kith",
            verifier=verifier,
            ready=db.ready,
            background=[relay.run],
        )


if __name__ == "__main__":
    run(main(load(Config)))
