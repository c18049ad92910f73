"""The statements of children: their records, hashed keys and locks. Those of other nouns stand in `<noun>_store`.

Callers hold the transaction; a `Connection` is the first argument.

Whoever changes anything of a child locks the child's row first (`advance_child`), and several children in the order of
their ids: so writers wait for each other and never in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    connection: Connection,
    local_key_hashes: Sequence[bytes],
    keys: Mapping[int, str],
    identifiers: Iterable[bytes],
) -> list[SealedRecord]:
    """All records of every child that shares a key (visible or not) or an identifier, or has this local key.

    `keys` has hashes with their versions: a child counts by the version of which it shares most. Hidden hits take
    nobody's place: there is room of their own for them.
    """
    rows = await connection.fetch(
        _FIND_FOR_REGISTRATION, local_key_hashes, list(keys), list(identifiers), MOST_MET, list(keys.values())
    )
    return [replace(sealed_record(row), seen=row["seen"]) for row in rows]


async def records_of(connection: Connection, child_id: UUID) -> list[SealedRecord]:
    """The records of one child; empty if there is no such child."""
    return [sealed_record(row) for row in await connection.fetch(_RECORDS_OF, child_id)]


async def child_of_local_key(connection: Connection, local_key_hashes: Sequence[bytes]) -> UUID | None:
    """The child a local key, by any of its hashes, belongs to."""
    found: UUID | None = await connection.fetchval(_CHILD_OF_LOCAL_KEY, local_key_hashes)
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
    local_key_version: str,
    sealed_facts: bytes,
    model_version: str,
    look_alike: bool,
    key_versions: Sequence[str],
) -> None:
    """Add a source record, or replace what it says; it stays with its child, as the model decided that first took it.

    It is to have its keys of `key_versions`, in so far as records have those now; the first record of all begins them.
    """
    await connection.execute(
        _SAVE_RECORD,
        record_id,
        child_id,
        organisation_id,
        local_key_hash,
        sealed_facts,
        model_version,
        look_alike,
        local_key_version,
        key_versions,
    )


async def save_keys(
    connection: Connection,
    record_id: UUID,
    child_id: UUID,
    *,
    keys: Mapping[int, str],
    identifiers: Mapping[bytes, str],
    veil: Mapping[int, str] | None,
    look_alike: bool,
    proposed: Sequence[UUID],
    model_version: str,
    key_versions: Sequence[str],
) -> bool:
    """Make these the hashed keys and identifiers of a record, and ask people whether the child is one of `proposed`.

    All hashes with their versions, which are among `key_versions`. False, and nothing of it may stay, if there is a
    complete version that is not: the record would have no keys by which others are looked up.

    `veil` has the keys of what is visible of a veiled child, to which all its records' visible keys are then confined;
    None leaves those of the other records as they are. A look-alike's keys are hidden, and an officer is to decide.
    One statement whatever is to be done, so that the time it takes tells nothing (DESIGN 5 no. 8).
    """
    visible = veil or {}
    current: bool = await connection.fetchval(
        _SAVE_KEYS,
        record_id,
        child_id,
        list(keys),
        list(identifiers),
        list(visible),
        veil is not None,
        look_alike,
        proposed,
        model_version,
        list(keys.values()),
        list(identifiers.values()),
        list(visible.values()),
        key_versions,
    )
    return current


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
WITH shared_by_version AS (
    SELECT k.child_id, count(DISTINCT k.key) AS keys, count(DISTINCT k.key) FILTER (WHERE k.visible) AS visible_keys
      FROM unnest($2::bigint[], $5::text[]) AS q (key, version)
      JOIN child_key AS k ON k.key = q.key
     GROUP BY k.child_id, q.version
), shared AS (
    SELECT child_id, max(keys) AS keys, max(visible_keys) AS visible_keys FROM shared_by_version GROUP BY child_id
), met AS (
    (SELECT child_id, true AS seen FROM shared WHERE visible_keys > 0
      ORDER BY visible_keys DESC, child_id LIMIT $4)
     UNION ALL
    (SELECT child_id, false FROM shared WHERE keys > visible_keys ORDER BY keys DESC, child_id LIMIT $4)
     UNION ALL SELECT child_id, false FROM identifier WHERE hash = ANY($3::bytea[])
     UNION ALL SELECT child_id, false FROM source_record WHERE local_key_hash = ANY($1::bytea[])
), found AS (
    SELECT child_id, bool_or(seen) AS seen FROM met GROUP BY child_id
)
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       r.local_key_hash = ANY($1::bytea[]) AS own, c.shielded, r.look_alike,
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

_CHILD_OF_LOCAL_KEY = "SELECT child_id FROM source_record WHERE local_key_hash = ANY($1::bytea[])"

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
WITH begun AS (
    INSERT INTO key_version (version, complete)
    SELECT version, true FROM unnest($9::text[]) AS v (version) WHERE NOT EXISTS (SELECT FROM key_version)
        ON CONFLICT DO NOTHING
    RETURNING version
)
INSERT INTO source_record (id, child_id, organisation_id, local_key_hash, sealed_facts, model_version, look_alike,
                           local_key_version, key_versions)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
        ARRAY(SELECT version FROM begun UNION SELECT version FROM key_version WHERE version = ANY($9::text[])))
    ON CONFLICT (id) DO UPDATE
   SET local_key_hash = excluded.local_key_hash, local_key_version = excluded.local_key_version,
       sealed_facts = excluded.sealed_facts, look_alike = excluded.look_alike, update_time = now(),
       key_versions = excluded.key_versions
"""

