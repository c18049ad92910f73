"""The statements of ProjectionService. A `Connection` is the first argument."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.chassis.database import Connection

_LAST = UUID(int=2**128 - 1)
_HEX_DIGITS = 32


async def projections(
    connection: Connection, child_ids: Sequence[UUID], key_versions: Sequence[str]
) -> list[asyncpg.Record]:
    """(child_id, version, keys) of the children that exist; keys are the visible ones of these versions or None."""
    rows: list[asyncpg.Record] = await connection.fetch(_PROJECTIONS, child_ids, key_versions)
    return rows


async def projections_after(
    connection: Connection, after: UUID, last: UUID, limit: int, key_versions: Sequence[str]
) -> list[asyncpg.Record]:
    """As `projections`, the next children after an id up to the last, in the order of their ids."""
    rows: list[asyncpg.Record] = await connection.fetch(_PROJECTIONS_AFTER, after, last, limit, key_versions)
    return rows


async def summaries(connection: Connection, id_prefix: str) -> list[asyncpg.Record]:
    """(prefix, child_count, checksum) of the children whose ids begin so, by the first 2 bytes of their ids.

    Of the second byte only the higher half counts.
    """
    first, last = id_range(id_prefix)
    rows: list[asyncpg.Record] = await connection.fetch(_SUMMARIES, first, last)
    return rows


async def latest_change(connection: Connection) -> str:
    """The token from which `outbox.list_changes` gives what is not committed, or not to be seen, yet."""
    token: str | None = await connection.fetchval(_LATEST_CHANGE)
    return token or ""


def id_range(prefix: str) -> tuple[UUID, UUID]:
    """The first and the last id that begin with these hexadecimal digits."""
    return UUID(prefix.ljust(_HEX_DIGITS, "0")), UUID(prefix.ljust(_HEX_DIGITS, "f"))


# A page first, then the keys of the whole page together: a subselect for each child takes twice as long.
_PROJECTIONS_AFTER = """
WITH page AS MATERIALIZED (
    SELECT id, version FROM child WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3
)
SELECT p.id AS child_id, p.version,
       array_agg(DISTINCT k.key) FILTER (WHERE k.visible AND k.version = ANY($4::text[])) AS keys
  FROM page AS p
  LEFT JOIN source_record AS r ON r.child_id = p.id
  LEFT JOIN child_key AS k ON k.source_record_id = r.id
 GROUP BY p.id, p.version
 ORDER BY p.id
"""

_PROJECTIONS = """
SELECT c.id AS child_id, c.version,
       array_agg(DISTINCT k.key) FILTER (WHERE k.visible AND k.version = ANY($2::text[])) AS keys
  FROM child AS c
  LEFT JOIN source_record AS r ON r.child_id = c.id
  LEFT JOIN child_key AS k ON k.source_record_id = r.id
 WHERE c.id = ANY($1::uuid[])
 GROUP BY c.id, c.version
"""

# ProjectionSummary says how the check number is made; services/search makes the same one for its documents.
_SUMMARIES = """
SELECT get_byte(uuid_send(id), 0) * 16 + get_byte(uuid_send(id), 1) / 16 AS prefix, count(*) AS child_count,
       sum(crc32(uuid_send(id) || int8send(version)))::bigint AS checksum
  FROM child
 WHERE id >= $1 AND id <= $2
 GROUP BY 1
 ORDER BY 1
"""

# The last event that list_changes would show: what comes after it has this token before it.
_LATEST_CHANGE = """
SELECT transaction_id::text || '.' || position
  FROM chassis.outbox
 WHERE transaction_id < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY transaction_id DESC, position DESC
 LIMIT 1
"""
