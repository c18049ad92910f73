"""Every statement about the pages that entries name. The caller owns the transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Connection
from services.directory.quality import links
from services.directory.quality.links import Link


async def keep_links(
    connection: Connection, entry_ids: Collection[UUID], uses: Sequence[tuple[UUID, str, str]], now: datetime
) -> None:
    """Store which pages entries name, as (entry, JSON pointer, address), in place of what they named before."""
    digests = [links.digest(url) for _, _, url in uses]
    await connection.execute(_ADD_LINKS, digests, [url for _, _, url in uses], now)
    await connection.execute(_DROP_USES, list(entry_ids))
    await connection.execute(
        _ADD_USES, [one for one, _, _ in uses], [pointer for _, pointer, _ in uses], digests
    )


async def to_look_for(connection: Connection, now: datetime, limit: int) -> list[Link]:
    """Return pages that are to be looked for by now and that some entry names, the longest waiting first."""
    rows = await connection.fetch(_TO_LOOK_FOR, now, limit)
    return [Link(row["url"], row["failures"]) for row in rows]


async def save(connection: Connection, looked: Sequence[tuple[Link, datetime]], now: datetime) -> None:
    """Store how pages were found, each with when to look again, and tell the entries of those that are broken."""
    await connection.executemany(
        _SAVE, [(links.digest(link.url), link.failures, now, again) for link, again in looked]
    )
    digests = [links.digest(link.url) for link, _ in looked]
    await connection.execute(_TELL, digests, links.BROKEN_AFTER, now)
    await connection.execute(_FORGET, digests, links.BROKEN_AFTER)


async def speak(connection: Connection) -> None:
    """Say something to the server, so that it keeps the session."""
    await connection.execute("SELECT 1")


_ADD_LINKS = """
INSERT INTO link (digest, url, failures, next_check_time)
SELECT DISTINCT ON (digest) digest, url, 0, $3::timestamptz
  FROM unnest($1::bytea[], $2::text[]) AS new (digest, url)
    ON CONFLICT DO NOTHING
"""

_DROP_USES = "DELETE FROM link_use WHERE entry_id = ANY($1::uuid[])"

_ADD_USES = """
INSERT INTO link_use (entry_id, pointer, digest)
SELECT entry_id, pointer, digest FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS new (entry_id, pointer, digest)
"""

_TO_LOOK_FOR = """
SELECT l.url, l.failures
  FROM link AS l
 WHERE l.next_check_time <= $1 AND EXISTS (SELECT FROM link_use AS u WHERE u.digest = l.digest)
 ORDER BY l.next_check_time
 LIMIT $2
"""

_SAVE = "UPDATE link SET failures = $2, check_time = $3, next_check_time = $4 WHERE digest = $1"

# 18 is LINK_BROKEN, severity 1 an error.
_TELL = """
INSERT INTO finding (entry_id, kind, pointer, severity, find_time)
SELECT u.entry_id, 18, u.pointer, 1, $3
  FROM link_use AS u
  JOIN link AS l ON l.digest = u.digest
 WHERE l.digest = ANY($1::bytea[]) AND l.failures >= $2
    ON CONFLICT DO NOTHING
"""

_FORGET = """
DELETE FROM finding AS f
 USING link_use AS u
  JOIN link AS l ON l.digest = u.digest
 WHERE f.kind = 18 AND f.entry_id = u.entry_id AND f.pointer = u.pointer
   AND l.digest = ANY($1::bytea[]) AND l.failures < $2
"""
