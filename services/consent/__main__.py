"""`python -m services.consent` serves consents."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

from kith.audit.v1 import audit_service_pb2
from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from kith.consent.v1.consent_service_pb2_grpc import add_ConsentServiceServicer_to_server
from kith.consent.v1.family_service_pb2_grpc import add_FamilyServiceServicer_to_server
from kith.consent.v1.oversight_service_pb2_grpc import add_OversightServiceServicer_to_server
from kith.consent.v1.sharing_service_pb2_grpc import add_SharingServiceServicer_to_server
from kith.consent.v1.wording_service_pb2_grpc import add_WordingServiceServicer_to_server
from services.chassis import database, telemetry
from services.chassis.audit_outbox import Shipper
from services.chassis.caller import TokenVerifier
from services.chassis.channel import own_connect
from services.chassis.config import BadSettings, load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.seal import Sealer
from services.chassis.server import Background, run, serve
from services.chassis.service_identity import ServiceIdentity
from services.chassis.tls import Certificates
from services.consent.access_trail import SERVICE
from services.consent.clock import shifted_clock, system_clock
from services.consent.config import Config
from services.consent.decisions import Decisions
from services.consent.events import TOPIC
from services.consent.families import Families
from services.consent.family_service import FamilyService
from services.consent.oversight_service import OversightService
from services.consent.parts import Parts
from services.consent.receipt import Receipts
from services.consent.rules import policy
from services.consent.rules.policy import Policy, PolicyInvalid
from services.consent.service import ConsentService
from services.consent.sharing_service import SharingService
from services.consent.turning import Turning
from services.consent.wording_service import WordingService

# A consent that came to its day is recorded as such within this time; decisions do not wait for it.
_TURN_SECONDS = 30.0
_TURN_SECONDS_LOCALLY = 1.0


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start(SERVICE, config)
    keyring = Keyring.load(config.keyring_file)
    kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
    clock = shifted_clock(config.clock_shift_file) if config.clock_shift_file else system_clock
    async with (
        TokenVerifier(config.issuer) as verifier,
        database.pool(config.database_url_file, name=SERVICE, max_size=20) as db,
        AsyncExitStack() as channels,
    ):
        relay = Relay(db, TOPIC, kafka, SERVICE)
        parts = Parts(
            database=db,
            keyring=keyring,
            wake=relay.wake,
            clock=clock,
            decisions=Decisions(_policy(config), clock),
            families=Families(Sealer(keyring)),
        )
        turning = Turning(parts, _TURN_SECONDS_LOCALLY if config.local_mode else _TURN_SECONDS)
        background: list[Background] = [relay.run, turning.run]
        if config.audit_address is not None:
            background.append(await _shipper(config, db, channels))
        await serve(
            SERVICE,
            config,
            [
                (add_ConsentServiceServicer_to_server, ConsentService(parts, Receipts(keyring))),
                (add_FamilyServiceServicer_to_server, FamilyService(parts)),
                (add_SharingServiceServicer_to_server, SharingService(parts)),
                (add_WordingServiceServicer_to_server, WordingService(parts)),
                (add_OversightServiceServicer_to_server, OversightService(parts)),
            ],
            error_domain="consent.kith",
            verifier=verifier,
            ready=db.ready,
            background=background,
        )


def _policy(config: Config) -> Policy:
    """The partnership's policy. Raises BadSettings if the file is none."""
    path = config.policy_file or policy.SHIPPED
    try:
        return policy.load(path)
    except (OSError, PolicyInvalid):
        raise BadSettings(f"{path}: is no policy; DryRunPolicy says what is wrong with it") from None


async def _shipper(config: Config, db: database.Database, channels: AsyncExitStack) -> Background:
    """What ships access records to audit. Raises BadSettings without a service key."""
    if config.service_key_file is None or config.audit_address is None:
        raise BadSettings("KITH_SERVICE_KEY_FILE: is needed with KITH_AUDIT_ADDRESS")
    identity = await channels.enter_async_context(
        ServiceIdentity(SERVICE, config.service_key_file, config.issuer, Certificates.of(config))
    )
    channel = await channels.enter_async_context(
        own_connect(config.audit_address, audit_service_pb2.DESCRIPTOR, identity=identity)
    )
    audit = AuditServiceStub(channel)

    async def append(records: Sequence[bytes]) -> None:
        await audit.AppendAccessRecords(
            audit_service_pb2.AppendAccessRecordsRequest(
                records=[AccessRecord.FromString(record) for record in records]
            )
        )

    return Shipper(db, append, SERVICE).run


if __name__ == "__main__":
    run(main(load(Config)))
