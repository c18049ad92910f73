"""The statements of children: their records, hashed keys and locks. Those of other nouns stand in `<noun>_store`.

Callers hold the transaction; a `Connection` is the first argument.

Whoever changes anything of a child locks the child's row first (`advance_child`), and several children in the order of
their ids: so writers wait for each other and never in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.chassis.seal import Sealed, WrappedKey

MOST_MET = 100
"""Children opened for a registration, of those that share visible keys, and again of those that share hidden ones."""


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A source record as stored, with what is needed to open it."""

    sealed: Sealed
    organisation_id: UUID
    update_time: datetime
    own: bool
    """Whether it is the record that the caller's own local key names."""
    shielded: bool = False
    """Whether a shield is on the child."""
    look_alike: bool = False
    """Whether the record may be of a shielded child (DESIGN 5 no. 8)."""
    shown: bool = False
    """Whether it is the one whose name and date of birth are shown of a shielded child."""
    seen: bool = True
    """Whether a visible key led to the child; in a registration hidden keys and identifiers do too."""


async def lock(connection: Connection, keys: Iterable[int]) -> None:
    """Take transaction locks on 64-bit keys, in order, in a statement of its own.

    Only the statement after this one sees what the last holder of a lock committed: with the lock inside the lookup,
    ten concurrent registrations made ten children (DESIGN 5 no. 11). Registrations share a lock that whoever shields a
    child or lifts a shield holds alone: while one is under way, nobody's keys change from visible to hidden or back.
    """
    await connection.execute(_LOCK, sorted(set(keys)))


async def lock_shields(connection: Connection) -> None:
    """Wait until no registration is under way, and keep others waiting: before any other lock of the transaction."""
    await connection.execute(_LOCK_SHIELDS)


async def find_for_registration(
    connection: Connection, local_key_hash: bytes, keys: Sequence[int], identifiers: Sequence[bytes]
) -> list[SealedRecord]:
    """All records of every child that shares a key (visible or not) or an identifier, or has this local key.

    Hidden hits take nobody's place: there is room of their own for them.
    """
    rows = await connection.fetch(_FIND_FOR_REGISTRATION, local_key_hash, keys, identifiers, MOST_MET)
    return [replace(sealed_record(row), seen=row["seen"]) for row in rows]


async def records_of(connection: Connection, child_id: UUID) -> list[SealedRecord]:
    """The records of one child; empty if there is no such child."""
    return [sealed_record(row) for row in await connection.fetch(_RECORDS_OF, child_id)]


async def child_of_local_key(connection: Connection, local_key_hash: bytes) -> UUID | None:
    """The child a local key belongs to."""
    found: UUID | None = await connection.fetchval(_CHILD_OF_LOCAL_KEY, local_key_hash)
    return found


async def create_child(connection: Connection, child_id: UUID, wrapped_key: bytes, version: int) -> None:
    """Add a child at `version`."""
    await connection.execute(_CREATE_CHILD, child_id, version, wrapped_key)


async def advance_child(connection: Connection, child_id: UUID, by: int) -> int | None:
    """Lock the child's row, raise its version by the number of events and return it; None if there is no such child."""
    version: int | None = await connection.fetchval(_ADVANCE_CHILD, child_id, by)
    return version


async def is_hidden(connection: Connection, child_id: UUID, organisation_id: UUID) -> bool:
    """Whether a shield keeps from the organisation what others recorded: all but its own, or all (`shield.sight`)."""
    hidden: bool = await connection.fetchval(_IS_HIDDEN, child_id, organisation_id)
    return hidden


async def save_record(
    connection: Connection,
    *,
    record_id: UUID,
    child_id: UUID,
    organisation_id: UUID,
    local_key_hash: bytes,
    sealed_facts: bytes,
    model_version: str,
    look_alike: bool,
) -> None:
    """Add a source record, or replace what it says; it stays with its child."""
    await connection.execute(
        _SAVE_RECORD,
        record_id,
        child_id,
        organisation_id,
        local_key_hash,
        sealed_facts,
        model_version,
        look_alike,
    )


async def save_keys(
    connection: Connection,
    record_id: UUID,
    child_id: UUID,
    *,
    keys: Sequence[int],
    identifiers: Sequence[bytes],
    veil: Sequence[int] | None,
    look_alike: bool,
    proposed: Sequence[UUID],
    model_version: str,
) -> None:
    """Make these the hashed keys and identifiers of a record, and ask people whether the child is one of `proposed`.

    `veil` has the keys of what is visible of a veiled child, to which all its records' visible keys are then confined;
    None leaves those of the other records as they are. A look-alike's keys are hidden, and an officer is to decide.
    One statement whatever is to be done, so that the time it takes tells nothing (DESIGN 5 no. 8).
    """
    await connection.execute(
        _SAVE_KEYS,
        record_id,
        child_id,
        keys,
        identifiers,
        [] if veil is None else veil,
        veil is not None,
        look_alike,
        proposed,
        model_version,
    )


