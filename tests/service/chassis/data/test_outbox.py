import asyncio
import uuid
from uuid import UUID

import pytest

from services.chassis import incoming, outbox, trace
from services.chassis.database import Database
from services.chassis.errors import InvalidArgument
from services.chassis.outbox import Event
from tests.service.chassis.data.effects import event


async def _read_all(pool: Database, after: str = "", page: int = 2) -> tuple[list[Event], str]:
    events: list[Event] = []
    more = True
    while more:
        async with pool.connection() as connection:
            changes = await outbox.list_changes(connection, after, page)
        assert len(changes.events) <= page
        events += changes.events
        after, more = changes.after, changes.more
    return events, after


async def test_changes_come_in_order_and_page_by_page(pool: Database) -> None:
    key = uuid.uuid4()
    written = [event(key, version) for version in range(1, 8)]
    async with pool.transaction() as connection:
        await outbox.write(connection, written[:5])
    async with pool.transaction() as connection:
        await outbox.write(connection, written[5:])
    read, after = await _read_all(pool)
    assert read == written
    assert await _read_all(pool, after) == ([], after)


async def test_nothing_is_there_before_the_commit_or_after_a_rollback(pool: Database) -> None:
    async with pool.transaction() as connection:
        await outbox.write(connection, [event(uuid.uuid4(), 1)])
        assert await _read_all(pool) == ([], "")

    async def fail() -> None:
        async with pool.transaction() as connection:
            await outbox.write(connection, [event(uuid.uuid4(), 1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert len((await _read_all(pool))[0]) == 1


async def test_out_of_order_commit_loses_nothing(pool: Database) -> None:
    """Finding 2, F6: the later position commits first; a reader that has read on still gets the earlier one."""
    late, early = event(uuid.uuid4(), 1), event(uuid.uuid4(), 1)
    async with pool.transaction() as slow:
        await outbox.write(slow, [late])
        async with pool.transaction() as fast:
            await outbox.write(fast, [early])
        seen, after = await _read_all(pool)
        assert seen == []
        # F7: whoever reads nothing now is not up to date.
        async with pool.connection() as connection:
            assert await outbox.held_back_seconds(connection) is not None
    rest, _ = await _read_all(pool, after)
    assert {found.event_id for found in [*seen, *rest]} == {late.event_id, early.event_id}


@pytest.mark.parametrize("seed", range(3))
async def test_readers_miss_nothing_and_keep_versions_in_order(pool: Database, seed: int) -> None:
    """G4, F6: writers that take their transaction ids before they wait for the row of the key, read meanwhile."""
    keys = [uuid.uuid4() for _ in range(3)]
    versions = dict.fromkeys(keys, 0)
    locks = {key: asyncio.Lock() for key in keys}
    rounds = 20
    writing = True

    async def writer(number: int) -> None:
        for turn in range(rounds):
            key = keys[(number * 7 + turn * (seed + 1)) % len(keys)]
            async with pool.transaction() as connection:
                # As a request id does: a write of its own, and so a transaction id, before the lock of the row.
                await connection.execute("SELECT pg_current_xact_id()")
                # The lock of the row is held until after the commit.
                await locks[key].acquire()
                try:
                    versions[key] += 1
                    await outbox.write(connection, [event(key, versions[key])])
                except BaseException:
                    locks[key].release()
                    raise
            locks[key].release()

    async def reader() -> list[Event]:
        events: list[Event] = []
        after = ""
        while writing:
            read, after = await _read_all(pool, after, 5)
            events += read
        return events + (await _read_all(pool, after, 5))[0]

    reading = asyncio.create_task(reader())
    await asyncio.gather(*(writer(number) for number in range(6)))
    writing = False
    read = await reading
    assert len(read) == 6 * rounds
    by_key: dict[UUID, list[int]] = {}
    for found in read:
        by_key.setdefault(found.key, []).append(found.version)
    assert by_key == {key: list(range(1, versions[key] + 1)) for key in keys}


async def test_an_event_never_stands_before_an_earlier_one_of_its_key(pool: Database) -> None:
    """The second writer has the lower transaction id; both are read on one page, in the order of their versions."""
    key = uuid.uuid4()
    first, second = event(key, 1), event(key, 2)
    async with pool.transaction() as older:
        await older.execute("SELECT pg_current_xact_id()")
        async with pool.transaction() as younger:
            await outbox.write(younger, [first])
        await outbox.write(older, [second])
    assert (await _read_all(pool, page=10))[0] == [first, second]


@pytest.mark.parametrize("token", ["x", "1", "1.", ".1", "1.x", "-1.1", "1.1.1", "१.१", "9" * 30 + ".1"])
async def test_a_token_that_is_none_is_refused(pool: Database, token: str) -> None:
    async with pool.connection() as connection:
        with pytest.raises(InvalidArgument):
            await outbox.list_changes(connection, token, 10)


async def test_events_carry_the_trace_of_the_call(pool: Database) -> None:
    call = incoming.Incoming("/m", None, None, None, trace.begin())
    own = trace.begin().header()
    entered = incoming.enter(call)
    try:
        async with pool.transaction() as connection:
            given = event(uuid.uuid4(), 1)
            await outbox.write(
                connection,
                [event(uuid.uuid4(), 1), Event(given.event_id, given.key, 1, given.payload, own)],
            )
    finally:
        incoming.leave(entered)
    read, _ = await _read_all(pool)
    assert [found.traceparent for found in read] == [call.trace.header(), own]


async def test_reading_changes_uses_the_index(pool: Database) -> None:
    """R8: a reader that is up to date costs next to nothing, however long the outbox is."""
    key = uuid.uuid4()
    async with pool.transaction() as connection:
        await outbox.write(connection, [event(key, version) for version in range(1, 3001)])
    async with pool.transaction() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch("EXPLAIN " + outbox._CHANGES, "1", 0, 100)
    assert any("outbox_changes" in line[0] for line in plan)
    assert not any("Sort" in line[0] for line in plan)
