"""Every statement of audit. Connections are given by the caller, who owns the transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.audit.chain import EMPTY, Head, Link
from services.chassis.database import Connection

# An arbitrary number that means "the chain is being extended".
_CHAIN = 0x61756469
_FROM_THE_LOWEST = -(2**63)


async def lock_head(connection: Connection) -> Head:
    """Return the head, to be extended in this transaction by nobody else.

    Without the lock two writers put their records after the same one (RELIABILITY finding 10: 112 of 120 broken). It
    is a statement of its own: the next one sees what the writer before has committed.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _CHAIN)
    return (await head(connection))[0]


async def head(connection: Connection) -> tuple[Head, datetime | None]:
    """Return the head and when it was appended; EMPTY and None if there are no records."""
    row = await connection.fetchrow(_HEAD)
    if row is None:
        return EMPTY, None
    return Head(row["sequence"], row["hash"]), row["append_time"]


async def known(connection: Connection, record_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the record ids that are in the chain."""
    return {row["record_id"] for row in await connection.fetch(_KNOWN, record_ids)}


async def append(connection: Connection, links: Sequence[Link]) -> None:
    """Insert the links, in one statement; `lock_head` must have come before."""
    await connection.execute(
        _APPEND,
        [link.sequence for link in links],
        [link.record_id for link in links],
        [link.record for link in links],
        [link.hash for link in links],
    )


async def links(connection: Connection, after: int | None, limit: int) -> list[Link]:
    """Return at most `limit` links after the number `after`, in order; None starts with whatever comes first."""
    rows = await connection.fetch(_LINKS, _FROM_THE_LOWEST if after is None else after, limit)
    return [Link(**row) for row in rows]


_HEAD = "SELECT sequence, hash, append_time FROM access_record ORDER BY sequence DESC LIMIT 1"

_KNOWN = "SELECT record_id FROM access_record WHERE record_id = ANY($1::uuid[])"

_APPEND = """
INSERT INTO access_record (sequence, record_id, record, hash)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])
"""

_LINKS = """
SELECT sequence, record_id, record, hash
  FROM access_record
 WHERE sequence > $1
 ORDER BY sequence
 LIMIT $2
"""
