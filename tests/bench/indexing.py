"""How fast the search index is made, compared and brought up to date, beside what OpenSearch takes by itself.

On real Kafka and OpenSearch, over a child index filled by COPY. `indexing` measures on any fleet that runs:

- reading all children through `ListProjections`, as a rebuild does, without writing them;
- the same documents sent to `_bulk` by a plain HTTP client that got them ready beforehand, and by our own write path
  (documents made from projections, statuses read), in turns and each on a new index with the settings of a filling;
- a rebuild by the running search service, from the request until the alias has moved, everything on this machine;
- a comparison by sums, and one of all keys;
- freshness: registrations one after the other, each searched for by another organisation until it is found.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2

from kith.childindex.v1 import child_pb2, projection_service_pb2
from kith.childindex.v1.projection_service_pb2 import Projection
from services.chassis.channel import own_connect
from services.chassis.keyring import Keyring
from services.chassis.service_identity import ServiceIdentity
from services.matching import KEY_SCHEMA
from services.search import documents
from services.search.generations_store import GenerationsStore
from services.search.neighbours import Source
from services.search.rebuild import in_use, request
from services.search.reconcile import Reconciler
from services.search.store import ChildrenIndex, opensearch
from tests.bench.bench_fleet import filled_fleet
from tests.bench.part import FILLED, Part
from tests.bench.report import Report
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Organisation, Partnership, Person, new_child, partnership, query_for

_PAGE = 2000
_BODY_BYTES = 8 * 1024 * 1024
_TURNS = 4
_MOST_DOCUMENTS = 100_000
_FRESH = 100
_MILLION = 1_000_000
_FILLED_WITHIN = 3600.0


@dataclass
class _Parts:
    """What search has, on the fleet's own child index and OpenSearch."""

    source: Source
    index: ChildrenIndex
    generations: GenerationsStore
    scratch: GenerationsStore


async def indexing(fleet: RunningFleet, kith: Partnership, report: Report) -> None:
    """Measure on a fleet whose index is in use."""
    async with _parts(fleet) as parts:
        began = time.perf_counter()
        projections, children = await _read_all(parts.source)
        report.add("ListProjections", children / (time.perf_counter() - began), "children/s")
        await _bulk(parts, fleet.layout.opensearch, projections, report)
        seconds = await _timed(partial(_rebuild, parts.generations))
        report.add(f"rebuild of {children:,} children", seconds, "s")
        report.add("rebuild", children / seconds, "children/s")
        report.add("rebuild of 1,000,000, in proportion", _MILLION / children * seconds / 60, "min")
        reconciler = Reconciler(parts.index, parts.generations, parts.source)
        report.add("comparison by sums", await _timed(reconciler.reconcile), "s")
        report.add("comparison of all keys", await _timed(partial(reconciler.reconcile, keys=True)), "s")
    freshness = await _freshness(kith)
    report.durations(
        "from a registration until others find the child", [1000 * seconds for seconds in freshness]
    )


@asynccontextmanager
async def _parts(fleet: RunningFleet) -> AsyncIterator[_Parts]:
    layout = fleet.layout
    version, _ = Keyring.load(layout.secrets.keyring("search")).active("match")
    async with AsyncExitStack() as stack:
        identity = await stack.enter_async_context(
            ServiceIdentity("search", layout.secrets.service_key("search"), layout.issuer)
        )
        channel = await stack.enter_async_context(
            own_connect(layout.target("child_index"), projection_service_pb2.DESCRIPTOR, identity=identity)
        )
        client = await stack.enter_async_context(opensearch(layout.opensearch))
        made_of = documents.key_version(KEY_SCHEMA, version)
        index = ChildrenIndex(client, made_of)
        yield _Parts(
            Source(channel, made_of),
            index,
            GenerationsStore(client, index.alias),
            GenerationsStore(client, "kith-bench"),
        )


async def _read_all(source: Source) -> tuple[list[Projection], int]:
    """The first 100,000 children, and how many there are."""
    kept: list[Projection] = []
    children, token = 0, ""
    while True:
        page = await source.page(token, _PAGE)
        children += len(page.projections)
        if len(kept) < _MOST_DOCUMENTS:
            kept.extend(page.projections)
        token = page.next_page_token
        if not token:
            return kept, children


async def _bulk(parts: _Parts, url: str, projections: Sequence[Projection], report: Report) -> None:
    """Documents a second, by the best of four turns each."""
    raw: list[float] = []
    ours: list[float] = []
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
        for turn in range(_TURNS):
            # Each goes first in its turn: what comes second has the merges of the first beside it.
            for is_raw in (True, False) if turn % 2 else (False, True):
                name = documents.index_name("kith-bench", 2 * turn + is_raw + 1)
                await parts.scratch.create(name)
                if is_raw:
                    bodies = _bodies(documents.bulk_lines(name, projections))
                    raw.append(await _timed(partial(_send, http, f"{url}/_bulk?filter_path=errors", bodies)))
                else:
                    ours.append(await _timed(partial(parts.index.write, projections, [name])))
                await http.delete(f"{url}/{name}")
    size = sum(map(len, documents.bulk_lines("kith-bench", projections))) / len(projections)
    report.add("document, as sent", size, "bytes")
    report.add("documents", len(projections))
    report.add("raw _bulk", len(projections) / min(raw), "documents/s")
    report.add("write path", len(projections) / min(ours), "documents/s")
    report.ratio("write path", "raw _bulk")


def _bodies(lines: Sequence[bytes]) -> list[bytes]:
    size = max(1, _BODY_BYTES // len(lines[0]))
    return [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]


async def _send(http: httpx2.AsyncClient, url: str, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        answer = await http.post(url, content=body, headers={"content-type": "application/x-ndjson"})
        if answer.json()["errors"]:
            raise RuntimeError("OpenSearch did not take the documents")


async def _rebuild(generations: GenerationsStore) -> None:
    await in_use(generations, await request(generations))


async def _freshness(kith: Partnership) -> list[float]:
    """Seconds from the acknowledgement of a registration until another organisation's search finds the child."""
    school, clinic = await kith.organisation(), await kith.organisation(name="Canal Street Clinic")
    person = await kith.person(clinic)
    return [await _found_after(kith, school, person, new_child()) for _ in range(_FRESH)]


async def _found_after(
    kith: Partnership, school: Organisation, person: Person, facts: child_pb2.Facts
) -> float:
    await kith.register(school, facts)
    began = time.perf_counter()
    name = facts.names[0].family_name
    while True:
        answer = await kith.find(person, query_for(facts))
        if any(match.name.family_name == name for match in answer.matches):
            return time.perf_counter() - began
        await asyncio.sleep(0.02)


async def _index_in_use(generations: GenerationsStore) -> bool:
    stored = await generations.load()
    return stored is not None and bool(stored.value.live)


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def measure(folder: Path, size: int, report: Report) -> None:
    """Fill, start, measure."""
    async with filled_fleet(folder, size, report, engines=True) as fleet, partnership(fleet) as kith:
        async with _parts(fleet) as parts:
            # Search fills the first index by itself, as soon as it runs.
            await eventually(partial(_index_in_use, parts.generations), within=_FILLED_WITHIN)
        await indexing(fleet, kith, report)


PART = Part(
    "indexing",
    "How fast the search index is made, compared and brought up to date",
    "children",
    small=20_000,
    full=1_000_000,
    measure=measure,
    folder=FILLED,
    needs_engines=True,
)
