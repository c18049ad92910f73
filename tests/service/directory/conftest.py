from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import pytest_asyncio

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Organisation, Practitioner, Service
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer, running_issuer

Metadata = tuple[tuple[str, str], ...]


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def directory(
    service_database: ServiceDatabases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    """The directory, running without a broker; `clock_shift` in its folder says by how many days its clock is ahead."""
    folder = tmp_path_factory.mktemp("directory")
    shift = folder / "clock_shift"
    shift.write_text("0", encoding="utf-8")
    settings = {"KITH_CLOCK_SHIFT_FILE": str(shift)}
    async with service_process(await service_database("directory"), issuer.url, folder, settings) as running:
        yield running


@dataclass
class Administrator:
    """Fills the directory in as the operator does."""

    stub: DirectoryServiceStub
    metadata: Metadata

    async def organisation(self, name: str = "Borough Early Help") -> Organisation:
        request = pb.CreateOrganisationRequest(
            display_name=name, kind=Organisation.KIND_EARLY_HELP, request_id=str(uuid4())
        )
        return (await self.stub.CreateOrganisation(request, metadata=self.metadata)).organisation

    async def service(
        self,
        organisation: Organisation,
        name: str = "Family support",
        kind: Service.Kind = Service.KIND_EDUCATION,
    ) -> Service:
        request = pb.CreateServiceRequest(
            organisation_id=organisation.id, display_name=name, kind=kind, request_id=str(uuid4())
        )
        return (await self.stub.CreateService(request, metadata=self.metadata)).service

    async def practitioner(self, service: Service, name: str = "Worker One") -> Practitioner:
        request = pb.CreatePractitionerRequest(
            service_id=service.id, display_name=name, request_id=str(uuid4())
        )
        return (await self.stub.CreatePractitioner(request, metadata=self.metadata)).practitioner


@pytest.fixture
def stub(directory: ServiceProcess) -> DirectoryServiceStub:
    return DirectoryServiceStub(directory.channel)


@pytest.fixture
def administrator(stub: DirectoryServiceStub, issuer: Issuer) -> Administrator:
    token = issuer.token(kind="system", client_id="operator", sub="operator", org="", scope="directory.admin")
    return Administrator(stub, bearer(token))


@pytest.fixture
def reader(issuer: Issuer) -> Metadata:
    return bearer(issuer.token(scope="directory.read"))


@pytest.fixture
def child_index(issuer: Issuer) -> Metadata:
    """The metadata with which child-index calls for itself."""
    token = issuer.service_token("child-index", "events.read directory.read")
    return bearer(token, ("kith-service-authorization", f"Bearer {token}"))


@pytest.fixture
def days_later(directory: ServiceProcess) -> Iterator[Callable[[int], None]]:
    """Put the clock of the directory so many days ahead, for this test alone."""
    shift = directory.keyring_file.with_name("clock_shift")

    def put(days: int) -> None:
        # In one step: the directory may read it at any moment.
        written = shift.with_suffix(".new")
        written.write_text(str(days), encoding="utf-8")
        written.replace(shift)

    yield put
    put(0)
