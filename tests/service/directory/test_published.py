"""What the directory has to tell reaches Kafka (DESIGN 5 no. 14), and needs no Kafka to be recorded."""

from pathlib import Path
from uuid import UUID

from kith.directory.v1.directory_events_pb2 import DirectoryEvent
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from services.directory.events import TOPIC
from tests.fixtures.broker import Broker
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.published import published
from tests.fixtures.service_process import service_process
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Administrator


async def test_a_new_service_is_told_to_kafka_under_its_own_key(
    broker: Broker,
    service_database: ServiceDatabases,
    issuer: Issuer,
    tmp_path: Path,
    administrator: Administrator,
) -> None:
    await broker.topic(TOPIC)
    settings = {"KITH_KAFKA_BOOTSTRAP_SERVERS": broker.address}
    database = await service_database("directory")
    async with service_process(database, issuer.url, tmp_path, settings) as running:
        telling = Administrator(DirectoryServiceStub(running.channel), administrator.metadata)
        service = await telling.service(await telling.organisation())
        key, value = await published(
            broker, TOPIC, lambda value: DirectoryEvent.FromString(value).key == service.id
        )
    event = DirectoryEvent.FromString(value)
    assert UUID(bytes=key) == UUID(service.id)
    assert (event.version, event.WhichOneof("event")) == (1, "service_published")
