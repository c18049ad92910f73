"""The demo's town: how long set-up and load take, find and open, what memory it needs.

Beside an empty call, and beside the key lookup that PostgreSQL does alone.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import grpc
from google.type import date_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.demo.load import Loaded, Settings, load
from deploy.demo.model import AgencyRow
from deploy.demo.town import DEMO, generate
from deploy.local.fleet import Layout
from kith.childindex.v1 import child_index_service_pb2, child_pb2, match_pb2
from kith.childindex.v1.child_index_service_pb2_grpc import ChildIndexServiceStub
from kith.search.v1 import search_service_pb2
from kith.search.v1.search_service_pb2_grpc import SearchServiceStub
from tests.bench.bench_fleet import database_of, empty_fleet
from tests.bench.machine import memory_mb
from tests.bench.part import Part
from tests.bench.report import Report
from tests.fixtures.partnership import log_in

_LOOKUPS = 400
_WARM_UP = 50
_CONCURRENT = 8
_SERVICES = ("identity", "directory", "consent", "audit", "child_index", "search", "gateway")


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Gives a function that says how many seconds have passed."""
    began = time.perf_counter()
    yield lambda: time.perf_counter() - began


async def milliseconds(call: Callable[[], Awaitable[object]]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000


async def measure(folder: Path, size: int, report: Report) -> None:
    """Start, load through the API, look up."""
    with timed() as passed:
        async with empty_fleet(folder) as fleet:
            report.add("fleet ready", passed(), "s")
            layout = fleet.layout
            town = generate(size)
            settings = Settings(
                home=folder,
                operator_key_file=layout.secrets.operator_key,
                issuer=layout.issuer,
                **{
                    f"{name}_address": layout.target(name)
                    for name in ("identity", "directory", "consent", "child_index")
                },
            )
            with timed() as loading:
                loaded = await load(settings, town, lambda _done, _all: None)
                seconds = loading()
            sent = list(town.rows())
            report.remark(f"{size:,} children, loaded in {len(sent):,} registrations")
            report.add("load", seconds, "s")
            report.add("registrations", len(sent) / seconds, "/s")
            await lookups(report, layout, loaded, sent)
            pids = {name: fleet.processes.process(name).pid for name in (*_SERVICES, "postgres", "kafka")}
            report.add("memory of the seven services", sum(memory_mb(pids[name]) for name in _SERVICES), "MB")
            report.add(
                "memory of PostgreSQL and broker",
                memory_mb(pids["postgres"]) + memory_mb(pids["kafka"]),
                "MB",
            )


async def lookups(report: Report, layout: Layout, loaded: Loaded, sent: list[AgencyRow]) -> None:
    """Find-a-child and open-a-record, beside an empty call and the database alone."""
    person = loaded.people["person-school-nurse"]
    token = await log_in(layout, person.username, person.password)
    metadata = (("authorization", f"Bearer {token}"), ("kith-purpose", "provide-service"))
    able = [row for row in sent if complete(row)]
    chosen = random.Random(7).sample(able, min(len(able), _LOOKUPS + _WARM_UP))
    async with (
        grpc.aio.insecure_channel(layout.target("search")) as to_search,
        grpc.aio.insecure_channel(layout.target("child_index")) as to_index,
        grpc.aio.insecure_channel(f"127.0.0.1:{layout.ports['search health']}") as to_health,
    ):
        find, index = SearchServiceStub(to_search).FindChildren, ChildIndexServiceStub(to_index)
        health = health_pb2_grpc.HealthStub(to_health)
        found: list[str] = []

        async def look(row: AgencyRow) -> None:
            answer: Any = await find(
                search_service_pb2.FindChildrenRequest(query=query(row)), metadata=metadata, timeout=10
            )
            found.extend(match.child_id for match in answer.matches[:1])

        async def open_record(child_id: str) -> None:
            ref = child_index_service_pb2.ChildRef(child_id=child_id)
            request = child_index_service_pb2.GetChildRequest(child=ref)
            await index.GetChild(request, metadata=metadata, timeout=10)

        async def nothing() -> None:
            await health.Check(health_pb2.HealthCheckRequest(), timeout=10)

        for row in chosen[:_WARM_UP]:
            await look(row)
        found.clear()
        asked = chosen[_WARM_UP:]
        report.durations("find a child", [await milliseconds(partial(look, row)) for row in asked])
        report.add("found somebody", 100 * len(found) / len(asked), "%")
        report.durations("open a record", [await milliseconds(partial(open_record, one)) for one in found])
        report.durations("empty call (health check)", [await milliseconds(nothing) for _ in asked])
        report.durations("candidate lookup, PostgreSQL alone", await database_alone(layout))
        report.ratio("find a child", "empty call (health check)")
        report.ratio("find a child", "candidate lookup, PostgreSQL alone")
        report.ratio("open a record", "empty call (health check)")
        with timed() as passed:
            waiting = iter(asked)

            async def work() -> None:
                for row in waiting:
                    await look(row)

            await asyncio.gather(*(work() for _ in range(_CONCURRENT)))
            report.add(f"finds, {_CONCURRENT} at once", len(asked) / passed(), "/s")


async def database_alone(layout: Layout) -> list[float]:
    """The key lookup by itself, one prepared statement on one connection, with keys of children that are there."""
    connection = await asyncpg.connect(database_of(layout))
    try:
        records = await connection.fetch(
            "SELECT array_agg(key) AS keys FROM child_key GROUP BY source_record_id LIMIT $1", _LOOKUPS
        )
        statement = await connection.prepare(
            "SELECT child_id, count(*) FROM child_key WHERE key = ANY($1::bigint[]) AND visible"
            " GROUP BY child_id ORDER BY count(*) DESC LIMIT 100"
        )
        return [await milliseconds(partial(statement.fetch, row["keys"])) for row in records]
    finally:
        await connection.close()


def complete(row: AgencyRow) -> bool:
    """Whether a row has what a searcher would give: name, whole date of birth, postcode."""
    name, date = row.names[0], row.birth_date
    return bool(name.given and name.family and all(date) and row.addresses and row.addresses[0].postcode)


def query(row: AgencyRow) -> match_pb2.Query:
    """What somebody asks who has this row before them and mistypes the family name's last letter."""
    year, month, day = (part or 0 for part in row.birth_date)
    return match_pb2.Query(
        given_name=row.names[0].given,
        family_name=row.names[0].family[:-1] + "x",
        birth_date=child_pb2.BirthDate(date=date_pb2.Date(year=year, month=month, day=day)),
        postcode=row.addresses[0].postcode,
    )


PART = Part(
    "town", "The town, loaded through the API", "children", small=DEMO, full=4 * DEMO, measure=measure
)
