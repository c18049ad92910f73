"""Where each millisecond of a search goes: `FindChildren` over gRPC, and its parts by themselves in the same run.

    python -m tests.bench.find_path --children 100000

Starts a fleet of its own (one of each service, fsync on) on a child index filled by `bulk_children`, asks for children
that are there with a slip in the family name, one after the other, and then does the parts of the path in this process
with the services' own code on the same database. With `--engines` on real Kafka and OpenSearch.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import grpc
import httpx2
import uvloop
from google.type import date_pb2
from grpc.aio import AioRpcError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local import ports
from deploy.local.fleet import Layout, table
from deploy.local.postgres import dsn
from deploy.local.postgres_server import SUPERUSER
from deploy.local.runner import Fleet
from kith.access.v1 import access_pb2
from kith.childindex.v1 import child_pb2, match_pb2
from kith.search.v1 import search_service_pb2
from kith.search.v1.search_service_pb2_grpc import SearchServiceStub
from services.chassis import access, database
from services.chassis.caller import Caller, Kind
from services.chassis.child_ids import ChildIds
from services.chassis.database import Database
from services.chassis.keyring import Keyring
from services.chassis.seal import Sealer
from services.child_index import candidate_store
from services.child_index.answer import answer
from services.child_index.candidate_store import Asked
from services.child_index.disclosure import Disclosures
from services.child_index.match_view import finding
from services.child_index.opened import open_children
from services.child_index.store import SealedRecord
from services.matching import load_model
from services.search.query import features, key_hashes
from tests.bench.bulk_children import SOURCES, Source, fill
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Person, partnership

_LOOKUPS = 400
_WARM_UP = 50
_DATABASE_ROWS = ("postgres", "databases", "migrate-child_index")
_FILLED_WITHIN = 1800.0
_PAGE = 20


@dataclass
class Times:
    """Durations in milliseconds by what was done, in the order of the path."""

    values: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Add how long the block takes."""
        began = time.perf_counter()
        yield
        self.values.setdefault(name, []).append((time.perf_counter() - began) * 1000)

    def lines(self) -> Iterator[str]:
        """A table."""
        yield f"{'':<64}{'p50':>8}{'p95':>8}{'p99':>8}  ms"
        for name, values in self.values.items():
            parts = statistics.quantiles(values, n=100)
            yield f"{name:<64}{statistics.median(values):>8.2f}{parts[94]:>8.2f}{parts[98]:>8.2f}"


