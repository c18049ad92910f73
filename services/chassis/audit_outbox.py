"""Access records: committed with the disclosure, shipped to `audit` afterwards (DESIGN 5 no. 16, G6).

An unreachable audit service costs nothing until the bound; then `bound_check` stops the answers. `audit`
takes each record id once, so a batch whose answer was lost is simply sent again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn
from uuid import UUID

from services.chassis import metrics
from services.chassis.database import FAILURES, Connection, Database
from services.chassis.errors import ACCESS_DOMAIN, Unavailable
from services.chassis.leader import lead
from services.chassis.telemetry import describe, log

MOST_UNSHIPPED = 100_000
LONGEST_UNSHIPPED_SECONDS = 24 * 3600

_BATCH = 500
_POLL_SECONDS = 0.5
_LONGEST_PAUSE = 10.0
_MEASURE_SECONDS = 5.0
# More than any deadline a client sets; a hanging append must not hang the shipper.
_APPEND_SECONDS = 15.0


async def write(connection: Connection, records: Sequence[bytes], ids: Sequence[UUID]) -> None:
    """Add serialized access records to the caller's transaction; `ids` are their record ids, in order."""
    if len(records) != len(ids):
        raise ValueError("a record id for each record")
    if records:
        await connection.execute(_INSERT, list(ids), list(records))


async def bound_check(connection: Connection) -> None:
    """Raise Unavailable `AUDIT_BACKLOG` when more than 100,000 records wait, or one for more than 24 hours.

    Costs one look-up at either end of an index; the number is an estimate from the positions, never too low.
    """
    waiting, age = await _backlog(connection)
    if waiting > MOST_UNSHIPPED or age > LONGEST_UNSHIPPED_SECONDS:
        raise Unavailable("AUDIT_BACKLOG", retry_after=60.0, domain=ACCESS_DOMAIN)


async def _backlog(connection: Connection) -> tuple[int, float]:
    """Return how many records wait, and the age of the oldest in seconds."""
    row = await connection.fetchrow(_BACKLOG)
    if row is None:
        raise RuntimeError("a row of two values was expected")
    return row["waiting"], row["age"]


class Shipper:
    """Ships the records of `database`, oldest first. Run one in every replica: one of them leads."""

    def __init__(
        self, database: Database, append: Callable[[Sequence[bytes]], Awaitable[None]], name: str
    ) -> None:
        """`append` gives a batch to `audit` and raises unless it is committed there; `name` is the service's."""
        self._database = database
        self._append = append
        self._name = name
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Ship at once. To be called after a commit that wrote records; forgetting it costs 0.5 s."""
        self._woken.set()

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of `audit` and of the database."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure())
            tasks.create_task(lead(self._database, f"shipper-{self._name}", self._ship_for_ever))

    async def _ship_for_ever(self, connection: Connection) -> NoReturn:
        pause = _POLL_SECONDS
        while True:
            self._woken.clear()
            rows = await connection.fetch(_UNSHIPPED, _BATCH)
            if rows and not await self._accepted([row["payload"] for row in rows]):
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _POLL_SECONDS
            if rows:
                await connection.execute(_MARK, [row["position"] for row in rows])
                metrics.AUDIT_SHIPPED.labels(service=self._name).inc(len(rows))
            if len(rows) < _BATCH:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._woken.wait()

    async def _accepted(self, payloads: Sequence[bytes]) -> bool:
        try:
            async with asyncio.timeout(_APPEND_SECONDS):
                await self._append(payloads)
        except Exception as error:  # noqa: BLE001 - whatever it is, the records stay and are sent again
            metrics.AUDIT_FAILURES.labels(service=self._name).inc()
            log.warning("access records could not be shipped", task=self._name, **describe(error))
            return False
        return True

    async def _measure(self) -> NoReturn:
        unshipped = metrics.AUDIT_UNSHIPPED.labels(service=self._name)
        oldest = metrics.AUDIT_OLDEST_UNSHIPPED_SECONDS.labels(service=self._name)
        while True:
            with contextlib.suppress(*FAILURES):
                async with self._database.connection() as connection:
                    waiting, age = await _backlog(connection)
                unshipped.set(waiting)
                oldest.set(age)
            await asyncio.sleep(_MEASURE_SECONDS)


_INSERT = """
INSERT INTO chassis.audit_outbox (record_id, payload)
SELECT record_id, payload
  FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS r (record_id, payload, ordinal)
 ORDER BY ordinal
"""

_UNSHIPPED = """
SELECT position, payload
  FROM chassis.audit_outbox
 WHERE ship_time IS NULL
 ORDER BY position
 LIMIT $1
"""

_MARK = "UPDATE chassis.audit_outbox SET ship_time = now() WHERE position = ANY($1::bigint[])"

_BACKLOG = """
WITH oldest AS (SELECT position, create_time FROM chassis.audit_outbox
                 WHERE ship_time IS NULL ORDER BY position LIMIT 1),
     newest AS (SELECT position FROM chassis.audit_outbox
                 WHERE ship_time IS NULL ORDER BY position DESC LIMIT 1)
SELECT coalesce((SELECT position FROM newest) - (SELECT position FROM oldest) + 1, 0) AS waiting,
       coalesce((SELECT extract(epoch FROM now() - create_time)::float8 FROM oldest), 0.0) AS age
"""