_SAVE_KEYS = """
WITH wanted AS (
    SELECT version FROM key_version WHERE version = ANY($13::text[])
), gone_keys AS (
    DELETE FROM child_key WHERE source_record_id = $1 AND key <> ALL($3::bigint[] || $5::bigint[])
), gone_identifiers AS (
    DELETE FROM identifier WHERE source_record_id = $1 AND hash <> ALL($4::bytea[])
), new_identifiers AS (
    INSERT INTO identifier (hash, source_record_id, child_id, version)
    SELECT hash, $1, $2, version FROM unnest($4::bytea[], $11::text[]) AS h (hash, version) JOIN wanted USING (version)
        ON CONFLICT DO NOTHING
), veiled AS (
    UPDATE child_key SET visible = (key = ANY($5::bigint[]))
     WHERE $6 AND source_record_id IN (SELECT id FROM source_record WHERE child_id = $2 AND id <> $1)
       AND visible <> (key = ANY($5::bigint[]))
), unfinished AS (
    UPDATE source_record SET key_versions = ARRAY(SELECT unnest(key_versions) INTERSECT SELECT unnest($13::text[]))
     WHERE $6 AND child_id = $2 AND id <> $1 AND NOT key_versions <@ $13::text[]
), asked AS (
    INSERT INTO match_proposal (child_id, other_child_id, model_version)
    SELECT least($2, other), greatest($2, other), $9 FROM unnest($8::uuid[]) AS o (other)
        ON CONFLICT DO NOTHING
), queued AS (
    INSERT INTO shield (child_id, state) SELECT $2, 1 WHERE $7
        ON CONFLICT (child_id) DO UPDATE SET state = 1, create_time = now(), update_time = now()
         WHERE shield.state = 3
), kept AS (
    INSERT INTO child_key (key, source_record_id, child_id, visible, version)
    SELECT key, $1, $2, CASE WHEN $6 THEN key = ANY($5::bigint[]) ELSE NOT $7 END, version
      FROM (SELECT * FROM unnest($3::bigint[], $10::text[])
             UNION SELECT * FROM unnest($5::bigint[], $12::text[])) AS k (key, version)
      JOIN wanted USING (version)
        ON CONFLICT (key, source_record_id) DO UPDATE
       SET visible = excluded.visible WHERE child_key.visible <> excluded.visible
)
SELECT NOT EXISTS (SELECT FROM key_version WHERE complete AND version <> ALL($13::text[]))
"""
