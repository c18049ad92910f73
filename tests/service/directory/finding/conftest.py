import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import grpc
import pytest
import pytest_asyncio

from kith.directory.v1 import publication_service_pb2 as pb
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceStub
from services.chassis.channel import status_of
from services.chassis.errors import error_info
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.publications import Organization, Table
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Metadata

WITHIN_SECONDS = 20.0
"""How long a test waits for the index; that it is within a second is for the benchmark to say."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def publishing(
    service_database: ServiceDatabases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    """A directory whose publications only these tests write."""
    folder = tmp_path_factory.mktemp("publishing")
    async with service_process(await service_database("directory"), issuer.url, folder) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def table(publishing: ServiceProcess) -> AsyncIterator[Table]:
    connection = await asyncpg.connect(publishing.database.app_dsn)
    yield Table(connection)
    await connection.close()


@dataclass
class Reader:
    """Somebody who looks for services, each test among those of its own organization."""

    stub: PublicationServiceStub
    metadata: Metadata
    organization: Organization

    async def search(self, text: str = "", **asked: Any) -> pb.SearchServicesResponse:
        request = pb.SearchServicesRequest(text=text, organization_id=str(self.organization.id), **asked)
        return await self.stub.SearchServices(request, metadata=self.metadata)

    async def names(self, text: str = "", **asked: Any) -> list[str]:
        found = await self.search(text, view=pb.PUBLICATION_VIEW_FULL, **asked)
        return [name_of(one) for one in found.results]

    async def indexed(self, count: int) -> None:
        """Wait until so many services of the organization can be found."""

        async def all_there() -> bool:
            try:
                return (await self.search()).total_items == count
            except grpc.aio.AioRpcError as error:
                if not_ready(error):
                    return False
                raise

        await eventually(all_there, WITHIN_SECONDS)


def not_ready(error: grpc.aio.AioRpcError) -> bool:
    """Whether the index is still being filled."""
    info = error_info(status_of(error))
    return info is not None and info.reason == "INDEX_NOT_READY"


def name_of(result: pb.ServiceResult) -> str:
    found = json.loads(result.publication.json)
    name: str = found.get("service", found)["name"]
    return name


@pytest.fixture
def reads(publishing: ServiceProcess, issuer: Issuer) -> Reader:
    metadata = bearer(issuer.token(scope="directory.read"))
    return Reader(PublicationServiceStub(publishing.channel), metadata, Organization())
