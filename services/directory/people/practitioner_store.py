"""Every statement about practitioners and their absences. The caller owns the transaction."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from kith.directory.v1.directory_pb2 import Service
from services.chassis.database import Connection
from services.directory.people.absence import Absence
from services.directory.people.practitioner import Post, Practitioner, Training


async def add(connection: Connection, practitioners: Sequence[Practitioner]) -> None:
    """Insert practitioners; the service of each must exist, and says of which organisation they are."""
    await connection.executemany(_ADD, [(one.id, *_values(one)) for one in practitioners])


async def save(connection: Connection, practitioners: Sequence[Practitioner]) -> None:
    """Store practitioners who are locked."""
    await connection.executemany(_SAVE, [(one.id, *_values(one)) for one in practitioners])


async def lock(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Practitioner]:
    """Return those of the practitioners that exist, to be changed in this transaction by nobody else.

    In the order of their ids, as everybody who locks several does. Read in a statement of its own: joined to the
    service that they were in before the wait, those who have just moved would be missing.
    """
    await connection.execute(_LOCK, list(ids))
    return await found(connection, ids)


async def found(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Practitioner]:
    """Return those of the practitioners that exist."""
    return {row["id"]: _practitioner(dict(row)) for row in await connection.fetch(_FOUND, list(ids))}


async def replace_posts(connection: Connection, practitioner_id: UUID, posts: Sequence[Post]) -> None:
    """Store in which further services a practitioner works."""
    await connection.execute("DELETE FROM further_post WHERE practitioner_id = $1", practitioner_id)
    await connection.executemany(
        _ADD_POST, [(practitioner_id, one.service_id, one.team_id, one.role) for one in posts]
    )


async def drop_post(connection: Connection, practitioner_id: UUID, service_id: UUID) -> None:
    """Store that a practitioner does not work in a service beside the main one."""
    await connection.execute(
        "DELETE FROM further_post WHERE practitioner_id = $1 AND service_id = $2", practitioner_id, service_id
    )


async def services(connection: Connection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the organisation of each of the services that exist."""
    rows = await connection.fetch(
        "SELECT id, organisation_id FROM service WHERE id = ANY($1::uuid[])", list(ids)
    )
    return {row["id"]: row["organisation_id"] for row in rows}


async def kinds(connection: Connection, service_ids: Collection[UUID]) -> dict[str, Service.Kind]:
    """Return the kind of each of the services that exist, by the text of its id."""
    rows = await connection.fetch(
        "SELECT id, kind FROM service WHERE id = ANY($1::uuid[])", list(service_ids)
    )
    return {str(row["id"]): row["kind"] for row in rows}


