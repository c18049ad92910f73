import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
import pytest_asyncio

from kith.directory.v1 import directory_service_pb2
from kith.directory.v1 import import_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Organisation
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.import_run_pb2 import ImportRecord, ImportRun, ImportSource
from kith.directory.v1.import_service_pb2_grpc import ImportServiceStub
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer
from tests.service.directory.importing.publisher import Publisher, running_publisher

AT_REST = (
    ImportRun.STATE_IN_REVIEW,
    ImportRun.STATE_COMPLETED,
    ImportRun.STATE_REJECTED,
    ImportRun.STATE_FAILED,
    ImportRun.STATE_SUPERSEDED,
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def publishers() -> AsyncIterator[Publisher]:
    """The one publisher that the directory of these tests may ask at a private address."""
    async with running_publisher() as running:
        yield running


@pytest.fixture
def publisher(publishers: Publisher) -> Publisher:
    publishers.reset()
    return publishers


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def importing(
    service_database: ServiceDatabases,
    issuer: Issuer,
    publishers: Publisher,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceProcess]:
    """The directory, on a database of its own."""
    folder = tmp_path_factory.mktemp("importing")
    shift = folder / "clock_shift"
    shift.write_text("0", encoding="utf-8")
    settings = {"KITH_IMPORT_INSIDE_HOSTS": publishers.place, "KITH_CLOCK_SHIFT_FILE": str(shift)}
    async with service_process(await service_database("directory"), issuer.url, folder, settings) as running:
        yield running


@dataclass
class Desk:
    """An editor at work on imports."""

    channel: grpc.aio.Channel
    database: ServiceDatabase
    issuer: Issuer
    seconds: float = 60.0
    """How long a run may take."""

    @property
    def stub(self) -> ImportServiceStub:
        return ImportServiceStub(self.channel)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return bearer(self.issuer.token(sub="editor-1", scope="directory.import"))

    @property
    def uploader(self) -> tuple[tuple[str, str], ...]:
        """Somebody else of the office, who uploads."""
        return bearer(self.issuer.token(sub="editor-2", scope="directory.import"))

    async def organisation(self) -> str:
        token = self.issuer.token(
            kind="system", client_id="operator", sub="operator", org="", scope="directory.admin"
        )
        request = directory_service_pb2.CreateOrganisationRequest(
            display_name="Riverside Council", kind=Organisation.KIND_EARLY_HELP, request_id=str(uuid4())
        )
        stub = DirectoryServiceStub(self.channel)
        return (await stub.CreateOrganisation(request, metadata=bearer(token))).organisation.id

    async def source(self, base_url: str = "", **changed: Any) -> ImportSource:
        """A feed at `base_url`, or a source of CSV without one."""
        request = pb.CreateSourceRequest(
            kind=ImportSource.KIND_FEED if base_url else ImportSource.KIND_CSV,
            display_name="Riverside directory",
            organisation_id=changed.pop("organisation_id", None) or await self.organisation(),
            base_url=base_url,
            licence="Open Government Licence v3.0",
            request_id=str(uuid4()),
            **changed,
        )
        return (await self.stub.CreateSource(request, metadata=self.metadata)).source

    async def start(self, source: ImportSource, scope: ImportRun.Scope = ImportRun.SCOPE_FULL) -> ImportRun:
        request = pb.StartRunRequest(source_id=source.id, scope=scope, request_id=str(uuid4()))
        return (await self.stub.StartRun(request, metadata=self.metadata)).run

    async def get(self, run: ImportRun) -> ImportRun:
        return (await self.stub.GetRun(pb.GetRunRequest(run_id=run.id), metadata=self.metadata)).run

    async def at_rest(self, run: ImportRun) -> ImportRun:
        """The run once it waits for the editor or has ended."""

        async def rests() -> bool:
            # Without counting its records each time.
            request = pb.ListRunsRequest(source_id=run.source_id)
            listed = (await self.stub.ListRuns(request, metadata=self.metadata)).runs
            return any(one.id == run.id and one.state in AT_REST for one in listed)

        await eventually(rests, within=self.seconds)
        return await self.get(run)

    async def fetch(self, source: ImportSource, scope: ImportRun.Scope = ImportRun.SCOPE_FULL) -> ImportRun:
        return await self.at_rest(await self.start(source, scope))

    async def approve(self, run: ImportRun, *record_ids: str, **changed: Any) -> ImportRun:
        request = pb.ApproveRunRequest(
            run_id=run.id, record_ids=record_ids, request_id=str(uuid4()), **changed
        )
        await self.stub.ApproveRun(request, metadata=self.metadata)
        return await self.at_rest(run)

    async def take_in(self, source: ImportSource, **changed: Any) -> ImportRun:
        """Fetch and approve all."""
        return await self.approve(await self.fetch(source), **changed)

    async def records(
        self, run: ImportRun, outcome: ImportRecord.Outcome = ImportRecord.OUTCOME_UNSPECIFIED
    ) -> list[ImportRecord]:
        """All records of a run, page by page."""
        request = pb.ListRunResultsRequest(run_id=run.id, outcome=outcome, page_size=100)
        found: list[ImportRecord] = []
        while True:
            page = await self.stub.ListRunResults(request, metadata=self.metadata)
            found += page.records
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def upload(
        self,
        source: ImportSource,
        text: bytes,
        piece: int = 50_000,
        uploader: tuple[tuple[str, str], ...] | None = None,
    ) -> ImportRun:
        """Upload CSV in pieces, as the uploader if nobody else is given; returns the run at rest."""
        uploader = uploader or self.uploader
        begun = await self.stub.BeginCsv(
            pb.BeginCsvRequest(source_id=source.id, request_id=str(uuid4())), metadata=uploader
        )
        pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
        for number, content in enumerate(pieces, 1):
            request = pb.AppendCsvRequest(run_id=begun.run.id, number=number, content=content)
            await self.stub.AppendCsv(request, metadata=uploader)
        await self.stub.CommitCsv(
            pb.CommitCsvRequest(run_id=begun.run.id, piece_count=len(pieces), request_id=str(uuid4())),
            metadata=uploader,
        )
        return await self.at_rest(begun.run)

    async def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """What the database holds."""
        connection = await asyncpg.connect(self.database.superuser_dsn)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def public(self, source: ImportSource) -> dict[str, dict[str, Any]]:
        """What the public may read of the source's services, by name."""
        rows = await self.query(_PUBLIC, source.id)
        return {one["name"]: one for one in (json.loads(row["full_json"]) for row in rows)}


_PUBLIC = """
SELECT p.full_json
  FROM publication AS p
  JOIN entry AS e ON e.id = p.entry_id
 WHERE e.source_id = $1 AND p.kind = 2 AND p.full_json IS NOT NULL
"""


@pytest.fixture
def days_later(importing: ServiceProcess) -> Iterator[Callable[[int], None]]:
    """Put the clock of the directory so many days ahead, for this test alone."""
    shift = importing.keyring_file.with_name("clock_shift")

    def set_to(days: int) -> None:
        shift.write_text(str(days), encoding="utf-8")

    yield set_to
    shift.write_text("0", encoding="utf-8")


@pytest.fixture
def desk(importing: ServiceProcess, issuer: Issuer) -> Desk:
    return Desk(importing.channel, importing.database, issuer)
