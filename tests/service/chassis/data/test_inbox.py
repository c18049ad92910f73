import asyncio
import uuid

import pytest

from services.chassis import inbox
from services.chassis.consumer import ReceivedEvent
from services.chassis.database import Database
from tests.service.chassis.data.effects import Effects


def _event() -> ReceivedEvent:
    return ReceivedEvent(uuid.uuid4(), uuid.uuid4(), 1, None)


async def test_events_are_new_once_for_each_consumer(pool: Database) -> None:
    """G3."""
    first, second, third = _event(), _event(), _event()
    async with pool.transaction() as connection:
        assert await inbox.claim(connection, "a", [second, first, second]) == [second, first]
    async with pool.transaction() as connection:
        assert await inbox.claim(connection, "a", [first, third, second]) == [third]
        assert await inbox.claim(connection, "b", [first]) == [first]


async def test_a_claim_that_fails_is_no_claim(pool: Database) -> None:
    """F8: killed before the commit, the event comes again and is new."""
    event = _event()

    async def fail() -> None:
        async with pool.transaction() as connection:
            assert await inbox.claim(connection, "a", [event]) == [event]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with pool.transaction() as connection:
        assert await inbox.claim(connection, "a", [event]) == [event]


async def test_replicas_with_the_same_events_have_one_effect_each(pool: Database) -> None:
    """F13: overlapping batches in opposite orders, at once: no deadlock, one effect."""
    events = [_event() for _ in range(50)]
    effects = Effects(pool)
    await asyncio.gather(
        *(effects.handle(batch) for batch in [events, events[::-1], events[10:], events[:40]] * 3)
    )
    versions = await effects.versions()
    assert sum(map(len, versions.values())) == 50
