"""The statements of key versions, and of making keys anew. A `Connection` is the first argument."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.chassis.database import Connection
from services.child_index.child_keys import KeyRow
from services.child_index.store import SealedRecord, sealed_record

_LONG = 120.0
"""Seconds for a statement that reads all records once."""


async def known(connection: Connection) -> dict[str, bool]:
    """The versions that records are given, and whether every record has its keys of it; empty before the first one."""
    rows = await connection.fetch("SELECT version, complete FROM key_version")
    return {row["version"]: row["complete"] for row in rows}


async def begin(connection: Connection, versions: Sequence[str]) -> None:
    """From now on give records keys of these versions too."""
    await connection.execute(_BEGIN, versions)


async def complete(connection: Connection, versions: Sequence[str], made_here: Sequence[str]) -> bool:
    """Call these versions complete, and those incomplete that are not made here; False if a record lacks its keys.

    The caller's transaction holds `store.lock_shields`: nobody writes keys meanwhile.
    """
    if await connection.fetchval(_LACKING, versions, timeout=_LONG):
        return False
    await connection.execute(_COMPLETE, versions, made_here)
    return True


async def end_others(connection: Connection, versions: Sequence[str]) -> None:
    """From now on look nobody up by other versions, and give no record keys of them."""
    await connection.execute("DELETE FROM key_version WHERE version <> ALL($1::text[])", versions)


async def children_after(
    connection: Connection, after: UUID, versions: Sequence[str], limit: int
) -> list[tuple[UUID, bool]]:
    """The next children after an id, and whether a record of theirs lacks keys of these versions."""
    rows = await connection.fetch(_CHILDREN_AFTER, after, versions, limit)
    return [(row["id"], row["lacking"]) for row in rows]


async def lock_children(connection: Connection, child_ids: Sequence[UUID]) -> None:
    """Keep others from changing these children, and anybody from placing or lifting a shield."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared(7, 8)")
    await connection.execute(_LOCK_CHILDREN, child_ids)


async def records_of(connection: Connection, child_ids: Sequence[UUID]) -> list[SealedRecord]:
    """All records of some children."""
    return [sealed_record(row) for row in await connection.fetch(_RECORDS_OF, child_ids)]


async def add(
    connection: Connection,
    rows: Sequence[KeyRow],
    identifiers: Sequence[tuple[bytes, UUID, UUID, str]],
    record_ids: Sequence[UUID],
    versions: Sequence[str],
    shared_with: Sequence[str],
) -> None:
    """Give records their keys and identifiers (hash, record, child, version) of these versions beside what they have.

    Of the versions `shared_with` they lack afterwards what is the same hash.
    """
    await connection.execute(
        _ADD_KEYS,
        [row.key for row in rows],
        [row.record_id for row in rows],
        [row.child_id for row in rows],
        [row.visible for row in rows],
        [row.version for row in rows],
    )
    columns: list[list[object]] = [[one[column] for one in identifiers] for column in range(4)]
    await connection.execute(_ADD_IDENTIFIERS, *columns)
    await connection.execute(_MARK, record_ids, versions, shared_with)


async def remove_others(connection: Connection, child_ids: Sequence[UUID], versions: Sequence[str]) -> None:
    """Take from these children's records their keys and identifiers of other versions."""
    for statement in (_REMOVE_KEYS, _REMOVE_IDENTIFIERS, _UNMARK):
        await connection.execute(statement, child_ids, versions)


async def count_children(connection: Connection) -> int:
    """How many children there are, about: as the statistics have it."""
    number: int = await connection.fetchval(_ABOUT)
    return number


async def records_with(connection: Connection) -> Mapping[str, int]:
    """How many records have their keys of each version."""
    rows = await connection.fetch(_RECORDS_WITH, timeout=_LONG)
    return {row["version"]: row["records"] for row in rows}


async def local_keys_with(connection: Connection) -> Mapping[str, int]:
    """How many local keys are stored under each version of the secret `identifier`."""
    rows = await connection.fetch(_LOCAL_KEYS_WITH, timeout=_LONG)
    return {row["version"]: row["records"] for row in rows}


_BEGIN = """
INSERT INTO key_version (version, complete) SELECT version, false FROM unnest($1::text[]) AS v (version)
    ON CONFLICT DO NOTHING
"""

_LACKING = "SELECT EXISTS (SELECT FROM source_record WHERE NOT key_versions @> $1::text[])"

_COMPLETE = """
UPDATE key_version SET complete = version = ANY($1::text[]) OR (complete AND version = ANY($2::text[]))
"""

_CHILDREN_AFTER = """
SELECT c.id, EXISTS (SELECT FROM source_record AS r
                      WHERE r.child_id = c.id AND NOT r.key_versions @> $2::text[]) AS lacking
  FROM child AS c
 WHERE c.id > $1
 ORDER BY c.id
 LIMIT $3
"""

# Those who write source records refer to the child's row, which this does not keep them from.
_LOCK_CHILDREN = "SELECT FROM child WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"

_RECORDS_OF = """
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       false AS own, c.shielded, r.look_alike,
       c.shielded AND r.id IS NOT DISTINCT FROM c.shown_record_id AS shown
  FROM child AS c
  JOIN source_record AS r ON r.child_id = c.id
 WHERE c.id = ANY($1::uuid[])
"""

# Two key schemas under one secret have keys in common: then the row is the newer one's.
_ADD_KEYS = """
INSERT INTO child_key (key, source_record_id, child_id, visible, version)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::boolean[], $5::text[])
    ON CONFLICT (key, source_record_id) DO UPDATE SET visible = excluded.visible, version = excluded.version
"""

_ADD_IDENTIFIERS = """
INSERT INTO identifier (hash, source_record_id, child_id, version)
SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::text[])
    ON CONFLICT DO NOTHING
"""

_MARK = """
UPDATE source_record SET key_versions = ARRAY(
           SELECT unnest(key_versions) UNION SELECT unnest($2::text[]) EXCEPT SELECT unnest($3::text[]))
 WHERE id = ANY($1::uuid[])
"""

_REMOVE_KEYS = """
DELETE FROM child_key
 WHERE source_record_id = ANY(ARRAY(SELECT id FROM source_record WHERE child_id = ANY($1::uuid[])))
   AND version <> ALL($2::text[])
"""

_REMOVE_IDENTIFIERS = "DELETE FROM identifier WHERE child_id = ANY($1::uuid[]) AND version <> ALL($2::text[])"

_UNMARK = """
UPDATE source_record SET key_versions = ARRAY(SELECT unnest(key_versions) INTERSECT SELECT unnest($2::text[]))
 WHERE child_id = ANY($1::uuid[]) AND NOT key_versions <@ $2::text[]
"""

_ABOUT = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'child'::regclass"

_RECORDS_WITH = """
SELECT version, count(*) AS records FROM source_record, unnest(key_versions) AS v (version) GROUP BY version
"""

_LOCAL_KEYS_WITH = "SELECT local_key_version AS version, count(*) AS records FROM source_record GROUP BY 1"
