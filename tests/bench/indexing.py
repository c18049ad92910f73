"""How fast the search index is made, compared and brought up to date, beside what OpenSearch takes by itself.

    python -m tests.bench.indexing --children 100000

Starts a fleet of its own on real Kafka and OpenSearch (one of each service, fsync on) over a child index filled by
`bulk_children`. `indexing` measures on any fleet that runs:

- reading all children through `ListProjections`, as a rebuild does, without writing them;
- the same documents sent to `_bulk` by a plain HTTP client that got them ready beforehand, and by our own write path
  (documents made from projections, statuses read), in turns and each on a new index with the settings of a filling;
- a rebuild by the running search service, from the request until the alias has moved, everything on this machine;
- a comparison by sums, and one of all keys;
- freshness: registrations one after the other, each searched for by another organisation until it is found.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import uvloop

from deploy.local import ports
from deploy.local.fleet import Layout, table
from deploy.local.postgres import dsn
from deploy.local.postgres_server import SUPERUSER
from deploy.local.runner import Fleet
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
from tests.bench.bulk_children import SOURCES, fill
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Organisation, Partnership, Person, new_child, partnership, query_for

_PAGE = 2000
_BODY_BYTES = 8 * 1024 * 1024
_TURNS = 4
_MOST_DOCUMENTS = 100_000
_FRESH = 100
_DATABASE_ROWS = ("postgres", "databases", "migrate-child_index")
_MILLION = 1_000_000
_FILLED_WITHIN = 3600.0


@dataclass
class _Parts:
    """What search has, on the fleet's own child index and OpenSearch."""

    source: Source
    index: ChildrenIndex
    generations: GenerationsStore
    scratch: GenerationsStore


async def indexing(fleet: RunningFleet, kith: Partnership) -> dict[str, float]:
    """Measure on a fleet whose index is in use. Returns figures by name; the unit is its last word."""
    async with _parts(fleet) as parts:
        figures: dict[str, float] = {}
        began = time.perf_counter()
        projections, children = await _read_all(parts.source)
        figures["ListProjections children/s"] = children / (time.perf_counter() - began)
        figures |= await _bulk(parts, fleet.layout.opensearch, projections)
        seconds = await _timed(partial(_rebuild, parts.generations))
        figures["rebuild children"] = children
        figures["rebuild s"] = seconds
        figures["rebuild children/s"] = children / seconds
        figures["rebuild of 1,000,000, in proportion min"] = _MILLION / children * seconds / 60
        reconciler = Reconciler(parts.index, parts.generations, parts.source)
        figures["comparison by sums s"] = await _timed(reconciler.reconcile)
        figures["comparison of all keys s"] = await _timed(partial(reconciler.reconcile, keys=True))
    freshness = statistics.quantiles(await _freshness(kith), n=20)
    figures["found by others after, p50 s"] = freshness[9]
    figures["found by others after, p95 s"] = freshness[18]
    return figures


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
        index = ChildrenIndex(client, key_schema=KEY_SCHEMA, secret_version=version)
        yield _Parts(
            Source(channel),
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


async def _bulk(parts: _Parts, url: str, projections: Sequence[Projection]) -> dict[str, float]:
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
    return {
        "document, as sent bytes": size,
        "documents": len(projections),
        "raw _bulk documents/s": len(projections) / min(raw),
        "write path documents/s": len(projections) / min(ours),
        "write path / raw _bulk %": 100 * min(raw) / min(ours),
    }


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


async def _measure(folder: Path, children: int) -> dict[str, float]:
    """Fill, start, measure."""
    os.environ["KITH_PERSON_DISCLOSURE_LIMIT"] = "1000000"
    layout = Layout(folder, ports.free(twins=False), real_kafka=True, real_opensearch=True)
    rows = table(layout)
    async with Fleet([row for row in rows if row.name in _DATABASE_ROWS], folder):
        source = partial(SOURCES["town"], size=children)
        address = dsn(folder / "postgres", "kith_child_index", SUPERUSER)
        await asyncio.to_thread(fill, address, layout.secrets.keyring("child_index"), source, children)
    async with Fleet(rows, folder) as processes:
        fleet = RunningFleet("bench", layout, processes)
        async with partnership(fleet) as kith:
            async with _parts(fleet) as parts:
                # Search fills the first index by itself, as soon as it runs.
                await eventually(partial(_index_in_use, parts.generations), within=_FILLED_WITHIN)
            return await indexing(fleet, kith)


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.indexing", description=__doc__)
    parser.add_argument("--children", type=int, default=_MOST_DOCUMENTS, help="default: %(default)s")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        figures = uvloop.run(_measure(Path(folder), options.children))
    for name, value in figures.items():
        print(f"{name.rpartition(' ')[0]:<44}{value:>14,.2f} {name.rpartition(' ')[2]}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
