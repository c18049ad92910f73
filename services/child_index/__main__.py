"""`python -m services.child_index` serves the child index."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from kith.audit.v1 import audit_service_pb2
from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from kith.childindex.v1.candidate_service_pb2_grpc import add_CandidateServiceServicer_to_server
from kith.childindex.v1.child_index_service_pb2_grpc import add_ChildIndexServiceServicer_to_server
from kith.childindex.v1.projection_service_pb2_grpc import add_ProjectionServiceServicer_to_server
from kith.childindex.v1.shield_service_pb2_grpc import add_ShieldServiceServicer_to_server
from kith.consent.v1 import consent_service_pb2
from kith.directory.v1 import directory_service_pb2
from services.chassis import database, telemetry
from services.chassis.audit_outbox import Shipper
from services.chassis.caller import TokenVerifier
from services.chassis.channel import own_connect
from services.chassis.child_ids import ChildIds
from services.chassis.config import load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.paging import PageTokens
from services.chassis.seal import Sealer
from services.chassis.server import run, serve
from services.chassis.service_identity import ServiceIdentity
from services.chassis.tls import Certificates
from services.chassis.writes import Writes
from services.child_index import consumers, events
from services.child_index.candidate_service import CandidateService
from services.child_index.child_refs import ChildRefs
from services.child_index.config import Config
from services.child_index.disclosure import SERVICE, Disclosures
from services.child_index.key_versions import KeyVersions
from services.child_index.match_keys import MatchKeys
from services.child_index.neighbours import Consent, Directory
from services.child_index.projection_service import ProjectionService
from services.child_index.registration import Registrar
from services.child_index.service import ChildIndexService
from services.child_index.shield_service import ShieldService
from services.child_index.shielding import Shielding
from services.matching import load_model

_DATABASE: Final = {
    # Every statement goes by keys whatever its arguments are: planning each anew costs a search 0.7 ms and finds the
    # same plan.
    "plan_cache_mode": "force_generic_plan"
}


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start(SERVICE, config)
    keyring = Keyring.load(config.keyring_file)
    sealer, keys = Sealer(keyring), MatchKeys(keyring)
    model = load_model()
    kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
    disclosures = Disclosures(config.person_disclosure_limit, config.system_disclosure_limit)
    async with (
        TokenVerifier(config.issuer) as verifier,
        ServiceIdentity(SERVICE, config.service_key_file, config.issuer, Certificates.of(config)) as identity,
        own_connect(
            config.directory_address, directory_service_pb2.DESCRIPTOR, identity=identity
        ) as to_directory,
        own_connect(config.consent_address, consent_service_pb2.DESCRIPTOR, identity=identity) as to_consent,
        own_connect(config.audit_address, audit_service_pb2.DESCRIPTOR, identity=identity) as to_audit,
        database.pool(config.database_url_file, name=SERVICE, max_size=20, settings=_DATABASE) as pool,
    ):
        audit = AuditServiceStub(to_audit)

        async def append(records: Sequence[bytes]) -> None:
            await audit.AppendAccessRecords(
                audit_service_pb2.AppendAccessRecordsRequest(
                    records=[AccessRecord.FromString(record) for record in records]
                )
            )

        relay = Relay(pool, events.TOPIC, kafka, SERVICE)
        service = ChildIndexService(
            pool,
            keyring=keyring,
            registrar=Registrar(sealer, keys, model),
            disclosures=disclosures,
            directory=Directory(to_directory),
            consent=Consent(to_consent),
            relay=relay,
        )
        candidates = CandidateService(
            pool,
            sealer=sealer,
            child_ids=ChildIds(keyring),
            disclosures=disclosures,
            keys=keys,
            model=model,
        )
        projections = ProjectionService(pool, PageTokens(keyring))
        shields = ShieldService(
            pool,
            writes=Writes(pool, keyring, relay.wake),
            refs=ChildRefs(ChildIds(keyring), keys),
            shielding=Shielding(sealer, keys, model),
            disclosures=disclosures,
            tokens=PageTokens(keyring),
        )
        await serve(
            SERVICE,
            config,
            [
                (add_ChildIndexServiceServicer_to_server, service),
                (add_CandidateServiceServicer_to_server, candidates),
                (add_ProjectionServiceServicer_to_server, projections),
                (add_ShieldServiceServicer_to_server, shields),
            ],
            error_domain="childindex.kith",
            verifier=verifier,
            ready=partial(KeyVersions(keys).ready, pool),
            background=[
                relay.run,
                Shipper(pool, append, SERVICE).run,
                consumers.directory_events(pool, kafka, to_directory, relay).run,
                consumers.consent_events(pool, kafka, to_consent, relay).run,
            ],
        )


if __name__ == "__main__":
    run(main(load(Config)))
