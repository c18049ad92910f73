"""The statements of involvements: who works with a child, now and before.

Whoever changes one has locked the child's row first (`store.advance_child`); the marking for review locks by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.chassis.database import Connection


@dataclass(frozen=True, slots=True)
class StoredInvolvement:
    """A row of `involvement`."""

    id: UUID
    child_id: UUID
    organisation_id: UUID
    service_id: UUID
    practitioner_id: UUID | None
    role: str
    regarding: int
    sensitive: bool
    consent_id: UUID | None
    ground: int | None
    start_date: date
    end_date: date | None
    review_due: bool
    late: bool = False
    """Whether it was recorded while the child was shielded or a look-alike, and the child is so still."""


async def record_involvement(connection: Connection, involvement: StoredInvolvement) -> UUID:
    """Record an involvement and return its id.

    An active one of the same service and practitioner is not recorded twice: a feed may send it every night.
    """
    found: UUID = await connection.fetchval(
        _RECORD_INVOLVEMENT,
        involvement.id,
        involvement.child_id,
        involvement.organisation_id,
        involvement.service_id,
        involvement.practitioner_id,
        involvement.role,
        involvement.regarding,
        involvement.sensitive,
        involvement.consent_id,
        involvement.ground,
        involvement.start_date,
        involvement.end_date,
    )
    return found


async def own_involvement(
    connection: Connection, involvement_id: UUID, organisation_id: UUID
) -> StoredInvolvement | None:
    """An involvement of the organisation."""
    row = await connection.fetchrow(_OWN_INVOLVEMENT, involvement_id, organisation_id)
    return None if row is None else StoredInvolvement(**dict(row))


async def end_involvement(connection: Connection, involvement_id: UUID, end_date: date) -> None:
    """End an involvement; it stays."""
    await connection.execute(_END_INVOLVEMENT, involvement_id, end_date)


async def involvements_of(connection: Connection, child_id: UUID) -> list[StoredInvolvement]:
    """The involvements of a child: current ones first, then those that ended last."""
    return [StoredInvolvement(**dict(row)) for row in await connection.fetch(_INVOLVEMENTS_OF, child_id)]


async def mark_practitioners(connection: Connection, practitioner_ids: Sequence[UUID]) -> list[UUID]:
    """Mark the active involvements of practitioners for review; return the children, each once."""
    await connection.execute(_LOCK_CHILDREN_OF_PRACTITIONERS, practitioner_ids)
    rows = await connection.fetch(_MARK_PRACTITIONERS, practitioner_ids)
    return sorted({row["child_id"] for row in rows})


async def mark_consent_withdrawn(connection: Connection, consent_ids: Sequence[UUID]) -> list[UUID]:
    """Mark the involvements that rest on consents for review; return the children, each once."""
    await connection.execute(_LOCK_CHILDREN_OF_CONSENTS, consent_ids)
    rows = await connection.fetch(_MARK_CONSENT_WITHDRAWN, consent_ids)
    return sorted({row["child_id"] for row in rows})


_RECORD_INVOLVEMENT = """
WITH known AS (
    SELECT id FROM involvement
     WHERE child_id = $2 AND organisation_id = $3 AND service_id = $4
       AND practitioner_id IS NOT DISTINCT FROM $5 AND regarding = $7
       AND end_date IS NULL AND $12::date IS NULL
     LIMIT 1
), added AS (
    INSERT INTO involvement (id, child_id, organisation_id, service_id, practitioner_id, role, regarding,
                             sensitive, consent_id, ground, start_date, end_date)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
     WHERE NOT EXISTS (SELECT FROM known)
    RETURNING id
), confirmed AS (
    UPDATE involvement SET role = $6, consent_id = $9, ground = $10, review_due = false, update_time = now()
     WHERE id = (SELECT id FROM known)
)
SELECT id FROM known UNION ALL SELECT id FROM added
"""

_OWN_INVOLVEMENT = """
SELECT id, child_id, organisation_id, service_id, practitioner_id, role, regarding, sensitive,
       consent_id, ground, start_date, end_date, review_due
  FROM involvement
 WHERE id = $1 AND organisation_id = $2
"""

_END_INVOLVEMENT = "UPDATE involvement SET end_date = $2, update_time = now() WHERE id = $1"

_INVOLVEMENTS_OF = """
SELECT id, child_id, organisation_id, service_id, practitioner_id, role, regarding, sensitive,
       consent_id, ground, start_date, end_date, review_due,
       EXISTS (SELECT FROM shield AS s
                WHERE s.child_id = $1 AND s.state <> 3 AND s.create_time < involvement.create_time) AS late
  FROM involvement
 WHERE child_id = $1
 ORDER BY end_date DESC NULLS FIRST, start_date DESC, id
"""

_LOCK_CHILDREN_OF_PRACTITIONERS = """
SELECT id FROM child
 WHERE id IN (SELECT child_id FROM involvement WHERE practitioner_id = ANY($1::uuid[]) AND end_date IS NULL)
 ORDER BY id
   FOR UPDATE
"""

_LOCK_CHILDREN_OF_CONSENTS = """
SELECT id FROM child
 WHERE id IN (SELECT child_id FROM involvement WHERE consent_id = ANY($1::uuid[]))
 ORDER BY id
   FOR UPDATE
"""

_MARK_PRACTITIONERS = """
UPDATE involvement SET review_due = true, update_time = now()
 WHERE practitioner_id = ANY($1::uuid[]) AND end_date IS NULL AND NOT review_due
RETURNING child_id
"""

_MARK_CONSENT_WITHDRAWN = """
UPDATE involvement SET review_due = true, update_time = now()
 WHERE consent_id = ANY($1::uuid[]) AND NOT review_due
RETURNING child_id
"""
