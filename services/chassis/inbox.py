"""Events heard: the id goes in with the effect, which happens once however often the event comes (G3)."""

from collections.abc import Sequence

from services.chassis.database import Connection
from services.chassis.received_event import ReceivedEvent


async def claim(
    connection: Connection, consumer: str, events: Sequence[ReceivedEvent]
) -> list[ReceivedEvent]:
    """Return the events `consumer` has not had before, in their order; the effect goes in this transaction.

    Waits for another transaction that claims the same event, and returns the event if that one fails.
    """
    # In one order for all, so that two replicas with the same events do not wait for each other in a circle.
    ids = sorted({event.event_id for event in events})
    rows = await connection.fetch(_CLAIM, consumer, ids)
    fresh = {row["event_id"] for row in rows}
    claimed = []
    for event in events:
        if event.event_id in fresh:
            fresh.remove(event.event_id)
            claimed.append(event)
    return claimed


_CLAIM = """
INSERT INTO chassis.inbox (consumer, event_id)
SELECT $1, event_id FROM unnest($2::uuid[]) AS e (event_id)
    ON CONFLICT DO NOTHING
RETURNING event_id
"""
