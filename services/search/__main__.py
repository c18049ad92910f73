"""`python -m services.search` serves the search."""

from contextlib import AsyncExitStack

from opensearchpy import AsyncOpenSearch

from kith.childindex.v1 import candidate_service_pb2, projection_service_pb2
from kith.search.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server
from services.chassis import telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.channel import connect, own_connect
from services.chassis.config import load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.server import run, serve
from services.chassis.service_identity import ServiceIdentity
from services.matching import KEY_SCHEMA
from services.search.config import Config
from services.search.consumer import Projector
from services.search.service import Engine, SearchService
from services.search.store import ChildrenIndex

SERVICE = "search"


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start(SERVICE, config)
    keyring = Keyring.load(config.keyring_file)
    async with AsyncExitStack() as stack:
        verifier = await stack.enter_async_context(TokenVerifier(config.issuer))
        identity = await stack.enter_async_context(
            ServiceIdentity(SERVICE, config.service_key_file, config.issuer)
        )
        as_the_caller = await stack.enter_async_context(
            connect(config.child_index_address, candidate_service_pb2.DESCRIPTOR, identity=identity)
        )
        engine = None
        if config.opensearch_url is not None:
            as_itself = await stack.enter_async_context(
                own_connect(config.child_index_address, projection_service_pb2.DESCRIPTOR, identity=identity)
            )
            client = await stack.enter_async_context(
                AsyncOpenSearch(hosts=[config.opensearch_url], max_retries=1, retry_on_timeout=False)
            )
            version, _ = keyring.active("match")
            index = ChildrenIndex(client, key_schema=KEY_SCHEMA, secret_version=version)
            kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
            engine = Engine(index, Projector(index, as_itself, kafka))
        await serve(
            SERVICE,
            config,
            [(add_SearchServiceServicer_to_server, SearchService(as_the_caller, keyring, engine))],
            error_domain="search.kith",
            verifier=verifier,
            background=[] if engine is None else [engine.projector.run],
        )


if __name__ == "__main__":
    run(main(load(Config)))
