"""Every statement about families, the keys of children and what restricts telling."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.database import Connection
from services.chassis.seal import WrappedKey
from services.consent.rules.records import Restriction


@dataclass(frozen=True, slots=True)
class SealedFamily:
    """What one organisation recorded about a child's family, as it is stored."""

    id: UUID
    child_id: UUID
    wrapped: WrappedKey
    sealed: bytes
    version: int
    update_time: datetime


async def child_key(connection: Connection, child_id: UUID, fresh: WrappedKey) -> WrappedKey:
    """Return the child's data key; `fresh` becomes it if there is none yet."""
    await connection.execute(_ADD_KEY, child_id, fresh)
    return WrappedKey(await connection.fetchval(_KEY, child_id))


async def family(connection: Connection, child_id: UUID, organisation_id: UUID) -> SealedFamily | None:
    """Return what the organisation recorded; None if nothing."""
    return _family(await connection.fetchrow(_FAMILY, child_id, organisation_id))


async def lock_family(connection: Connection, child_id: UUID, organisation_id: UUID) -> SealedFamily | None:
    """Return the same, to be changed in this transaction by nobody else, also where nothing is recorded yet."""
    await connection.execute(_LOCK, child_id, organisation_id)
    return await family(connection, child_id, organisation_id)


async def save_family(
    connection: Connection, stored: SealedFamily, organisation_id: UUID, subject: str, method: str
) -> None:
    """Store a new version of the family and keep it."""
    await connection.execute(
        _SAVE, stored.id, stored.child_id, organisation_id, stored.sealed, stored.version, stored.update_time
    )
    await connection.execute(
        _ADD_VERSION, stored.id, stored.version, stored.sealed, subject, method, stored.update_time
    )


async def save_restrictions(
    connection: Connection, child_id: UUID, organisation_id: UUID, restrictions: Collection[Restriction]
) -> None:
    """Put these in the place of what restricted telling by this organisation's record before."""
    await connection.execute(_DROP_RESTRICTIONS, child_id, organisation_id)
    await connection.executemany(
        _ADD_RESTRICTION,
        [
            (one.id, child_id, organisation_id, one.wish, list(one.people), one.start, one.end)
            for one in restrictions
        ],
    )


def _family(row: object) -> SealedFamily | None:
    return None if row is None else SealedFamily(**dict(row))  # type: ignore[call-overload] # a row of the driver


_ADD_KEY = "INSERT INTO child_key (child_id, wrapped_key) VALUES ($1, $2) ON CONFLICT DO NOTHING"

_KEY = "SELECT wrapped_key FROM child_key WHERE child_id = $1"

_FAMILY = """
SELECT f.id, f.child_id, k.wrapped_key AS wrapped, f.sealed, f.version, f.update_time
  FROM family AS f JOIN child_key AS k ON k.child_id = f.child_id
 WHERE f.child_id = $1 AND f.organisation_id = $2
"""

# The row is not there before the first version.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('family ' || $1::uuid || ' ' || $2::uuid, 0))"

_SAVE = """
INSERT INTO family (id, child_id, organisation_id, sealed, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (child_id, organisation_id) DO UPDATE
   SET sealed = excluded.sealed, version = excluded.version, update_time = excluded.update_time
"""

_ADD_VERSION = """
INSERT INTO family_version (family_id, version, sealed, subject, method, create_time)
VALUES ($1, $2, $3, $4, $5, $6)
"""

_DROP_RESTRICTIONS = "DELETE FROM restriction WHERE child_id = $1 AND organisation_id = $2"

_ADD_RESTRICTION = """
INSERT INTO restriction (id, child_id, organisation_id, wish, person_ids, start_date, end_date)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
