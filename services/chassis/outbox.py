"""Events written in the transaction of the change they tell of, published afterwards (DESIGN 5 no. 14, 15).

The writer holds the lock of the row that `key` names, so events of one key get their positions in commit
order. The relay publishes in that order and marks; a crash between the two publishes twice, never nothing
(F4). Kafka wakes the consumers but is not the truth: `list_changes` is, for 30 days.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.chassis import incoming
from services.chassis.database import Connection
from services.chassis.errors import InvalidArgument
from services.chassis.relay import Relay

__all__ = ["Changes", "Event", "Relay", "held_back_seconds", "list_changes", "write"]

_MOST = 1000
_TOKEN = re.compile(r"(\d{1,19})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Event:
    """One event: ids only, no personal data.

    `version` is that of the thing `key` names, and grows by one with each of its events.
    """

    event_id: UUID
    key: UUID
    version: int
    payload: bytes
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of events, the token that continues after it, and whether there is more now."""

    events: list[Event]
    after: str
    more: bool


async def write(connection: Connection, events: Sequence[Event]) -> None:
    """Add the events, in order, to the caller's transaction, which holds the lock of each key's row.

    Events without a `traceparent` get that of the call being answered. Wake the relay after the commit.
    """
    if not events:
        return
    trace = incoming.traceparent()
    await connection.execute(
        _INSERT,
        [event.event_id for event in events],
        [event.key for event in events],
        [event.version for event in events],
        [event.payload for event in events],
        [event.traceparent or trace for event in events],
    )


async def list_changes(connection: Connection, after: str, limit: int) -> Changes:
    """Return at most `limit` (1 to 1000) events after the token, oldest first; "" starts at the beginning.

    Nothing that was committed is ever passed over, however late it commits: events wait until all
    transactions begun before theirs have ended (RELIABILITY finding 2). Events of one key come in the order
    of their versions. Events older than 30 days are gone. Raises InvalidArgument for a token that is not one.
    """
    transaction, position = _parse(after)
    limit = max(1, min(limit, _MOST))
    rows = await connection.fetch(_CHANGES, str(transaction), position, limit + 1)
    page = rows[:limit]
    events = [
        Event(row["event_id"], row["key"], row["version"], row["payload"], row["traceparent"]) for row in page
    ]
    if page:
        after = f"{page[-1]['transaction']}.{page[-1]['position']}"
    return Changes(events, after, more=len(rows) > limit)


async def held_back_seconds(connection: Connection) -> float | None:
    """How long ago the oldest event was written that is committed and that `list_changes` does not show yet.

    None if there is none. A transaction that is left open holds back all that commits after it began (F7): whoever
    asks for changes and gets none is not up to date then.
    """
    age: float | None = await connection.fetchval(_HELD_BACK)
    return age


def _parse(after: str) -> tuple[int, int]:
    """Return (transaction id, position) of a token."""
    if not after:
        return 0, 0
    token = _TOKEN.fullmatch(after)
    if token is None:
        raise InvalidArgument([("after", "is not a token of this list")])
    return int(token[1]), int(token[2])


# A transaction gets its id at its first write, which may be before it waits for the lock of the key's row:
# its id may then be lower than that of the one it waited for. An event therefore never stands before an
# earlier one of its key. Readers miss nothing by that: the place is never below the writer's own id, and is
# shown when all below it is over.
_INSERT = """
INSERT INTO chassis.outbox (transaction_id, event_id, key, version, payload, traceparent)
SELECT greatest(pg_current_xact_id(), earlier.transaction_id), e.event_id, e.key, e.version, e.payload,
e.traceparent
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[], $5::text[])
       WITH ORDINALITY AS e (event_id, key, version, payload, traceparent, ordinal)
  LEFT JOIN LATERAL (SELECT o.transaction_id FROM chassis.outbox AS o
                      WHERE o.key = e.key ORDER BY o.position DESC LIMIT 1) AS earlier ON true
 ORDER BY e.ordinal
"""

_CHANGES = """
SELECT transaction_id::text AS transaction, position, event_id, key, version, payload, traceparent
  FROM chassis.outbox
 WHERE (transaction_id, position) > ($1::text::xid8, $2::bigint)
   AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY transaction_id, position
 LIMIT $3
"""

_HELD_BACK = """
SELECT extract(epoch FROM now() - min(create_time))::float8
  FROM chassis.outbox
 WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())
"""
