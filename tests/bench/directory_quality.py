"""How long the directory takes to look at all its entries, and how much memory: the round of freshness and quality.

On a PostgreSQL of its own, with entries as importing makes them; three rounds: the first, one that finds nothing to do,
and that of the next day. Beside the first, what reading all documents takes alone.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from deploy.local.postgres import Postgres, create_service_database
from kith.directory.v1 import publication_service_pb2 as pb
from services.chassis import database, migrate
from services.directory.quality import policy, review_store, store
from services.directory.quality.rounds import Rounds
from tests.bench import directory_data
from tests.bench.machine import memory_mb
from tests.bench.part import Part
from tests.bench.report import Report

_ROWS_AT_ONCE: Final = 2000
_OWN: Final = (pb.PUBLICATION_KIND_ORGANIZATION, pb.PUBLICATION_KIND_SERVICE, pb.PUBLICATION_KIND_LOCATION)
_WRITTEN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_FIRST, _IDLE, _DAILY = "first round", "a round that finds nothing to do", "round of the next day"
_ALONE: Final = "PostgreSQL and json alone: all documents"
_MIGRATIONS: Final = Path(migrate.__file__).parents[1] / "directory" / "migrations"


async def measure(folder: Path, size: int, report: Report) -> None:
    """Fill, then make rounds."""
    server = await asyncio.to_thread(Postgres.start, folder, fsync=False)
    try:
        create_service_database(folder, "directory")
        await migrate.migrate(server.dsn("kith_directory", "kith_directory_owner"), [_MIGRATIONS])
        owner = await asyncpg.connect(server.dsn("kith_directory", "kith_directory_owner"))
        count = await _fill(owner, size)
        report.remark(f"{size:,} services in {count:,} entries, none confirmed since they were written")
        await owner.close()
        url_file = folder / "app_url"
        url_file.write_text(server.dsn("kith_directory", "kith_directory_app"), encoding="utf-8")
        async with database.pool(url_file, name="bench") as pool, pool.session() as connection:
            await _rounds(report, connection, pool)
    finally:
        server.stop()


async def _rounds(report: Report, connection: Any, pool: database.Database) -> None:
    now = _WRITTEN + timedelta(days=100)
    shipped = policy.load(policy.SHIPPED)
    rounds = Rounds(pool, shipped, lambda: now, lambda: None, 0.0)
    report.add(_ALONE, await _timed(_read_all(connection)), "s")
    before = memory_mb(os.getpid())
    report.add(_FIRST, await _timed(rounds.make(connection)), "s")
    report.add("memory that the first round took", memory_mb(os.getpid()) - before, "MB")
    await connection.execute("ANALYZE quality, finding, block, duplicate, link, link_use")
    report.add(_IDLE, await _timed(rounds.make(connection)), "s")
    now += timedelta(days=1)
    report.add(_DAILY, await _timed(rounds.make(connection)), "s")
    report.ratio(_FIRST, _ALONE)
    figures = await store.figures(connection, None, now.date())
    report.add("figures of all organisations", await _timed(store.figures(connection, None, now.date())), "s")
    listed = review_store.list_reviews(connection, None, now.date() + timedelta(days=365), None, 50)
    report.add("the first page of what is to be confirmed, of all", await _timed(listed), "s")
    pairs = await connection.fetchval("SELECT count(*) FROM duplicate")
    report.remark(
        f"mean completeness {figures[0].mean_completeness} %, {sum(figures[0].finding_counts):,} findings,"
        f" {pairs:,} pairs proposed"
    )


async def _read_all(connection: Any) -> None:
    async with connection.transaction():
        cursor = connection.cursor("SELECT document FROM revision", prefetch=500)
        async for row in cursor:
            json.loads(row["document"])


async def _timed(work: Any) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _fill(owner: "asyncpg.Connection[asyncpg.Record]", size: int) -> int:
    rows, count = _entries(size), 0
    while batch := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        count += len(batch)
        await owner.copy_records_to_table(
            "entry",
            columns=("id", "kind", "organisation_id", "state", "published_revision", "latest_revision",
                     "update_time"),
            records=[(one, kind, owned_by, 2, 1, 1, _WRITTEN) for one, kind, owned_by, _ in batch],
        )  # fmt: skip
        await owner.copy_records_to_table(
            "revision",
            columns=(
                "entry_id",
                "number",
                "document",
                "state",
                "author",
                "note",
                "create_time",
                "provenance",
            ),
            records=[
                (one, 1, json.dumps(document), 3, "import", "", _WRITTEN, "{}")
                for one, _, _, document in batch
            ],
        )
    await owner.execute("VACUUM ANALYZE entry, revision")
    return count


def _entries(size: int) -> Iterator[tuple[UUID, int, UUID | None, Mapping[str, Any]]]:
    for one in directory_data.publications(size):
        if one.kind not in _OWN:
            continue
        document = dict(one.full)
        document.pop("organization", None)
        if one.kind == pb.PUBLICATION_KIND_SERVICE:
            document["organization_id"] = str(one.organization_id)
            document["kith"] = {"kind": "KIND_FAMILY_SUPPORT"}
            document["service_at_locations"] = [
                {"id": at["id"], "location_id": at["location"]["id"]}
                for at in one.full["service_at_locations"]
            ]
        yield one.id, one.kind, one.organization_id, document


PART = Part(
    "directory_quality",
    "The directory: a round of freshness and quality over all entries",
    "services",
    small=3_000,
    full=30_000,
    measure=measure,
)
