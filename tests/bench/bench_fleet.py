"""A fleet to be measured: one of each service, fsync on, empty or over a child index that was filled by COPY."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg

from deploy.local import ports
from deploy.local.fleet import Layout, table
from deploy.local.postgres import dsn
from deploy.local.postgres_server import SUPERUSER
from deploy.local.runner import Fleet
from tests.bench.bulk_children import Source, england_children, fill, town_children
from tests.bench.report import Report
from tests.fixtures.fleet import RunningFleet

_LARGEST_TOWN = 100_000
_DATABASE_ROWS = ("postgres", "databases", "migrate-child_index")


@asynccontextmanager
async def empty_fleet(folder: Path) -> AsyncIterator[RunningFleet]:
    """Run a fleet that knows no child."""
    layout = _layout(folder, engines=False)
    async with Fleet(table(layout), folder) as processes:
        yield RunningFleet("bench", layout, processes)


@asynccontextmanager
async def filled_fleet(
    folder: Path, children: int, report: Report, *, engines: bool = False
) -> AsyncIterator[RunningFleet]:
    """Run a fleet with so many children, or with those that are there from an earlier part."""
    layout = _layout(folder, engines=engines)
    rows = table(layout)
    async with Fleet([row for row in rows if row.name in _DATABASE_ROWS], folder):
        await _filled(layout, children, report)
    async with Fleet(rows, folder) as processes:
        yield RunningFleet("bench", layout, processes)


def source_of(children: int) -> Source:
    """Where the children of `filled_fleet` come from: above 100,000 the country, for no town has so many names."""
    return partial(town_children if children <= _LARGEST_TOWN else england_children, size=children)


def database_of(layout: Layout) -> str:
    """The DSN of the child index's database, as its superuser."""
    return dsn(layout.home / "postgres", "kith_child_index", SUPERUSER)


def _layout(folder: Path, *, engines: bool) -> Layout:
    # One person asks for more children here than any does in a day.
    os.environ["KITH_PERSON_DISCLOSURE_LIMIT"] = "1000000"
    return Layout(folder, ports.free(twins=False), real_kafka=engines, real_opensearch=engines)


async def _filled(layout: Layout, children: int, report: Report) -> None:
    """Fill the child index unless it is."""
    connection = await asyncpg.connect(database_of(layout))
    try:
        known = await connection.fetchval("SELECT count(*) FROM child")
    finally:
        await connection.close()
    if known:
        report.remark(f"{known:,} children were there")
        return
    keyring = layout.secrets.keyring("child_index")
    filled = await asyncio.to_thread(fill, database_of(layout), keyring, source_of(children), children)
    seconds = filled.copy_seconds + filled.index_seconds
    report.remark(
        f"{filled.children:,} children with {filled.records:,} records, copied in {seconds:.0f} s"
        f" ({filled.children / seconds:,.0f} children/s)"
    )
