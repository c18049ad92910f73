"""Every statement about enquiries and stale capacities. The caller owns the transaction."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.chassis.database import Connection
from services.directory.enquiries.enquiry import Enquiry


class Spent(NamedTuple):
    """How often was asked since some time, and whether the practitioner waits for the service."""

    by_practitioner: int
    by_organisation: int
    waiting: bool


async def take_turn(connection: Connection, organisation_id: UUID) -> None:
    """Wait until nobody else asks for this organisation: enquiries sent at once would each not see the others."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", str(organisation_id))


async def spent(connection: Connection, enquiry: Enquiry, day_ago: datetime, open_since: datetime) -> Spent:
    """Return what the asker has spent; whoever asks has taken its turn."""
    row = await connection.fetchrow(
        _SPENT, enquiry.organisation_id, enquiry.practitioner_id, enquiry.service_id, day_ago, open_since
    )
    return Spent(*row) if row is not None else Spent(0, 0, waiting=False)


async def add(connection: Connection, enquiry: Enquiry) -> None:
    """Insert an enquiry; service and practitioner must exist."""
    await connection.execute(_ADD, *astuple(enquiry))


async def lock_received(connection: Connection, enquiry_id: UUID, organisation_id: UUID) -> Enquiry | None:
    """Return an enquiry to a service of the organisation, to be changed by nobody else."""
    row = await connection.fetchrow(_LOCK_RECEIVED, enquiry_id, organisation_id)
    return None if row is None else Enquiry(**dict(row))


async def save(connection: Connection, enquiry: Enquiry) -> None:
    """Store where an enquiry that is locked stands."""
    await connection.execute(
        "UPDATE enquiry SET state = $2, decline_reason = $3, update_time = $4 WHERE id = $1",
        enquiry.id,
        enquiry.state,
        enquiry.decline_reason,
        enquiry.update_time,
    )


async def sent(
    connection: Connection,
    organisation_id: UUID | None,
    open_since: datetime | None,
    after: UUID | None,
    limit: int,
) -> list[Enquiry]:
    """Return at most `limit` enquiries by people of the organisation, those after `after`, newest first; of none, none.

    With `open_since` only those that are open and not older.
    """
    rows = await connection.fetch(_SENT, organisation_id, open_since, after, limit)
    return [Enquiry(**dict(row)) for row in rows]


async def received(
    connection: Connection,
    organisation_id: UUID | None,
    open_since: datetime | None,
    after: UUID | None,
    limit: int,
) -> list[Enquiry]:
    """Return at most `limit` enquiries to services of the organisation, as `sent`."""
    rows = await connection.fetch(_RECEIVED, organisation_id, open_since, after, limit)
    return [Enquiry(**dict(row)) for row in rows]


async def sweep(connection: Connection, before: datetime, limit: int) -> int:
    """Delete at most `limit` enquiries that were asked before a time; returns how many."""
    done: str = await connection.execute(_SWEEP, before, limit)
    return int(done.removeprefix("DELETE "))


async def stale_capacities(connection: Connection, before: datetime, limit: int) -> Sequence[UUID]:
    """Return at most `limit` entries whose capacity was last confirmed before a time."""
    rows = await connection.fetch(_STALE_CAPACITIES, before, limit)
    return [row["id"] for row in rows]


_SPENT = """
SELECT count(*) FILTER (WHERE practitioner_id = $2 AND create_time > $4),
       count(*) FILTER (WHERE create_time > $4),
       coalesce(bool_or(practitioner_id = $2 AND service_id = $3 AND state IN (1, 2) AND create_time > $5), false)
  FROM enquiry
 WHERE organisation_id = $1 AND create_time > least($4, $5)
"""

_ADD = """
INSERT INTO enquiry (id, service_id, practitioner_id, organisation_id, topic, preferred_time, channel, state,
                     decline_reason, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

_LOCK_RECEIVED = """
SELECT e.id, e.service_id, e.practitioner_id, e.organisation_id, e.topic, e.preferred_time, e.channel, e.state,
       e.decline_reason, e.create_time, e.update_time
  FROM enquiry AS e
  JOIN service AS s ON s.id = e.service_id
 WHERE e.id = $1 AND s.organisation_id = $2
   FOR UPDATE OF e
"""

_SENT = """
SELECT id, service_id, practitioner_id, organisation_id, topic, preferred_time, channel, state, decline_reason,
       create_time, update_time
  FROM enquiry
 WHERE organisation_id = $1
   AND ($2::timestamptz IS NULL OR state IN (1, 2) AND create_time > $2)
   AND ($3::uuid IS NULL OR (create_time, id) < (SELECT create_time, id FROM enquiry WHERE id = $3))
 ORDER BY create_time DESC, id DESC
 LIMIT $4
"""

_RECEIVED = """
SELECT e.id, e.service_id, e.practitioner_id, e.organisation_id, e.topic, e.preferred_time, e.channel, e.state,
       e.decline_reason, e.create_time, e.update_time
  FROM enquiry AS e
  JOIN service AS s ON s.id = e.service_id
 WHERE s.organisation_id = $1
   AND ($2::timestamptz IS NULL OR e.state IN (1, 2) AND e.create_time > $2)
   AND ($3::uuid IS NULL OR (e.create_time, e.id) < (SELECT create_time, id FROM enquiry WHERE id = $3))
 ORDER BY e.create_time DESC, e.id DESC
 LIMIT $4
"""

_SWEEP = "DELETE FROM enquiry WHERE id IN (SELECT id FROM enquiry WHERE create_time < $1 ORDER BY create_time LIMIT $2)"

_STALE_CAPACITIES = """
SELECT id FROM entry WHERE capacity IS NOT NULL AND capacity_time < $1 ORDER BY capacity_time LIMIT $2
"""
