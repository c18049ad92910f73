"""How fast the directory is: public search, one service, the export of all, and the contacts of a child page.

Each beside an empty call of the same kind, and beside what PostgreSQL alone needs for the rows that are in the answer.
"""

import asyncio
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import grpc
from google.type.timeofday_pb2 import TimeOfDay
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.postgres import dsn
from deploy.local.postgres_server import SUPERUSER
from kith.directory.v1 import directory_service_pb2
from kith.directory.v1 import publication_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Organisation, Practitioner, Service
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceStub
from tests.bench import directory_data
from tests.bench.bench_fleet import empty_fleet
from tests.bench.http_client import Connection, at
from tests.bench.machine import memory_mb, processor_ms
from tests.bench.part import Part
from tests.bench.report import Report
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Caller, partnership

_QUESTIONS: Final = 300
_WARM_UP: Final = 50
_AT_ONCE: Final = 8
_ROUND_SECONDS: Final = 5.0
_ROWS_AT_ONCE: Final = 2000
_FILLED_WITHIN: Final = 600.0
_ON_A_PAGE: Final = 20
_LOOK_SECONDS: Final = 0.05
_CHANGES: Final = 20
_SERVICES_OF_PEOPLE: Final = 100
_CHANGE: Final = """
UPDATE publication
   SET full_json = jsonb_set(full_json::jsonb, '{name}', to_jsonb($2::text))::text,
       change_xid = pg_current_xact_id(), sequence = nextval('publication_sequence')
 WHERE kind = 2 AND id = $1
"""
_SEARCH, _SEARCH_HTTP = "SearchServices over gRPC", "GET /directory/services?search=…"
_ONE_HTTP, _UNCHANGED_HTTP = "GET /directory/services/{id}", "GET /directory/services/{id}, not modified"
_EMPTY, _EMPTY_HTTP = "an empty call (health check)", "an empty request (GET /directory/)"
_ROWS_ALONE = "PostgreSQL alone: the 20 rows of a page of results"
_CONTACTS, _CONTACTS_ALONE = "BatchGetPractitioners of 20", "PostgreSQL alone: 20 practitioners"


@dataclass(frozen=True, slots=True)
class Filled:
    """Some of what the tables hold."""

    services: Sequence[UUID]
    practitioners: Sequence[UUID]


async def measure(folder: Path, size: int, report: Report) -> None:
    """Fill, wait for the index, ask."""
    # One client asks more here than any may in a minute.
    os.environ["KITH_DIRECTORY_REQUESTS_PER_MINUTE"] = "1000000"
    async with empty_fleet(folder) as fleet, partnership(fleet) as kith:
        database = await asyncpg.connect(dsn(folder / "postgres", "kith_directory", SUPERUSER))
        caller = await kith.organisation()
        directory = fleet.processes.process("directory")
        report.add("memory of the directory, empty", memory_mb(directory.pid), "MB")
        filled = await fill(database, size, report)
        async with grpc.aio.insecure_channel(fleet.target("directory")) as channel:
            found = PublicationServiceStub(channel)
            await _indexed(found, caller, size)
            began = time.perf_counter()
            await directory.restart()
            await _indexed(found, caller, size)
            report.add("index filled after a restart", time.perf_counter() - began, "s")
            report.add("memory of the directory, filled", memory_mb(directory.pid), "MB")
            await freshness(report, found, caller, filled, database)
            await searches(report, fleet, found, caller, database)
            await contacts(report, DirectoryServiceStub(channel), caller, filled, database)
        await open_api(report, fleet, filled)
        await export(report, fleet, size, database)
        await database.close()