async def teams(connection: Connection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the organisation of each of the teams that exist."""
    rows = await connection.fetch(
        "SELECT id, organisation_id FROM team WHERE id = ANY($1::uuid[])", list(ids)
    )
    return {row["id"]: row["organisation_id"] for row in rows}


async def ids_by_name(
    connection: Connection, organisation_id: UUID, after: UUID | None, limit: int, *, include_left: bool
) -> list[UUID]:
    """Return the ids of at most `limit` practitioners of an organisation, those after `after` by name."""
    rows = await connection.fetch(_IDS_BY_NAME, organisation_id, after, limit, include_left)
    return [row["id"] for row in rows]


async def assessor_ids(
    connection: Connection, organisation_id: UUID, today: date, after: UUID | None, limit: int
) -> list[UUID]:
    """Return the ids of at most `limit` practitioners whose training counts today, those after `after` by name."""
    rows = await connection.fetch(_ASSESSOR_IDS, organisation_id, after, limit, today)
    return [row["id"] for row in rows]


async def add_absence(connection: Connection, absence: Absence) -> None:
    """Insert an absence."""
    await connection.execute(
        _ADD_ABSENCE,
        absence.id,
        absence.practitioner_id,
        absence.start_date,
        absence.end_date,
        absence.cover_practitioner_id,
    )


async def absences_ahead(connection: Connection, practitioner_id: UUID, today: date) -> int:
    """Return how many absences of a locked practitioner are not over."""
    number: int = await connection.fetchval(_ABSENCES_AHEAD, practitioner_id, today)
    return number


async def lock_absence(connection: Connection, absence_id: UUID, today: date) -> Absence | None:
    """Return an absence that is not over, to be changed by nobody else."""
    row = await connection.fetchrow(_LOCK_ABSENCE, absence_id, today)
    return None if row is None else Absence(**dict(row))


async def end_absence(connection: Connection, absence_id: UUID, end_date: date) -> None:
    """Store the last day of an absence."""
    await connection.execute("UPDATE absence SET end_date = $2 WHERE id = $1", absence_id, end_date)


async def drop_absence(connection: Connection, absence_id: UUID) -> None:
    """Delete an absence."""
    await connection.execute("DELETE FROM absence WHERE id = $1", absence_id)


async def absences(
    connection: Connection,
    organisation_id: UUID | None,
    practitioner_id: UUID | None,
    today: date,
    after: UUID | None,
    limit: int,
) -> list[Absence]:
    """Return at most `limit` absences at an organisation that are not over, those after `after`; of none, none."""
    rows = await connection.fetch(_ABSENCES, organisation_id, practitioner_id, today, after, limit)
    return [Absence(**dict(row)) for row in rows]


async def sweep_absences(connection: Connection, before: date, limit: int) -> int:
    """Delete at most `limit` absences that ended before a day; returns how many."""
    done: str = await connection.execute(_SWEEP_ABSENCES, before, limit)
    return int(done.removeprefix("DELETE "))


def _values(one: Practitioner) -> tuple[object, ...]:
    return (
        one.service_id,
        one.team_id,
        one.display_name,
        one.job_title,
        one.role,
        one.engagement,
        one.phone,
        one.email,
        one.state,
        one.training.day if one.training else None,
        one.training.lapse if one.training else None,
        one.version,
        one.update_time,
    )


def _practitioner(values: dict[str, Any]) -> Practitioner:
    day, lapse = values.pop("training_date"), values.pop("lapse_date")
    return Practitioner(**values, training=Training(day, lapse) if day else None)


_ADD = """
INSERT INTO practitioner (id, service_id, team_id, display_name, job_title, role, engagement, phone, email, state,
                          training_date, lapse_date, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""

_SAVE = """
UPDATE practitioner
   SET service_id = $2, team_id = $3, display_name = $4, job_title = $5, role = $6, engagement = $7, phone = $8,
       email = $9, state = $10, training_date = $11, lapse_date = $12, version = $13, update_time = $14
 WHERE id = $1
"""

_LOCK = "SELECT id FROM practitioner WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"

_FOUND = """
SELECT p.id, s.organisation_id, p.service_id, p.team_id, p.display_name, p.job_title, p.role, p.engagement, p.phone,
       p.email, p.state, p.training_date, p.lapse_date, p.version, p.update_time
  FROM practitioner AS p
  JOIN service AS s ON s.id = p.service_id
 WHERE p.id = ANY($1::uuid[])
"""

_ADD_POST = "INSERT INTO further_post (practitioner_id, service_id, team_id, role) VALUES ($1, $2, $3, $4)"

# A page begins after a practitioner and not after a name: of equal names none is lost, and a token names nobody.
_IDS_BY_NAME = """
SELECT p.id
  FROM practitioner AS p
  JOIN service AS s ON s.id = p.service_id
 WHERE s.organisation_id = $1
   AND ($2::uuid IS NULL
        OR (lower(p.display_name), p.id) > (SELECT lower(display_name), id FROM practitioner WHERE id = $2))
   AND ($4 OR p.state = 1)
 ORDER BY lower(p.display_name), p.id
 LIMIT $3
"""

_ASSESSOR_IDS = """
SELECT p.id
  FROM practitioner AS p
  JOIN service AS s ON s.id = p.service_id
 WHERE s.organisation_id = $1
   AND ($2::uuid IS NULL
        OR (lower(p.display_name), p.id) > (SELECT lower(display_name), id FROM practitioner WHERE id = $2))
   AND p.state = 1
   AND p.lapse_date >= $4
 ORDER BY lower(p.display_name), p.id
 LIMIT $3
"""

_ADD_ABSENCE = """
INSERT INTO absence (id, practitioner_id, start_date, end_date, cover_practitioner_id)
VALUES ($1, $2, $3, $4, $5)
"""

_ABSENCES_AHEAD = """
SELECT count(*) FROM absence WHERE practitioner_id = $1 AND (end_date IS NULL OR end_date >= $2)
"""

_LOCK_ABSENCE = """
SELECT id, practitioner_id, start_date, end_date, cover_practitioner_id
  FROM absence
 WHERE id = $1 AND (end_date IS NULL OR end_date >= $2)
   FOR UPDATE
"""

_ABSENCES = """
SELECT a.id, a.practitioner_id, a.start_date, a.end_date, a.cover_practitioner_id
  FROM absence AS a
  JOIN practitioner AS p ON p.id = a.practitioner_id
  JOIN service AS s ON s.id = p.service_id
 WHERE s.organisation_id = $1
   AND ($2::uuid IS NULL OR a.practitioner_id = $2)
   AND (a.end_date IS NULL OR a.end_date >= $3)
   AND ($4::uuid IS NULL OR (a.start_date, a.id) > (SELECT start_date, id FROM absence WHERE id = $4))
 ORDER BY a.start_date, a.id
 LIMIT $5
"""

_SWEEP_ABSENCES = """
DELETE FROM absence WHERE id IN (SELECT id FROM absence WHERE end_date < $1 ORDER BY end_date LIMIT $2)
"""
