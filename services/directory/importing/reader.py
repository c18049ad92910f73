"""The first step of a run: what the publisher sends goes into staging, a page or a number of rows at a time.

Each is one transaction with how far it got, so that a run whose process is killed goes on where it was.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kith.directory.v1.import_run_pb2 import ImportRun, ImportSource
from services.directory.importing import csv_batches, raw, run_store, staging, staging_store
from services.directory.importing.feed_page import MOST_PAGES
from services.directory.importing.fetching import Fetched, feed
from services.directory.importing.run import Run, RunFailed
from services.directory.importing.source import Source
from services.directory.importing.staging import Batch
from services.directory.importing.untangle import Untangled, unreadable
from services.directory.importing.work import Work, require

MOST_RECORDS: Final = 200_000
_MOST_BYTES: Final = 2 * 1024**3
_LONGEST: Final = timedelta(hours=2)


async def read(work: Work, run: Run, source: Source) -> None:
    """Stage all that the publisher sends; then the run is COMPARING. Raises RunFailed, RunStopped."""
    if source.kind == ImportSource.KIND_FEED:
        await _read_feed(work, run, source)
    else:
        await _read_csv(work, run, source)


async def _read_feed(work: Work, run: Run, source: Source) -> None:
    after = _rfc3339(run.modified_after)
    number, items, size = run.page_count, run.row_count, run.byte_count
    async with feed(source, work.inside, work.pauses) as publisher:
        while True:
            number += 1
            _require_bounds(work, run, number, items, size)
            fetched = await publisher.page(number, after)
            items, size = items + len(fetched.items), size + fetched.size
            batch = await asyncio.to_thread(_batch_of, fetched, source, number)
            fresh = await _store(work, run, source, batch, fetched=fetched, last=fetched.last)
            if fetched.last:
                return
            if not fresh:
                break
    if number != _SECOND or fetched.numbered:
        raise RunFailed(ImportRun.FAILURE_ENDLESS)
    # It knows no pages: the second is the first again.
    async with work.connection.transaction():
        await require(work.connection, run.id, ImportRun.STATE_STAGING)
        await run_store.enter(work.connection, run.id, ImportRun.STATE_COMPARING)


def _require_bounds(work: Work, run: Run, number: int, items: int, size: int) -> None:
    if number > MOST_PAGES:
        raise RunFailed(ImportRun.FAILURE_ENDLESS)
    if items > MOST_RECORDS or size > _MOST_BYTES:
        raise RunFailed(ImportRun.FAILURE_TOO_LARGE)
    if run.start_time is not None and work.clock() > run.start_time + _LONGEST:
        raise RunFailed(ImportRun.FAILURE_SLOW)


def _batch_of(fetched: Fetched, source: Source, number: int) -> Batch:
    batch = staging.prepare(fetched.items, source, f"page {number}")
    for publisher_id, reason in fetched.missing.items():
        staging.add(batch, Untangled([unreadable(source, publisher_id, reason)]))
    return batch


async def _read_csv(work: Work, run: Run, source: Source) -> None:
    batches = csv_batches.batches(_Pieces(work, run), source)
    done = 0
    batch = await asyncio.to_thread(next, batches, None)
    while batch is not None:
        # One ahead, to know which is the last.
        following = await asyncio.to_thread(next, batches, None)
        done += batch.rows
        if done > MOST_RECORDS:
            raise RunFailed(ImportRun.FAILURE_TOO_LARGE)
        # Rows that were staged before the process was killed are read again and not staged again.
        if done > run.row_count or following is None:
            await _store(work, run, source, batch.records, rows=batch.rows, last=following is None)
        batch = following


class _Pieces:
    """The pieces of an upload as csv_text wants them, from a thread: fetched, one at a time, by the loop."""

    def __init__(self, work: Work, run: Run) -> None:
        self._work = work
        self._run = run
        self._loop = asyncio.get_running_loop()

    def __call__(self) -> Iterator[bytes]:
        for number in range(1, self._run.page_count + 1):
            piece = staging_store.raw(self._work.connection, self._run.id, number)
            sealed = asyncio.run_coroutine_threadsafe(piece, self._loop).result()
            if sealed is None:
                raise RunFailed(ImportRun.FAILURE_INTERNAL)
            yield raw.unseal(self._work.keyring, self._run.id, number, sealed)


async def _store(
    work: Work,
    run: Run,
    source: Source,
    batch: Batch,
    *,
    fetched: Fetched | None = None,
    rows: int = 0,
    last: bool,
) -> int:
    """Stage a batch in one transaction, with how far the run is now; returns how many services were not met before."""
    connection = work.connection
    known = await staging_store.known_digests(connection, source.id, batch.staged)
    await asyncio.to_thread(_judge, batch, known)
    async with connection.transaction():
        stands = await require(connection, run.id, ImportRun.STATE_STAGING)
        fresh = await staging_store.stage(connection, run.id, list(batch.staged.values()))
        await staging_store.count_terms(connection, run.id, Counter(batch.unknown_terms))
        if fetched is None:
            await run_store.advance(connection, run.id, pages=0, rows=rows, size=0)
        else:
            number = stands.page_count + 1
            text = b"\n".join(fetched.texts)
            sealed = await asyncio.to_thread(raw.seal, work.keyring, run.id, number, text)
            await staging_store.add_raw(connection, run.id, number, sealed, work.clock())
            await run_store.advance(connection, run.id, pages=1, rows=len(fetched.items), size=fetched.size)
        if last:
            await run_store.enter(connection, run.id, ImportRun.STATE_COMPARING)
    return fresh


def _judge(batch: Batch, known: dict[UUID, bytes]) -> None:
    for id_, staged in batch.staged.items():
        staging.judge(staged, known.get(id_))


def _rfc3339(time: datetime | None) -> str:
    return "" if time is None else time.isoformat(timespec="seconds").replace("+00:00", "Z")


_SECOND: Final = 2
