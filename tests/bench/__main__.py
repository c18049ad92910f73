"""`make bench`: how fast Kith is on this machine, each figure beside what the machine could do without Kith.

Starts a fleet of its own in embedded mode (one of each service, fsync on), loads a town and measures one thing after
the other. Figures are to be compared within a run only: machines and their neighbours differ (MATCHING 5).
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import uvloop
from google.type import date_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.demo.load import Loaded, Settings, load
from deploy.demo.model import AgencyRow
from deploy.demo.town import DEMO, generate
from deploy.local import ports
from deploy.local.fleet import Layout, table
from deploy.local.postgres import dsn
from deploy.local.postgres_server import SUPERUSER
from deploy.local.runner import Fleet
from kith.childindex.v1 import child_index_service_pb2, child_pb2, match_pb2
from kith.childindex.v1.child_index_service_pb2_grpc import ChildIndexServiceStub
from kith.search.v1 import search_service_pb2
from kith.search.v1.search_service_pb2_grpc import SearchServiceStub
from tests.fixtures.partnership import log_in

_LOOKUPS = 400
_WARM_UP = 50
_CONCURRENT = 8
_SERVICES = ("identity", "directory", "consent", "audit", "child_index", "search", "gateway")


class Report:
    """The figures, printed as they come and kept for JSON."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def add(self, name: str, value: float, unit: str) -> None:
        """Print and keep a figure."""
        self.figures[name] = round(value, 3)
        print(f"{name:<58}{value:>12,.2f} {unit}", flush=True)


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


async def measure(size: int, folder: Path) -> dict[str, float]:
    """Run everything; returns the figures by name."""
    report = Report()
    # One person asks for more children here than any does in a day.
    os.environ["KITH_PERSON_DISCLOSURE_LIMIT"] = "1000000"
    layout = Layout(folder, ports.free(twins=False))
    rows = table(layout)
    with timed() as passed:
        async with Fleet(rows, folder) as fleet:
            report.add("fleet ready", passed(), "s")
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
            report.add(f"load of {size:,} children in {len(sent):,} registrations", seconds, "s")
            report.add("registrations per second", len(sent) / seconds, "/s")
            await lookups(report, layout, loaded, sent)
            pids = {name: fleet.process(name).pid for name in _SERVICES}
            report.add("memory of the seven services", sum(map(resident_mb, pids.values())), "MB")
            report.add(
                "memory of PostgreSQL and broker",
                postgres_mb(fleet.process("postgres").pid) + resident_mb(fleet.process("kafka").pid),
                "MB",
            )
    return report.figures


async def lookups(report: Report, layout: Layout, loaded: Loaded, sent: list[AgencyRow]) -> None:
    """Find-a-child and open-a-record, beside an empty call and the database alone."""
    person = loaded.people["person-school-nurse"]
    token = await log_in(layout, person.username, person.password)
    metadata = (("authorization", f"Bearer {token}"), ("kith-purpose", "provide-service"))
    chosen = random.Random(7).sample([row for row in sent if complete(row)], _LOOKUPS + _WARM_UP)
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
        finding = [await milliseconds(partial(look, row)) for row in chosen[_WARM_UP:]]
        opening = [await milliseconds(partial(open_record, one)) for one in found]
        empty = [await milliseconds(nothing) for _ in chosen]
        alone = await database_alone(layout)
        percentiles(report, "find a child", finding)
        percentiles(report, "open a record", opening)
        percentiles(report, "empty call (health check)", empty)
        percentiles(report, "candidate lookup, PostgreSQL alone", alone)
        report.add("found somebody", 100 * len(found) / _LOOKUPS, "%")
        report.add("find a child / empty call", statistics.median(finding) / statistics.median(empty), "x")
        report.add(
            "find a child / PostgreSQL alone", statistics.median(finding) / statistics.median(alone), "x"
        )
        with timed() as passed:
            waiting = iter(chosen[_WARM_UP:])

            async def work() -> None:
                for row in waiting:
                    await look(row)

            await asyncio.gather(*(work() for _ in range(_CONCURRENT)))
            report.add(f"finds per second, {_CONCURRENT} at once", _LOOKUPS / passed(), "/s")


async def database_alone(layout: Layout) -> list[float]:
    """The key lookup by itself, one prepared statement on one connection, with keys of children that are there."""
    connection = await asyncpg.connect(dsn(layout.home / "postgres", "kith_child_index", SUPERUSER))
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


def percentiles(report: Report, name: str, values: list[float]) -> None:
    """The middle and the slow end of some durations."""
    parts = statistics.quantiles(values, n=20)
    report.add(f"{name}, p50", statistics.median(values), "ms")
    report.add(f"{name}, p95", parts[18], "ms")


def resident_mb(pid: int) -> float:
    """The resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def postgres_mb(pid: int) -> float:
    """The memory of a process and its children, shared pages counted once for each that has them in part (PSS)."""
    total = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(folder.name) == pid or int(stat[1]) == pid:
                for line in (folder / "smaps_rollup").read_text(encoding="ascii").splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) / 1024
        except (OSError, ValueError):
            continue
    return total


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--size", type=int, default=DEMO, help="children (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        figures = uvloop.run(measure(options.size, Path(folder)))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
