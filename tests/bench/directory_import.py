"""How long the directory takes to take in another publisher's services, beside fetching and reading them alone.

A publisher of its own in this process has all pages ready. The directory fetches, stages and compares them; an editor
approves; they are public. Then the same again, which changes nothing. Meanwhile somebody else asks the directory
something small, one call after the other.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final

from deploy.local.postgres import Postgres
from kith.directory.v1 import directory_service_pb2
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.import_run_pb2 import ImportRun, ImportSource
from kith.directory.v1.publication_service_pb2 import PUBLICATION_KIND_SERVICE
from services.directory.outbound import Bounds, SafeClient
from tests.bench import directory_data
from tests.bench.machine import memory_mb, processor_ms
from tests.bench.part import Part
from tests.bench.report import Report
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer, running_issuer
from tests.service.directory.importing.conftest import Desk
from tests.service.directory.importing.publisher import Publisher, running_publisher, send

_PER_PAGE: Final = 100


def pages(services: int) -> list[bytes]:
    """Make the pages of a feed of so many services in full."""
    items = (
        one.full for one in directory_data.publications(services) if one.kind == PUBLICATION_KIND_SERVICE
    )
    total = -(-services // _PER_PAGE)
    made = []
    for number in range(1, total + 1):
        contents = list(islice(items, _PER_PAGE))
        envelope = {"total_pages": total, "page_number": number, "last_page": number == total}
        made.append(json.dumps(envelope | {"contents": contents}).encode())
    return made


@asynccontextmanager
async def publishing(made: list[bytes]) -> AsyncIterator[Publisher]:
    """Run a publisher that has these pages."""

    async def behave(path: str, writer: asyncio.StreamWriter) -> bool:
        send(writer, 200, made[int(path.split("page=")[1].split("&", maxsplit=1)[0]) - 1])
        await writer.drain()
        return True

    async with running_publisher() as publisher:
        publisher.behaviour = behave
        yield publisher


async def fetched_alone(publisher: Publisher, count: int) -> None:
    """Fetch and read all pages, and do nothing with them."""
    inside = [publisher.place]
    async with SafeClient(Bounds(seconds=30, bytes=2**24), hosts=inside, inside=inside) as client:
        for number in range(1, count + 1):
            async with client.open(
                "GET", f"{publisher.base_url}/services?page={number}&per_page=100"
            ) as answer:
                await asyncio.to_thread(json.loads, await answer.read())


class Watch:
    """What the directory costs while something goes on: its memory, its processor, and how long others wait."""

    def __init__(self, running: ServiceProcess, issuer: Issuer) -> None:
        self._running = running
        self._issuer = issuer
        self.waits: list[float] = []
        self.most_memory = 0.0

    async def during(self, work: Callable[[], Awaitable[ImportRun]]) -> tuple[ImportRun, float, float]:
        """Do `work`; returns what it does, its seconds, and the seconds of processor that the directory used."""
        watching = asyncio.create_task(self._watch())
        used, began = processor_ms(self._running.process.pid), time.perf_counter()
        run = await work()
        took = time.perf_counter() - began
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        return run, took, (processor_ms(self._running.process.pid) - used) / 1000

    async def _watch(self) -> None:
        stub = DirectoryServiceStub(self._running.channel)
        request = directory_service_pb2.ListServicesRequest(page_size=1)
        while True:
            metadata = bearer(self._issuer.token(scope="directory.read"))
            began = time.perf_counter()
            await stub.ListServices(request, metadata=metadata, timeout=30)
            self.waits.append((time.perf_counter() - began) * 1000)
            self.most_memory = max(self.most_memory, memory_mb(self._running.process.pid))
            await asyncio.sleep(0.2)


async def measure(folder: Path, size: int, report: Report) -> None:
    """Take in, approve, take in again."""
    made = await asyncio.to_thread(pages, size)
    report.remark(f"{size:,} services in full on {len(made):,} pages, {sum(map(len, made)) / 1e6:,.0f} MB")
    postgres = Postgres.start(folder / "postgres")
    try:
        with running_issuer() as issuer:
            async with publishing(made) as publisher:
                began = time.perf_counter()
                await fetched_alone(publisher, len(made))
                report.add("fetched and read, and nothing else", time.perf_counter() - began, "s")
                settings = {"KITH_IMPORT_INSIDE_HOSTS": publisher.place}
                database = await ServiceDatabases(postgres, folder)("directory")
                async with service_process(database, issuer.url, folder, settings) as running:
                    await take_in(running, issuer, publisher, report)
    finally:
        postgres.stop()


async def take_in(running: ServiceProcess, issuer: Issuer, publisher: Publisher, report: Report) -> None:
    """Measure each step."""
    desk = Desk(running.channel, running.database, issuer, seconds=1800)
    source = await desk.source(publisher.base_url)
    watch = Watch(running, issuer)
    run, staged, staged_cpu = await watch.during(lambda: desk.fetch(source))
    _require(run, ImportRun.STATE_IN_REVIEW)
    fresh = run
    approved, applied, applied_cpu = await watch.during(lambda: desk.approve(fresh))
    _require(approved, ImportRun.STATE_COMPLETED)
    again, unchanged, unchanged_cpu = await watch.during(lambda: desk.fetch(source))
    _require(again, ImportRun.STATE_COMPLETED)
    report.remark(f"{fresh.counts.new:,} records new, {fresh.counts.invalid:,} invalid")
    report.add("fetched, staged and compared", staged, "s")
    report.add("approved and published", applied, "s")
    report.add("from the first request to the last service public", staged + applied, "s")
    report.add("the same feed again, unchanged", unchanged, "s")
    for name, seconds in (
        ("staging", staged_cpu),
        ("publishing", applied_cpu),
        ("the same again", unchanged_cpu),
    ):
        report.add(f"processor of the directory: {name}", seconds, "s")
    report.add("most memory of the directory meanwhile", watch.most_memory, "MB")
    report.durations("a small call of somebody else meanwhile", watch.waits)
    report.ratio("fetched, staged and compared", "fetched and read, and nothing else")
    await _require_public(desk, source, fresh)


async def _require_public(desk: Desk, source: ImportSource, run: ImportRun) -> None:
    statement = (
        "SELECT count(*) AS public FROM publication AS p JOIN entry AS e ON e.id = p.entry_id"
        " WHERE e.source_id = $1 AND p.kind = 2 AND p.full_json IS NOT NULL"
    )
    [found] = await desk.query(statement, source.id)
    if not 0 < found["public"] <= run.counts.new:
        raise RuntimeError(f"{found['public']} services are public")


def _require(run: ImportRun, state: ImportRun.State) -> None:
    if run.state != state:
        raise RuntimeError(
            f"the run is {ImportRun.State.Name(run.state)}: {ImportRun.Failure.Name(run.failure)}"
        )


PART = Part(
    "directory_import",
    "How long the directory takes to take in another publisher's services",
    "services",
    small=3_000,
    full=30_000,
    measure=measure,
)
