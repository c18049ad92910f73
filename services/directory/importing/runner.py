"""Runs in the background: begun by schedule, worked on one step after the other, gone on with whoever was killed.

A source is worked on by one replica at a time: the one whose connection holds its lock, and on that connection alone,
so that who loses the lock can write nothing more. All that is needed to go on is in the database.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NoReturn
from uuid import UUID

from kith.directory.v1.import_run_pb2 import ImportRun
from services.chassis import metrics
from services.chassis.database import FAILURES, Connection, Database
from services.chassis.defects import failure_for
from services.chassis.errors import Internal
from services.chassis.keyring import Keyring
from services.chassis.telemetry import describe, log
from services.directory.importing import retention, run_store, runs, staging_store
from services.directory.importing.applying import apply
from services.directory.importing.comparing import compare
from services.directory.importing.reader import read
from services.directory.importing.run import Run, RunFailed, RunStopped
from services.directory.importing.source import Source
from services.directory.importing.work import Work, require

_SOURCES_AT_ONCE: Final = 8
"""More than one, so that a slow publisher keeps nobody else waiting."""
_SILENCE: Final = "10min"
"""A holder that is frozen or unreachable loses the lock after this; the longest wait for a publisher is 5 min."""
_ASK_SECONDS: Final = 1.0
_SWEEP_EVERY: Final = timedelta(hours=1)


class Runner:
    """Works on the runs of all sources. `inside` and `pauses` as in Work."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        wake_relay: Callable[[], None],
        clock: Callable[[], datetime],
        *,
        inside: tuple[str, ...],
        pauses: tuple[float, ...],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wake_relay = wake_relay
        self._clock = clock
        self._inside = inside
        self._pauses = pauses
        self._asked = asyncio.Event()
        self._at_work: dict[UUID, asyncio.Task[None]] = {}
        self._swept: datetime | None = None

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        self._asked.set()

    async def run(self) -> NoReturn:
        """Work for ever. A database that is lost is waited for."""
        try:
            while True:
                self._asked.clear()
                try:
                    await self._look()
                except FAILURES as error:
                    log.warning("imports wait for the database", **describe(error))
                try:
                    await asyncio.wait_for(self._asked.wait(), _ASK_SECONDS)
                except TimeoutError:
                    continue
        finally:
            for task in self._at_work.values():
                task.cancel()

    async def _look(self) -> None:
        now = self._clock()
        async with self._database.transaction() as connection:
            for source_id in await run_store.due_sources(connection, now):
                await runs.begin_due(connection, source_id, now)
        async with self._database.connection() as connection:
            waiting = await run_store.sources_at_work(connection)
            if self._swept is None or now >= self._swept + _SWEEP_EVERY:
                await retention.sweep(connection, now)
                self._swept = now
        for source_id in waiting:
            if source_id not in self._at_work and len(self._at_work) < _SOURCES_AT_ONCE:
                self._at_work[source_id] = asyncio.create_task(self._source(source_id))

    async def _source(self, source_id: UUID) -> None:
        """Work on the run of a source until it waits for somebody or has ended. Raises nothing."""
        try:
            async with self._database.session() as connection:
                if not await _lock(connection, source_id):
                    return
                work = Work(connection, self._keyring, self._clock, self._inside, self._pauses)
                while (run := await run_store.open_run(connection, source_id)) is not None:
                    source = await run_store.source(connection, source_id)
                    if source is None or not await self._step(work, run, source):
                        return
                    self._wake_relay()
        except FAILURES as error:
            log.warning("an import will be gone on with", task=f"import:{source_id}", **describe(error))
        finally:
            del self._at_work[source_id]

    async def _step(self, work: Work, run: Run, source: Source) -> bool:
        """Take the run one step further; False if there is none to take."""
        connection = work.connection
        try:
            match run.state:
                case ImportRun.STATE_QUEUED:
                    async with connection.transaction():
                        await require(connection, run.id, ImportRun.STATE_QUEUED)
                        await run_store.start(connection, run.id, self._clock())
                case ImportRun.STATE_STAGING:
                    await read(work, run, source)
                case ImportRun.STATE_COMPARING:
                    await compare(work, run, source)
                case ImportRun.STATE_APPLYING:
                    await apply(work, run, source)
                case _:
                    return False
            metrics.IMPORT_STEPS.labels(step=ImportRun.State.Name(run.state)).inc()
        except RunStopped:
            return False
        except RunFailed as failed:
            await self._fail(connection, run, failed.failure, failed.row)
        except Exception as error:
            if not isinstance(failure_for(error), Internal):
                raise
            # A defect that one publisher finds must neither stop the directory nor be met for ever.
            log.error("an import met a defect", task=f"import:{run.id}", **describe(error))
            await self._fail(connection, run, ImportRun.FAILURE_INTERNAL, 0)
        return True

    async def _fail(self, connection: Connection, run: Run, failure: ImportRun.Failure, row: int) -> None:
        metrics.IMPORT_FAILURES.labels(failure=ImportRun.Failure.Name(failure)).inc()
        log.warning("an import failed", task=f"import:{run.id}", reason=ImportRun.Failure.Name(failure))
        async with connection.transaction():
            stands = await run_store.run(connection, run.id, lock=True)
            if stands is not None and stands.state == run.state:
                await run_store.end(
                    connection, run.id, ImportRun.STATE_FAILED, self._clock(), failure=failure, row=row
                )


async def _lock(connection: Connection, source_id: UUID) -> bool:
    digest = hashlib.blake2b(b"import source " + source_id.bytes, digest_size=8).digest()
    await connection.execute(
        "SELECT set_config('idle_session_timeout', $1, false), set_config('statement_timeout', $2, false)",
        _SILENCE,
        f"{staging_store.LONG_SECONDS:.0f}s",
    )
    asking = "SELECT pg_try_advisory_lock($1)"
    return bool(await connection.fetchval(asking, int.from_bytes(digest, signed=True)))
