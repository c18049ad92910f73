"""What consent has to tell reaches Kafka (DESIGN 5 no. 14)."""

from pathlib import Path
from uuid import UUID, uuid4

from kith.consent.v1.consent_events_pb2 import ConsentEvent
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from services.chassis.child_ids import ChildIds
from services.chassis.keyring import Keyring
from services.consent.events import TOPIC
from tests.fixtures.broker import Broker
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.published import published
from tests.fixtures.service_process import service_process
from tests.service.chassis.issuer import Issuer
from tests.service.consent.conftest import Child, Organisation, request


async def test_a_consent_is_told_to_kafka_under_its_own_key(
    broker: Broker, service_database: ServiceDatabases, issuer: Issuer, tmp_path: Path, clinic: Organisation
) -> None:
    await broker.topic(TOPIC)
    settings = {"KITH_KAFKA_BOOTSTRAP_SERVERS": broker.address}
    database = await service_database("consent")
    async with service_process(database, issuer.url, tmp_path, settings) as running:
        child = Child(uuid4(), ChildIds(Keyring.load(running.keyring_file)))
        stub = ConsentServiceStub(running.channel)
        consent = (await stub.RecordConsent(request(child, clinic), metadata=clinic.metadata)).consent
        key, value = await published(
            broker, TOPIC, lambda value: ConsentEvent.FromString(value).consent_id == consent.id
        )
    event = ConsentEvent.FromString(value)
    assert UUID(bytes=key) == UUID(consent.id)
    assert (event.version, event.WhichOneof("event")) == (1, "consent_given")
