"""Where each millisecond of a search goes: `FindChildren` over gRPC, and its parts by themselves in the same run.

Asks for children that are there with a slip in the family name, one after the other, then eight at a time, and then
does the parts of the path in this process with the services' own code on the same database and OpenSearch.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import httpx2
from google.type import date_pb2
from grpc.aio import AioRpcError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.fleet import Layout
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
from services.child_index.candidate_store import Asked, Named
from services.child_index.disclosure import Disclosures
from services.child_index.match_view import finding
from services.child_index.opened import open_children
from services.child_index.store import SealedRecord
from services.matching import KEY_SCHEMA, load_model
from services.search import documents
from services.search.query import features, key_hashes
from services.search.store import ChildrenIndex, opensearch
from tests.bench.bench_fleet import filled_fleet, source_of
from tests.bench.machine import processor_ms
from tests.bench.part import FILLED, Part
from tests.bench.report import Report
from tests.fixtures.partnership import Person, partnership

_LOOKUPS = 400
_WARM_UP = 50
_FILLED_WITHIN = 1800.0
_PAGE = 20
_AT_ONCE = 8
_ROUNDS_BEFORE = 6
_DATABASE = {"plan_cache_mode": "force_generic_plan"}
"""As the child index has it."""
_FIND = "FindChildren over gRPC"
_EMPTY = "an empty call (health check); a search makes two"
_ENGINE = "search: OpenSearch, as its client sees it"
_COMMIT = "child_index: count and record, one statement, durable"


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


def questions(children: int, seed: int = 7) -> list[match_pb2.Query]:
    """Questions after children who are there, from among the first of those that were loaded."""
    asked = []
    for records in islice(source_of(children)(0), min(children // 2, 5_000)):
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


async def measure(folder: Path, size: int, report: Report, *, engines: bool) -> None:
    """Fill, start, ask."""
    asked = questions(size)
    async with (
        filled_fleet(folder, size, report, engines=engines) as fleet,
        partnership(fleet) as kith,
    ):
        layout = fleet.layout
        person = await kith.person(await kith.organisation())
        if engines:
            await _until_opensearch_serves(report, layout, person, asked[0])
        many = [await kith.person(await kith.organisation()) for _ in range(_AT_ONCE)]
        # Every question a few times before any is timed: the database has just been started and must be read from the
        # disk, and OpenSearch's virtual machine compiles what it has done a thousand times.
        for _ in range(_ROUNDS_BEFORE):
            await _at_once(layout, many, asked)
        report.remark(f"after {_ROUNDS_BEFORE * len(asked):,} searches")
        pids = {name: fleet.processes.process(name).pid for name in ("search", "child_index", "postgres")}
        before = {name: processor_ms(pid) for name, pid in pids.items()}
        times = Times()
        found = await _over_grpc(times, layout, person, asked)
        for name, pid in pids.items():
            used = (processor_ms(pid) - before[name]) / len(asked)
            report.add(f"processor of {name} for a search and an empty call", used, "ms")
        report.add("found somebody", 100 * found / len(asked), "%")
        await _refused(times, layout, person)
        report.add(f"searches, {_AT_ONCE} at once", await _at_once(layout, many, asked), "per second")
        opened = await _in_parts(times, layout, asked, engines=engines)
    for name, values in times.values.items():
        report.durations(name, values)
    report.ratio(_FIND, _EMPTY)
    if engines:
        parts = {name: statistics.median(times.values[name]) for name in (_FIND, _ENGINE, _COMMIT, _EMPTY)}
        report.add(
            "FindChildren less OpenSearch, the commit and two empty calls, of medians",
            parts[_FIND] - parts[_ENGINE] - parts[_COMMIT] - 2 * parts[_EMPTY],
            "ms",
        )
    report.add("candidates opened for a question, p50", statistics.median(opened))
    report.add("candidates opened for a question, at most", max(opened))


async def _over_grpc(times: Times, layout: Layout, person: Person, asked: list[match_pb2.Query]) -> int:
    """Ask all; returns to how many somebody was found."""
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
            with times.of(_FIND):
                said = await find(request, metadata=metadata, timeout=10)
            found += bool(said.matches)
        for _ in asked:
            with times.of(_EMPTY):
                await health.Check(health_pb2.HealthCheckRequest(), timeout=10)
    return found


async def _at_once(layout: Layout, people: list[Person], asked: list[match_pb2.Query]) -> float:
    """Ask all, each person one after the other; returns how many answers there were in a second."""
    waiting = iter(asked)

    async def ask(person: Person) -> None:
        metadata = await person.metadata()
        async with grpc.aio.insecure_channel(layout.target("search")) as to_search:
            find = SearchServiceStub(to_search).FindChildren
            for query in waiting:
                await find(search_service_pb2.FindChildrenRequest(query=query), metadata=metadata, timeout=10)

    began = time.perf_counter()
    await asyncio.gather(*map(ask, people))
    return len(asked) / (time.perf_counter() - began)


async def _refused(times: Times, layout: Layout, person: Person) -> None:
    """A search for nothing: what a call costs with token, rule and validation, before anything is looked up."""
    metadata = await person.metadata()
    async with grpc.aio.insecure_channel(layout.target("search")) as to_search:
        find = SearchServiceStub(to_search).FindChildren
        for _ in range(_LOOKUPS):
            with times.of("a search refused at once; a search has two such calls"), suppress(AioRpcError):
                await find(
                    search_service_pb2.FindChildrenRequest(query=match_pb2.Query(postcode="M1")),
                    metadata=metadata,
                    timeout=10,
                )


async def _in_parts(
    times: Times, layout: Layout, asked: list[match_pb2.Query], *, engines: bool
) -> list[int]:
    """The path in this process, as SearchService and CandidateService go it.

    Returns how many candidates were opened for each question.
    """
    keyring = Keyring.load(layout.secrets.keyring("child_index"))
    sealer, child_ids, model = Sealer(keyring), ChildIds(keyring), load_model()
    disclosures = Disclosures(1_000_000, 1_000_000)
    version, secret = keyring.active("match")
    caller = Caller(Kind.PERSON, str(uuid4()), str(uuid4()), "bench", frozenset({"bench"}), frozenset())
    decision = access.authorise("/bench", access_pb2.Rule(scope="bench"), caller, None)
    today = datetime.now(UTC).date()
    opened: list[int] = []
    async with (
        database.pool(layout.secrets.database_url("child_index"), name="bench", settings=_DATABASE) as pool,
        opensearch(layout.opensearch) as client,
    ):
        index = ChildrenIndex(client, documents.key_version(KEY_SCHEMA, version)) if engines else None
        for number, query in enumerate(asked):
            now = times if number >= _WARM_UP else Times()
            with now.of("search: normalise the question, make and hash its keys"):
                known = features(query, today)
                keys = key_hashes(known, secret)
            named = None
            if index is not None:
                with now.of(_ENGINE):
                    (found,) = await index.candidates_of_many([keys])
                named = [Named(one.child_id, one.weight) for one in found]
            with now.of("child_index: the candidates' records, one statement"):
                sealed = await _candidates(pool, keys, named, UUID(caller.organisation_id))
            with now.of("child_index: open, parse and normalise the candidates"):
                children = open_children(sealer, sealed, decision)
            with now.of("child_index: score, grade, explain"):
                said = answer(known, children, model, limit=_PAGE, is_person=True)
            with now.of(_COMMIT):
                async with pool.connection() as connection:
                    await disclosures.record(connection, decision, said.child_ids)
            with now.of("child_index: write the answer"):
                finding(said, children, lambda one: str(child_ids.outward(one, caller.organisation_id)))
            opened.append(len(children))
    return opened


async def _candidates(
    pool: Database, keys: dict[int, int], named: list[Named] | None, organisation_id: UUID
) -> list[SealedRecord]:
    async with pool.connection() as connection:
        asked = Asked(list(keys), list(keys.values()), named)
        return (await candidate_store.find_candidates(connection, [asked], organisation_id))[0]


async def _until_opensearch_serves(
    report: Report, layout: Layout, person: Person, query: match_pb2.Query
) -> None:
    """Ask until the answer comes from OpenSearch, that is until search has filled its index."""
    deadline = time.monotonic() + _FILLED_WITHIN
    metrics = f"http://127.0.0.1:{layout.ports['child_index metrics']}/metrics"
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
            # Filling may take longer than a token lives.
            metadata = await person.metadata()
            await find(search_service_pb2.FindChildrenRequest(query=query), metadata=metadata, timeout=10)
    report.remark(f"OpenSearch served after {time.monotonic() - began:.0f} s")


PART = Part(
    "find_path",
    "Where each millisecond of a search goes",
    "children",
    small=20_000,
    full=100_000,
    measure=partial(measure, engines=False),
    folder=FILLED,
)
ON_OPENSEARCH = Part(
    "find_opensearch",
    "The same with candidates from OpenSearch",
    "children",
    small=20_000,
    full=1_000_000,
    measure=partial(measure, engines=True),
    folder=FILLED,
    needs_engines=True,
)
