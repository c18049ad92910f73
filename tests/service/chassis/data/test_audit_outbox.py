import uuid
from collections.abc import Sequence
from uuid import UUID

import pytest

from services.chassis import audit_outbox, database
from services.chassis.audit_outbox import Shipper
from services.chassis.database import Database
from services.chassis.errors import Unavailable
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabase
from tests.service.chassis.data.ageing import age
from tests.service.chassis.data.background import background


class Audit:
    """The audit service: takes each record id once. Loses the answer to the first calls, and refuses some."""

    def __init__(self, lose: int = 0, refuse: int = 0) -> None:
        self._lose = lose
        self._refuse = refuse
        self.calls = 0
        self.trail: list[UUID] = []

    async def append(self, records: Sequence[bytes]) -> None:
        self.calls += 1
        if self.calls <= self._refuse:
            raise ConnectionRefusedError
        for record in records:
            if UUID(bytes=record) not in self.trail:
                self.trail.append(UUID(bytes=record))
        if self.calls <= self._refuse + self._lose:
            # Committed there, and the sender cannot know.
            raise ConnectionResetError


async def _write(pool: Database, ids: Sequence[UUID]) -> None:
    async with pool.transaction() as connection:
        await audit_outbox.write(connection, [record_id.bytes for record_id in ids], ids)


async def _unshipped(pool: Database) -> int:
    async with pool.connection() as connection:
        return int(
            await connection.fetchval("SELECT count(*) FROM chassis.audit_outbox WHERE ship_time IS NULL")
        )


async def test_records_are_shipped_once_and_in_order_though_the_append_is_repeated(pool: Database) -> None:
    """DESIGN 5 no. 16, F28: refused twice, then the answer lost twice."""
    audit = Audit(refuse=2, lose=2)
    ids = [uuid.uuid4() for _ in range(1200)]
    await _write(pool, ids)
    shipper = Shipper(pool, audit.append, "test")
    async with background(shipper.run()):

        async def all_shipped() -> bool:
            return await _unshipped(pool) == 0

        await eventually(all_shipped)
        more = [uuid.uuid4() for _ in range(3)]
        await _write(pool, more)
        shipper.wake()
        await eventually(all_shipped)
    assert audit.trail == ids + more
    # Three batches, each tried until it was acknowledged, and the later one.
    assert audit.calls == 2 + 2 + 3 + 1


async def test_two_shippers_ship_once(home: ServiceDatabase, pool: Database) -> None:
    """F5: one of two replicas leads."""
    audit = Audit()
    ids = [uuid.uuid4() for _ in range(700)]
    async with database.pool(home.app_url_file, name="other") as other:
        runs = [Shipper(each, audit.append, "test").run() for each in (pool, other)]
        async with background(*runs):
            await _write(pool, ids)

            async def all_shipped() -> bool:
                return await _unshipped(pool) == 0

            await eventually(all_shipped)
    assert audit.trail == ids
    assert audit.calls <= 3


async def test_nothing_is_shipped_that_was_rolled_back(pool: Database) -> None:
    async def fail() -> None:
        async with pool.transaction() as connection:
            record_id = uuid.uuid4()
            await audit_outbox.write(connection, [record_id.bytes], [record_id])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await _unshipped(pool) == 0


async def test_a_record_needs_an_id(pool: Database) -> None:
    async with pool.transaction() as connection:
        with pytest.raises(ValueError, match="record id"):
            await audit_outbox.write(connection, [b"record"], [])


async def test_answers_stop_when_too_many_records_wait(
    pool: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 5 no. 16, G6: beyond the bound, no disclosure."""
    monkeypatch.setattr(audit_outbox, "MOST_UNSHIPPED", 5)
    await _write(pool, [uuid.uuid4() for _ in range(5)])
    async with pool.connection() as connection:
        await audit_outbox.bound_check(connection)
        await _write(pool, [uuid.uuid4()])
        with pytest.raises(Unavailable, match="AUDIT_BACKLOG"):
            await audit_outbox.bound_check(connection)
    async with background(Shipper(pool, Audit().append, "test").run()):

        async def open_again() -> bool:
            async with pool.connection() as connection:
                try:
                    await audit_outbox.bound_check(connection)
                except Unavailable:
                    return False
                return True

        await eventually(open_again)


async def test_answers_stop_when_a_record_waits_too_long(home: ServiceDatabase, pool: Database) -> None:
    await _write(pool, [uuid.uuid4()])
    await age(home, "audit_outbox", "create_time", "23 hours")
    async with pool.connection() as connection:
        await audit_outbox.bound_check(connection)
    await age(home, "audit_outbox", "create_time", "2 hours")
    async with pool.connection() as connection:
        with pytest.raises(Unavailable, match="AUDIT_BACKLOG"):
            await audit_outbox.bound_check(connection)
