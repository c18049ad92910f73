"""Every statement about publications: what the public reads, and what stands in it. The caller owns the transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.chassis.database import Connection
from services.directory.openreferral.render import Publication

# An arbitrary number that means "publishing" to all of the directory.
_PUBLISHING = 0x6B697470


async def embedders(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Return the entries in whose publications the given ones stand."""
    return {row["entry_id"] for row in await connection.fetch(_EMBEDDERS, list(ids))}


async def embedded(connection: Connection, ids: Collection[UUID], kind: int) -> set[UUID]:
    """Return the entries of a kind that stand in the publications of the given ones."""
    return {row["target_id"] for row in await connection.fetch(_EMBEDDED, list(ids), kind)}


async def set_links(
    connection: Connection, links: Collection[tuple[UUID, UUID]], of: Collection[UUID]
) -> None:
    """Make these, as (entry, what stands in it), the links of the entries `of`."""
    await connection.execute(_SET_LINKS, list(of), [link[0] for link in links], [link[1] for link in links])


async def served(connection: Connection, locations: Collection[UUID], kind: int) -> set[UUID]:
    """Return those of the locations that stand in something public of the kind."""
    return {row["target_id"] for row in await connection.fetch(_SERVED, list(locations), kind)}


async def publications(connection: Connection, ids: Collection[UUID]) -> list[Record]:
    """Return kind, id, entry_id, etag and `live` of all publications that were ever made of the entries."""
    return await connection.fetch(_PUBLICATIONS, list(ids))


async def take_turn(connection: Connection) -> None:
    """Wait until nobody else publishes, and keep everybody from it until the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _PUBLISHING)


async def publish(
    connection: Connection, made: Sequence[Publication], now: datetime
) -> dict[tuple[int, UUID], int]:
    """Insert or replace publications; returns their versions by (kind, id).

    One that another entry has made under the same id stays as it is, and has no version among those returned.
    """
    texts = [one.texts(now) for one in made]
    rows = await connection.fetch(
        _PUBLISH,
        [one.kind for one in made],
        [one.id for one in made],
        [one.entry_id for one in made],
        [one.organization_id for one in made],
        [full for full, _ in texts],
        [listed for _, listed in texts],
        [one.etag for one in made],
        now,
    )
    return {(row["kind"], row["id"]): row["version"] for row in rows}


async def unpublish(
    connection: Connection, gone: Sequence[tuple[int, UUID]], now: datetime
) -> dict[tuple[int, UUID], int]:
    """Empty publications by (kind, id), so that followers learn that they are gone; returns their versions."""
    rows = await connection.fetch(_UNPUBLISH, [kind for kind, _ in gone], [one for _, one in gone], now)
    return {(row["kind"], row["id"]): row["version"] for row in rows}


async def set_in_time(connection: Connection, ids: Collection[UUID], now: datetime) -> None:
    """Note whether the entries are within their time of visibility."""
    await connection.execute(_SET_IN_TIME, list(ids), now)


async def out_of_time(connection: Connection, now: datetime, limit: int) -> list[UUID]:
    """Return entries whose time of visibility has begun or ended since they were last published."""
    return [row["id"] for row in await connection.fetch(_OUT_OF_TIME, now, limit)]


_EMBEDDERS = "SELECT DISTINCT entry_id FROM entry_link WHERE target_id = ANY($1::uuid[])"

_EMBEDDED = """
SELECT DISTINCT l.target_id
  FROM entry_link AS l
  JOIN entry AS e ON e.id = l.target_id
 WHERE l.entry_id = ANY($1::uuid[]) AND e.kind = $2
"""

_SET_LINKS = """
WITH wanted AS (SELECT entry_id, target_id FROM unnest($2::uuid[], $3::uuid[]) AS wanted (entry_id, target_id)),
     dropped AS (
    DELETE FROM entry_link AS l
     WHERE l.entry_id = ANY($1::uuid[])
       AND NOT EXISTS (SELECT FROM wanted AS w WHERE w.entry_id = l.entry_id AND w.target_id = l.target_id))
INSERT INTO entry_link (entry_id, target_id)
SELECT entry_id, target_id FROM wanted
    ON CONFLICT DO NOTHING
"""

_SERVED = """
SELECT DISTINCT l.target_id
  FROM entry_link AS l
  JOIN publication AS p ON p.kind = $2 AND p.id = l.entry_id AND p.full_json IS NOT NULL
 WHERE l.target_id = ANY($1::uuid[])
"""

_PUBLICATIONS = """
SELECT kind, id, entry_id, etag, full_json IS NOT NULL AS live FROM publication WHERE entry_id = ANY($1::uuid[])
"""

# A service of which events were told before it had an entry goes on counting where it was.
_PUBLISH = """
INSERT INTO publication (kind, id, entry_id, organization_id, full_json, list_json, etag, modified_time, version)
SELECT made.kind, made.id, made.entry_id, made.organization_id, made.full_json, made.list_json, made.etag,
       $8::timestamptz, coalesce(s.version, 0) + 1
  FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
       AS made (kind, id, entry_id, organization_id, full_json, list_json, etag)
  LEFT JOIN service AS s ON s.id = made.id
    ON CONFLICT (kind, id) DO UPDATE
   SET organization_id = excluded.organization_id, full_json = excluded.full_json, list_json = excluded.list_json,
       etag = excluded.etag, modified_time = excluded.modified_time, version = publication.version + 1,
       change_xid = pg_current_xact_id(), sequence = nextval('publication_sequence')
 WHERE publication.entry_id = excluded.entry_id
RETURNING kind, id, version
"""

_UNPUBLISH = """
UPDATE publication AS p
   SET full_json = NULL, list_json = NULL, modified_time = $3, version = p.version + 1,
       change_xid = pg_current_xact_id(), sequence = nextval('publication_sequence')
  FROM unnest($1::smallint[], $2::uuid[]) AS gone (kind, id)
 WHERE p.kind = gone.kind AND p.id = gone.id
RETURNING p.kind, p.id, p.version
"""

_SET_IN_TIME = """
UPDATE entry
   SET in_time = NOT in_time
 WHERE id = ANY($1::uuid[])
   AND in_time <> (coalesce(visible_from <= $2, true) AND coalesce(visible_until > $2, true))
"""

_OUT_OF_TIME = """
SELECT id
  FROM entry
 WHERE (visible_from IS NOT NULL OR visible_until IS NOT NULL)
   AND in_time <> (coalesce(visible_from <= $1, true) AND coalesce(visible_until > $1, true))
 ORDER BY id
 LIMIT $2
"""