async def fill(database: "asyncpg.Connection[asyncpg.Record]", size: int, report: Report) -> Filled:
    """Copy the publications in, and the organisations, services and practitioners of child pages beside them."""
    began, count, services = time.perf_counter(), 0, list[UUID]()
    made = directory_data.publications(size)
    while batch := list(itertools.islice(made, _ROWS_AT_ONCE)):
        await database.copy_records_to_table(
            "publication", records=[one.row() for one in batch], columns=directory_data.COLUMNS
        )
        count += len(batch)
        services += [one.id for one in batch if one.kind == pb.PUBLICATION_KIND_SERVICE]
    practitioners = await _people(database, size * 10 // 3)
    await database.execute("VACUUM ANALYZE publication, organisation, service, practitioner")
    report.remark(
        f"{size:,} services in {count:,} publications and {len(practitioners):,} practitioners, copied in"
        f" {time.perf_counter() - began:.0f} s"
    )
    return Filled(services, practitioners)


async def _people(database: "asyncpg.Connection[asyncpg.Record]", count: int) -> list[UUID]:
    """Copy in practitioners of services of their own: the directory publishes what is registered, under its id."""
    now, organisation = datetime.now(UTC), uuid4()
    services = [uuid4() for _ in range(_SERVICES_OF_PEOPLE)]
    practitioners = [uuid4() for _ in range(count)]
    await database.copy_records_to_table(
        "organisation",
        columns=("id", "display_name", "kind", "phone", "adviser_display_name", "adviser_phone", "adviser_email",
                 "update_time"),
        records=[(organisation, "Borough", Organisation.KIND_EARLY_HELP, "", "", "", "", now)],
    )  # fmt: skip
    await database.copy_records_to_table(
        "service",
        columns=("id", "organisation_id", "display_name", "description", "kind", "phone", "email", "version",
                 "update_time"),
        records=[(one, organisation, "Service", "", Service.KIND_EDUCATION, "", "", 1, now) for one in services],
    )  # fmt: skip
    await database.copy_records_to_table(
        "practitioner",
        columns=("id", "service_id", "display_name", "job_title", "phone", "email", "state", "version",
                 "update_time"),
        records=[
            (one, services[number % len(services)], f"Worker {number}", "Family worker", "0300 000 0000",
             "worker@kith.test", Practitioner.STATE_ACTIVE, 0, now)
            for number, one in enumerate(practitioners)
        ],
    )  # fmt: skip
    return practitioners


async def _indexed(found: PublicationServiceStub, caller: Caller, size: int) -> None:
    async def all_there() -> bool:
        request = pb.SearchServicesRequest(view=pb.PUBLICATION_VIEW_MINIMAL, per_page=1)
        try:
            answer = await found.SearchServices(request, metadata=await caller.metadata(), timeout=10)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.total_items >= size)

    await eventually(all_there, _FILLED_WITHIN)


