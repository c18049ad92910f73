"""`python -m services.search` serves the search."""

from contextlib import AsyncExitStack
from functools import partial

from kith.childindex.v1 import candidate_service_pb2
from kith.search.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server
from services.chassis import telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.channel import connect
from services.chassis.config import load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.server import Background, run, serve
from services.chassis.service_identity import ServiceIdentity
from services.chassis.tls import Certificates
from services.search.config import Config
from services.search.consumer import Projector
from services.search.keeper import Keeper
from services.search.projection import projection
from services.search.reconcile import Reconciler
from services.search.service import Engine, SearchService

SERVICE = "search"


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start(SERVICE, config)
    keyring = Keyring.load(config.keyring_file)
    async with AsyncExitStack() as stack:
        verifier = await stack.enter_async_context(TokenVerifier(config.issuer))
        identity = await stack.enter_async_context(
            ServiceIdentity(SERVICE, config.service_key_file, config.issuer, Certificates.of(config))
        )
        as_the_caller = await stack.enter_async_context(
            connect(config.child_index_address, candidate_service_pb2.DESCRIPTOR, identity=identity)
        )
        engine = None
        background: list[Background] = []
        if config.opensearch_url is not None:
            made = await stack.enter_async_context(projection(config, keyring, identity))
            kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
            keeper = Keeper(made.index, made.generations, made.source)
            projector = Projector(made.index, made.generations, made.source, keeper, kafka)
            reconciler = Reconciler(made.index, made.generations, made.source)
            compare = partial(reconciler.run, config.reconcile_seconds, config.reconcile_keys_seconds)
            engine = Engine(made.index, projector)
            background = [keeper.run, projector.run, compare]
        await serve(
            SERVICE,
            config,
            [(add_SearchServiceServicer_to_server, SearchService(as_the_caller, keyring, engine))],
            error_domain="search.kith",
            verifier=verifier,
            background=background,
        )


if __name__ == "__main__":
    run(main(load(Config)))
