from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from kith.audit.v1 import audit_service_pb2 as pb
from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer, running_issuer

Metadata = tuple[tuple[str, str], ...]
PURPOSE = ("kith-purpose", "audit")


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def audit_database(service_database: ServiceDatabases) -> ServiceDatabase:
    return await service_database("audit")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def audit(
    audit_database: ServiceDatabase, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    async with service_process(audit_database, issuer.url, tmp_path_factory.mktemp("audit")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def superuser(audit_database: ServiceDatabase) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """Somebody who may do everything to the database."""
    connection = await asyncpg.connect(audit_database.superuser_dsn)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stub(audit: ServiceProcess, superuser: "asyncpg.Connection[asyncpg.Record]") -> AuditServiceStub:
    """The service, with an empty chain."""
    await superuser.execute("TRUNCATE access_record")
    return AuditServiceStub(audit.channel)


@pytest.fixture
def child_index(issuer: Issuer) -> Metadata:
    """The metadata with which child-index calls for itself."""
    token = issuer.service_token("child-index", "audit.append")
    return bearer(token, ("kith-service-authorization", f"Bearer {token}"))


@pytest.fixture
def auditor(issuer: Issuer) -> Metadata:
    return bearer(issuer.token(scope="audit.read"), PURPOSE)


def records(count: int) -> pb.AppendAccessRecordsRequest:
    """A batch of new access records."""
    request = pb.AppendAccessRecordsRequest()
    for _ in range(count):
        request.records.append(record())
    return request


def record() -> AccessRecord:
    """A new access record."""
    made = AccessRecord(
        id=str(uuid4()),
        service="child-index",
        method="/kith.childindex.v1.ChildIndexService/GetChild",
        organisation_id=str(uuid4()),
        subject="person-1",
        purpose="provide-service",
        child_ids=[str(uuid4())],
    )
    made.event_time.GetCurrentTime()
    return made