async def freshness(
    report: Report,
    found: PublicationServiceStub,
    caller: Caller,
    filled: Filled,
    database: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Change services one by one, each time waiting until a search finds the change."""
    took, metadata = [], await caller.metadata()
    for service_id in random.Random(7).sample(filled.services, _CHANGES):
        word = f"x{uuid4().hex}"
        await database.execute(_CHANGE, service_id, word)
        began = time.perf_counter()
        await eventually(partial(_found, found, word, metadata))
        took.append((time.perf_counter() - began) * 1000)
    report.durations("from the commit of a change to the search that finds it", took)


async def _found(found: PublicationServiceStub, word: str, metadata: Any) -> bool:
    request = pb.SearchServicesRequest(text=word, view=pb.PUBLICATION_VIEW_MINIMAL)
    return bool((await found.SearchServices(request, metadata=metadata, timeout=10)).total_items)


def questions(count: int, seed: int = 7) -> Iterator[pb.SearchServicesRequest]:
    """Give what people ask: mostly words, one in four misspelt, often near a place, sometimes with an age or a time."""
    draw = random.Random(seed)
    for _ in range(count):
        need = draw.choice(directory_data.needs())
        if draw.random() < 0.25:
            at_ = draw.randrange(1, len(need) - 1)
            need = need[:at_] + need[at_ + 1] + need[at_] + need[at_ + 2 :]
        request = pb.SearchServicesRequest(text=f"{draw.choice(('', '', 'help with '))}{need}")
        if draw.random() < 0.6:
            request.postcode = draw.choice(directory_data.towns())[1]
            request.proximity = draw.choice((5_000, 10_000, 30_000))
        if draw.random() < 0.3:
            request.age = draw.randrange(18)
        if draw.random() < 0.1:
            request.open_at.CopyFrom(TimeOfDay(hours=16))
        yield request


async def searches(
    report: Report,
    fleet: RunningFleet,
    found: PublicationServiceStub,
    caller: Caller,
    database: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Search over gRPC, one by one and several at once, beside an empty call and the rows alone."""
    asked, metadata = list(questions(_QUESTIONS + _WARM_UP)), await caller.metadata()
    ids: list[list[UUID]] = []

    async def ask(request: pb.SearchServicesRequest) -> None:
        answer = await found.SearchServices(request, metadata=metadata, timeout=10)
        ids.append([UUID(one.publication.id) for one in answer.results])

    async with grpc.aio.insecure_channel(f"127.0.0.1:{fleet.layout.ports['directory health']}") as channel:
        health = health_pb2_grpc.HealthStub(channel)

        async def nothing(_: pb.SearchServicesRequest) -> None:
            await health.Check(health_pb2.HealthCheckRequest(), timeout=10)

        await _one_by_one(ask, asked[:_WARM_UP])
        ids.clear()
        report.durations(_SEARCH, await _one_by_one(ask, asked[_WARM_UP:]))
        some = [one for one in ids if one]
        report.add("searches that found something", 100 * len(some) / len(ids), "%")
        report.durations(_EMPTY, await _one_by_one(nothing, asked[_WARM_UP:]))
    statement = await database.prepare(
        "SELECT id, list_json, full_json, etag, modified_time FROM publication WHERE kind = 2 AND id = ANY($1::uuid[])"
    )
    pages = [(one * _ON_A_PAGE)[:_ON_A_PAGE] for one in some]
    await _one_by_one(statement.fetch, pages[:_WARM_UP])
    report.durations(_ROWS_ALONE, await _one_by_one(statement.fetch, pages))
    report.ratio(_SEARCH, _EMPTY)
    report.ratio(_SEARCH, _ROWS_ALONE)
    pid = fleet.processes.process("directory").pid
    before = processor_ms(pid)
    rate, done = await _at_once([ask] * _AT_ONCE, asked)
    report.add(f"{_SEARCH}, {_AT_ONCE} at once", rate, "/s")
    report.add("processor of the directory for a search", (processor_ms(pid) - before) / done, "ms")


async def contacts(
    report: Report,
    directory: DirectoryServiceStub,
    caller: Caller,
    filled: Filled,
    database: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Look up what a child page shows of 20 practitioners."""
    draw, metadata = random.Random(7), await caller.metadata()
    asked = [draw.sample(filled.practitioners, _ON_A_PAGE) for _ in range(_QUESTIONS + _WARM_UP)]

    async def ask(ids: Sequence[UUID]) -> None:
        request = directory_service_pb2.BatchGetPractitionersRequest(ids=map(str, ids))
        answer = await directory.BatchGetPractitioners(request, metadata=metadata, timeout=10)
        assert len(answer.practitioners) == _ON_A_PAGE

    statement = await database.prepare("SELECT * FROM practitioner WHERE id = ANY($1::uuid[])")
    await _one_by_one(ask, asked[:_WARM_UP])
    report.durations(_CONTACTS, await _one_by_one(ask, asked[_WARM_UP:]))
    await _one_by_one(statement.fetch, asked[:_WARM_UP])
    report.durations(_CONTACTS_ALONE, await _one_by_one(statement.fetch, asked[_WARM_UP:]))
    report.ratio(_CONTACTS, _EMPTY)
    report.ratio(_CONTACTS, _CONTACTS_ALONE)


async def open_api(report: Report, fleet: RunningFleet, filled: Filled) -> None:
    """Ask the public HTTP API, one by one and several at once."""
    searched = [at("/directory/services", **_parameters(one)) for one in questions(_QUESTIONS + _WARM_UP)]
    services = [
        f"/directory/services/{one}"
        for one in random.Random(7).sample(filled.services, min(1000, len(filled.services)))
    ]
    async with _connections(fleet, 1) as (one,):
        etags = {path: (await one.get(path)).headers["etag"] for path in services}

    async def known(path: str, connection: Connection) -> None:
        answer = await connection.get(path, {"if-none-match": etags[path]})
        assert answer.status == 304, answer.status

    async def get(path: str, connection: Connection) -> None:
        answer = await connection.get(path)
        assert answer.status == 200, answer.status

    for name, ask, paths in (
        (_SEARCH_HTTP, get, searched),
        (_ONE_HTTP, get, services),
        (_UNCHANGED_HTTP, known, services),
        (_EMPTY_HTTP, get, ["/directory/"]),
    ):
        many = list(itertools.islice(itertools.cycle(paths), _QUESTIONS + _WARM_UP))
        # The gateway hangs up on who is silent for some seconds, so each gets its own.
        async with _connections(fleet, 1) as (one,):
            await _one_by_one(_on(ask, one), many[:_WARM_UP])
            report.durations(name, await _one_by_one(_on(ask, one), many[_WARM_UP:]))
        async with _connections(fleet, _AT_ONCE) as connections:
            rate, _ = await _at_once([_on(ask, connection) for connection in connections], many)
            report.add(f"{name}, {_AT_ONCE} at once", rate, "/s")
    for name in (_SEARCH_HTTP, _ONE_HTTP, _UNCHANGED_HTTP):
        report.ratio(name, _EMPTY_HTTP)
    report.ratio(_SEARCH_HTTP, _SEARCH)


def _on(ask: Callable[..., Awaitable[None]], connection: Connection) -> Callable[[str], Awaitable[None]]:
    return lambda path: ask(path, connection)


def _parameters(request: pb.SearchServicesRequest) -> Mapping[str, object]:
    found: dict[str, object] = {"search": request.text}
    if request.postcode:
        found |= {"postcode": request.postcode, "proximity": request.proximity}
    return found


@asynccontextmanager
async def _connections(fleet: RunningFleet, count: int) -> AsyncIterator[list[Connection]]:
    host, port = fleet.gateway.removeprefix("http://").split(":")
    connections = [await Connection.open(host, int(port)) for _ in range(count)]
    try:
        yield connections
    finally:
        for one in connections:
            one.close()


async def export(
    report: Report, fleet: RunningFleet, size: int, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Stream all services whole, and see how much memory that takes; beside the same rows from PostgreSQL alone."""
    pids = {name: fleet.processes.process(name).pid for name in ("gateway", "directory")}
    most = {name: memory_mb(pid) for name, pid in pids.items()}
    before = dict(most)

    async def look() -> None:
        while True:
            for name, pid in pids.items():
                most[name] = max(most[name], memory_mb(pid))
            await asyncio.sleep(_LOOK_SECONDS)

    looking = asyncio.create_task(look())
    lines = taken = 0
    began = time.perf_counter()
    async with _connections(fleet, 1) as connections:
        async for part in connections[0].stream("/directory/services?full=true&format=ndjson"):
            taken += len(part)
            lines += part.count(b"\n")
    seconds = time.perf_counter() - began
    looking.cancel()
    assert lines >= size, lines
    report.add("export of all services, whole, as ndjson", taken / 2**20 / seconds, "MB/s")
    report.add("export: seconds", seconds, "s")
    began, alone = time.perf_counter(), 0
    async with database.transaction():
        async for row in database.cursor(
            "SELECT full_json FROM publication WHERE kind = 2 ORDER BY id", prefetch=500
        ):
            alone += len(row["full_json"].encode())
    report.add("the same rows from PostgreSQL alone", alone / 2**20 / (time.perf_counter() - began), "MB/s")
    report.ratio("export of all services, whole, as ndjson", "the same rows from PostgreSQL alone")
    for name in pids:
        report.add(f"export: memory of the {name} at most", most[name], "MB")
        report.add(f"export: memory of the {name} above what it had", most[name] - before[name], "MB")


async def _one_by_one(ask: Callable[[Any], Awaitable[Any]], asked: Sequence[Any]) -> list[float]:
    took = []
    for one in asked:
        began = time.perf_counter()
        await ask(one)
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _at_once(
    workers: Sequence[Callable[[Any], Awaitable[Any]]], asked: Sequence[Any]
) -> tuple[float, int]:
    """Return how many a second are answered, each worker asking again as soon as it is answered, and how many were."""
    waiting, done = itertools.cycle(asked), 0
    began = time.perf_counter()

    async def work(ask: Callable[[Any], Awaitable[Any]]) -> None:
        nonlocal done
        while time.perf_counter() < began + _ROUND_SECONDS:
            await ask(next(waiting))
            done += 1

    await asyncio.gather(*map(work, workers))
    return done / (time.perf_counter() - began), done


PART = Part(
    "directory",
    "The directory: public search, one service, export, contacts of a child page",
    "services",
    small=3_000,
    full=30_000,
    measure=measure,
)