def questions(source: Source, children: int, seed: int = 7) -> list[match_pb2.Query]:
    """Questions after children of the source, from among the first of those that were loaded."""
    asked = []
    for records in islice(source(0), min(children // 2, 5_000)):
        known = next(iter(records))
        name, date = known.names[0], known.birth_date.date
        whole = date.year and date.month and date.day and known.addresses and known.addresses[0].postcode
        if whole and name.given_name and len(name.family_name) > 1:
            asked.append(
                match_pb2.Query(
                    given_name=name.given_name,
                    family_name=name.family_name[:-1] + "x",
                    birth_date=child_pb2.BirthDate(
                        date=date_pb2.Date(year=date.year, month=date.month, day=date.day)
                    ),
                    postcode=known.addresses[0].postcode,
                )
            )
    return random.Random(seed).sample(asked, min(len(asked), _LOOKUPS + _WARM_UP))


async def measure(folder: Path, source: Source, children: int, *, engines: bool) -> None:
    """Fill, start, ask, and print."""
    # One person asks for more children here than any does in a day.
    os.environ["KITH_PERSON_DISCLOSURE_LIMIT"] = "1000000"
    layout = Layout(folder, ports.free(twins=False), real_kafka=engines, real_opensearch=engines)
    rows = table(layout)
    async with Fleet([row for row in rows if row.name in _DATABASE_ROWS], folder):
        await _filled(dsn(folder / "postgres", "kith_child_index", SUPERUSER), layout, source, children)
    asked = questions(source, children)
    times = Times()
    async with Fleet(rows, folder) as fleet, partnership(RunningFleet("bench", layout, fleet)) as kith:
        person = await kith.person(await kith.organisation())
        if engines:
            await _until_opensearch_serves(layout, person, asked[0])
        # Every question once before any is timed: the database has just been started and must be read from the disk.
        await _over_grpc(Times(), layout, person, asked)
        pids = {name: fleet.process(name).pid for name in ("search", "child_index", "postgres")}
        before = {name: _cpu_ms(pid) for name, pid in pids.items()}
        await _over_grpc(times, layout, person, asked)
        for name, pid in pids.items():
            used = (_cpu_ms(pid) - before[name]) / len(asked)
            print(f"CPU of {name} for a search: {used:.2f} ms", flush=True)
        await _refused(times, layout, person)
        await _in_parts(times, layout, asked)
    print("\n".join(times.lines()))


async def _filled(address: str, layout: Layout, source: Source, children: int) -> None:
    """Fill the child index unless it is."""
    connection = await asyncpg.connect(address)
    try:
        known = await connection.fetchval("SELECT count(*) FROM child")
    finally:
        await connection.close()
    if known:
        print(f"{known:,} children are there", flush=True)
        return
    filled = await asyncio.to_thread(fill, address, layout.secrets.keyring("child_index"), source, children)
    seconds = filled.copy_seconds + filled.index_seconds
    print(
        f"{filled.children:,} children, {filled.records:,} records loaded: {seconds:.0f} s,"
        f" {filled.children / seconds:,.0f} children/s",
        flush=True,
    )


async def _over_grpc(times: Times, layout: Layout, person: Person, asked: list[match_pb2.Query]) -> None:
    metadata = await person.metadata()
    found = 0
    async with (
        grpc.aio.insecure_channel(layout.target("search")) as to_search,
        grpc.aio.insecure_channel(f"127.0.0.1:{layout.ports['search health']}") as to_health,
    ):
        find = SearchServiceStub(to_search).FindChildren
        health = health_pb2_grpc.HealthStub(to_health)
        for query in asked:
            request = search_service_pb2.FindChildrenRequest(query=query)
            with times.of("FindChildren over gRPC"):
                said = await find(request, metadata=metadata, timeout=10)
            found += bool(said.matches)
        for _ in asked:
            with times.of("  an empty call (health check); a search makes two"):
                await health.Check(health_pb2.HealthCheckRequest(), timeout=10)
    print(f"{found} of {len(asked)} questions found somebody", flush=True)


async def _refused(times: Times, layout: Layout, person: Person) -> None:
    """A search for nothing: what a call costs with token, rule and validation, before anything is looked up."""
    metadata = await person.metadata()
    async with grpc.aio.insecure_channel(layout.target("search")) as to_search:
        find = SearchServiceStub(to_search).FindChildren
        for _ in range(_LOOKUPS):
            with times.of("  a search refused at once; a search has two such calls"), suppress(AioRpcError):
                await find(
                    search_service_pb2.FindChildrenRequest(query=match_pb2.Query(postcode="M1")),
                    metadata=metadata,
                    timeout=10,
                )


def _cpu_ms(pid: int) -> float:
    """The processor time that a process and its children have used."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == pid or int(stat[1]) == pid:
            ticks += int(stat[11]) + int(stat[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


async def _in_parts(times: Times, layout: Layout, asked: list[match_pb2.Query]) -> None:
    """The path in this process, as SearchService and CandidateService go it without OpenSearch."""
    keyring = Keyring.load(layout.secrets.keyring("child_index"))
    sealer, child_ids, model = Sealer(keyring), ChildIds(keyring), load_model()
    disclosures = Disclosures(1_000_000, 1_000_000)
    _, secret = keyring.active("match")
    caller = Caller(Kind.PERSON, str(uuid4()), str(uuid4()), "bench", frozenset({"bench"}), frozenset())
    decision = access.authorise("/bench", access_pb2.Rule(scope="bench"), caller, None)
    today = datetime.now(UTC).date()
    opened: list[int] = []
    async with database.pool(layout.secrets.database_url("child_index"), name="bench") as pool:
        for number, query in enumerate(asked):
            now = times if number >= _WARM_UP else Times()
            with now.of("  search: normalise the question, make and hash its keys"):
                known = features(query, today)
                keys = key_hashes(known, secret)
            with now.of("  child_index: the candidates' records, one statement"):
                sealed = await _candidates(pool, keys, UUID(caller.organisation_id))
            with now.of("  child_index: open, parse and normalise the candidates"):
                children = open_children(sealer, sealed, decision)
            with now.of("  child_index: score, grade, explain"):
                said = answer(known, children, model, limit=_PAGE, is_person=True)
            with now.of("  child_index: count and record, one statement, durable"):
                async with pool.connection() as connection:
                    await disclosures.record(connection, decision, said.child_ids)
            with now.of("  child_index: write the answer"):
                finding(said, children, lambda one: str(child_ids.outward(one, caller.organisation_id)))
            opened.append(len(children))
    print(f"candidates opened for a question: {statistics.median(opened):.0f} (p50), {max(opened)} at most")


async def _candidates(pool: Database, keys: dict[int, int], organisation_id: UUID) -> list[SealedRecord]:
    async with pool.connection() as connection:
        asked = Asked(list(keys), list(keys.values()), None)
        return (await candidate_store.find_candidates(connection, [asked], organisation_id))[0]


async def _until_opensearch_serves(layout: Layout, person: Person, query: match_pb2.Query) -> None:
    """Ask until the answer comes from OpenSearch, that is until search has filled its index."""
    deadline = time.monotonic() + _FILLED_WITHIN
    metrics = f"http://127.0.0.1:{layout.ports['child_index metrics']}/metrics"
    metadata = await person.metadata()
    began = time.monotonic()
    async with (
        grpc.aio.insecure_channel(layout.target("search")) as to_search,
        httpx2.AsyncClient(trust_env=False) as http,
    ):
        find = SearchServiceStub(to_search).FindChildren
        while 'kith_lookup_served_by_total{engine="opensearch"}' not in (await http.get(metrics)).text:
            if time.monotonic() > deadline:
                raise TimeoutError("OpenSearch was not filled in time")
            await asyncio.sleep(1.0)
            await find(search_service_pb2.FindChildrenRequest(query=query), metadata=metadata, timeout=10)
    print(f"OpenSearch serves after {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.find_path", description=__doc__)
    parser.add_argument("--children", type=int, default=5_000, help="how many (default: %(default)s)")
    parser.add_argument("--source", choices=sorted(SOURCES), default="town", help="default: %(default)s")
    parser.add_argument(
        "--home", type=Path, help="keep the fleet's state there, and use what is there already"
    )
    parser.add_argument("--engines", action="store_true", help="on real Kafka and OpenSearch")
    options = parser.parse_args()
    source = partial(SOURCES[options.source], size=options.children)
    if options.home is not None:
        uvloop.run(measure(options.home, source, options.children, engines=options.engines))
        return
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        uvloop.run(measure(Path(folder), source, options.children, engines=options.engines))


if __name__ == "__main__":
    main()