def sealed_record(row: asyncpg.Record) -> SealedRecord:
    """A row that has the child's key and the record."""
    sealed = Sealed(row["child_id"], row["record_id"], WrappedKey(row["wrapped_key"]), row["sealed_facts"])
    return SealedRecord(
        sealed,
        row["organisation_id"],
        row["update_time"],
        row["own"],
        row["shielded"],
        row["look_alike"],
        row["shown"],
    )


# Two numbers are another space than one: no key is (7, 8).
_LOCK = """
WITH shields AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(7, 8))
SELECT pg_advisory_xact_lock(k.key) FROM shields, unnest($1::bigint[]) AS k (key)
"""

_LOCK_SHIELDS = "SELECT pg_advisory_xact_lock(7, 8)"

_FIND_FOR_REGISTRATION = """
WITH shared AS (
    SELECT child_id, count(DISTINCT key) AS keys, count(DISTINCT key) FILTER (WHERE visible) AS visible_keys
      FROM child_key WHERE key = ANY($2::bigint[]) GROUP BY child_id
), met AS (
    (SELECT child_id, true AS seen FROM shared WHERE visible_keys > 0
      ORDER BY visible_keys DESC, child_id LIMIT $4)
     UNION ALL
    (SELECT child_id, false FROM shared WHERE keys > visible_keys ORDER BY keys DESC, child_id LIMIT $4)
     UNION ALL SELECT child_id, false FROM identifier WHERE hash = ANY($3::bytea[])
     UNION ALL SELECT child_id, false FROM source_record WHERE local_key_hash = $1
), found AS (
    SELECT child_id, bool_or(seen) AS seen FROM met GROUP BY child_id
)
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       r.local_key_hash = $1 AS own, c.shielded, r.look_alike,
       c.shielded AND r.id IS NOT DISTINCT FROM c.shown_record_id AS shown, found.seen
  FROM found
  JOIN child AS c ON c.id = found.child_id
  JOIN source_record AS r ON r.child_id = c.id
"""

_RECORDS_OF = """
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       false AS own, c.shielded, r.look_alike,
       c.shielded AND r.id IS NOT DISTINCT FROM c.shown_record_id AS shown
  FROM child AS c
  JOIN source_record AS r ON r.child_id = c.id
 WHERE c.id = $1
"""

_CHILD_OF_LOCAL_KEY = "SELECT child_id FROM source_record WHERE local_key_hash = $1"

_CREATE_CHILD = "INSERT INTO child (id, version, wrapped_key) VALUES ($1, $2, $3)"

_ADVANCE_CHILD = """
UPDATE child SET version = version + $2, update_time = now() WHERE id = $1 RETURNING version
"""

_IS_HIDDEN = """
SELECT shielded OR NOT EXISTS (
           SELECT FROM source_record WHERE child_id = $1 AND (NOT look_alike OR organisation_id = $2))
  FROM child WHERE id = $1
"""

_SAVE_RECORD = """
INSERT INTO source_record (id, child_id, organisation_id, local_key_hash, sealed_facts, model_version, look_alike)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (id) DO UPDATE
   SET sealed_facts = excluded.sealed_facts, model_version = excluded.model_version,
       look_alike = excluded.look_alike, update_time = now()
"""

_SAVE_KEYS = """
WITH gone_keys AS (
    DELETE FROM child_key WHERE source_record_id = $1 AND key <> ALL($3::bigint[] || $5::bigint[])
), gone_identifiers AS (
    DELETE FROM identifier WHERE source_record_id = $1 AND hash <> ALL($4::bytea[])
), new_identifiers AS (
    INSERT INTO identifier (hash, source_record_id, child_id)
    SELECT hash, $1, $2 FROM unnest($4::bytea[]) AS h (hash)
        ON CONFLICT DO NOTHING
), veiled AS (
    UPDATE child_key SET visible = (key = ANY($5::bigint[]))
     WHERE $6 AND source_record_id IN (SELECT id FROM source_record WHERE child_id = $2 AND id <> $1)
       AND visible <> (key = ANY($5::bigint[]))
), asked AS (
    INSERT INTO match_proposal (child_id, other_child_id, model_version)
    SELECT least($2, other), greatest($2, other), $9 FROM unnest($8::uuid[]) AS o (other)
        ON CONFLICT DO NOTHING
), queued AS (
    INSERT INTO shield (child_id, state) SELECT $2, 1 WHERE $7
        ON CONFLICT (child_id) DO UPDATE SET state = 1, create_time = now(), update_time = now()
         WHERE shield.state = 3
)
INSERT INTO child_key (key, source_record_id, child_id, visible)
SELECT key, $1, $2, CASE WHEN $6 THEN key = ANY($5::bigint[]) ELSE NOT $7 END
  FROM (SELECT unnest($3::bigint[]) UNION SELECT unnest($5::bigint[])) AS k (key)
    ON CONFLICT (key, source_record_id) DO UPDATE
   SET visible = excluded.visible WHERE child_key.visible <> excluded.visible
"""
