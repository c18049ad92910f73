"""Every statement about pairs of entries that may be the same, and about mergers. The caller owns the transaction."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.chassis.database import Connection
from services.directory.quality.duplicates import Reason


@dataclass(frozen=True, slots=True)
class Compared:
    """Two entries as they were compared; `first` has the lower id."""

    kind: int
    first: UUID
    second: UUID
    score: int
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A pair as it is stored."""

    id: UUID
    kind: int
    first_entry_id: UUID
    second_entry_id: UUID
    state: int
    score: int
    reasons: list[Reason]
    propose_time: datetime
    decider: str | None
    decide_time: datetime | None


@dataclass(frozen=True, slots=True)
class Merger:
    """Two entries merged: a row of the table of that name, where each column is described."""

    id: UUID
    duplicate_id: UUID
    surviving_entry_id: UUID
    merged_entry_id: UUID
    surviving_revision: int
    merged_revision: int
    merged_state: int
    revision: int
    merger: str
    merge_time: datetime
    undoer: str | None = None
    undo_time: datetime | None = None


async def keep_blocks(
    connection: Connection, entry_ids: Collection[UUID], keys: Sequence[tuple[int, int, UUID]]
) -> None:
    """Store by which keys (kind, key, entry) entries are compared, in place of earlier ones."""
    await connection.execute(_DROP_BLOCKS, list(entry_ids))
    await connection.execute(
        _ADD_BLOCKS, [kind for kind, _, _ in keys], [key for _, key, _ in keys], [one for _, _, one in keys]
    )


async def to_compare(connection: Connection, limit: int) -> list[UUID]:
    """Return entries that were not compared in their published revision."""
    return [row["entry_id"] for row in await connection.fetch(_TO_COMPARE, limit)]


async def candidates(
    connection: Connection, entry_ids: Collection[UUID], largest: int
) -> list[tuple[int, UUID, UUID]]:
    """Return (kind, lower id, higher id) of pairs that share a key that at most `largest` entries have."""
    rows = await connection.fetch(_CANDIDATES, list(entry_ids), largest)
    return [(row["kind"], row["first"], row["second"]) for row in rows]


async def propose(
    connection: Connection, entry_ids: Collection[UUID], found: Sequence[Compared], now: datetime
) -> None:
    """Store what came of comparing entries with others: proposals that were not decided on are replaced.

    What an editor decided stays as it is.
    """
    first, second = [one.first for one in found], [one.second for one in found]
    await connection.execute(_DROP_PROPOSALS, list(entry_ids), first, second)
    await connection.executemany(
        _PROPOSE,
        [
            (
                uuid4(),
                one.kind,
                one.first,
                one.second,
                one.score,
                json.dumps([asdict(reason) for reason in one.reasons]),
                now,
            )
            for one in found
        ],
    )
    await connection.execute(_COMPARED, list(entry_ids))


async def list_duplicates(
    connection: Connection, state: int, entry_id: UUID | None, after: tuple[int, UUID] | None, limit: int
) -> list[Duplicate]:
    """Return pairs in a state, the likeliest first, after (score, id) of the last one returned before."""
    score, last = after or (101, UUID(int=0))
    rows = await connection.fetch(_LIST, state, entry_id, score, last, limit)
    return [_duplicate(row) for row in rows]


async def duplicate(connection: Connection, duplicate_id: UUID) -> Duplicate | None:
    """Return a pair."""
    row = await connection.fetchrow(_DUPLICATE, duplicate_id)
    return None if row is None else _duplicate(row)


async def lock_duplicate(connection: Connection, duplicate_id: UUID) -> Duplicate | None:
    """Return a pair, to be changed in this transaction by nobody else."""
    await connection.execute(_LOCK, duplicate_id)
    return await duplicate(connection, duplicate_id)


async def decide(connection: Connection, duplicate_id: UUID, state: int, decider: str, now: datetime) -> None:
    """Store what was decided about a pair."""
    await connection.execute(_DECIDE, duplicate_id, state, decider, now)


async def add_merger(connection: Connection, one: Merger) -> None:
    """Insert a merger."""
    await connection.execute(
        _ADD_MERGER,
        one.id,
        one.duplicate_id,
        one.surviving_entry_id,
        one.merged_entry_id,
        one.surviving_revision,
        one.merged_revision,
        one.merged_state,
        one.revision,
        one.merger,
        one.merge_time,
    )


async def merger(connection: Connection, merger_id: UUID) -> Merger | None:
    """Return a merger."""
    row = await connection.fetchrow(_MERGER, merger_id)
    return None if row is None else Merger(**row)


async def standing_merger(connection: Connection, duplicate_id: UUID) -> Merger | None:
    """Return the merger of a pair that was not undone."""
    row = await connection.fetchrow(_STANDING, duplicate_id)
    return None if row is None else Merger(**row)


async def undo(connection: Connection, merger_id: UUID, undoer: str, now: datetime) -> bool:
    """Store that a merger is undone; False if it was before."""
    return await connection.execute(_UNDO, merger_id, undoer, now) == "UPDATE 1"


async def naming(connection: Connection, entry_id: UUID) -> int:
    """Return how many published entries name this one."""
    return int(await connection.fetchval(_NAMING, entry_id))


def _duplicate(row: Any) -> Duplicate:
    reasons = [Reason(**reason) for reason in json.loads(row["reasons"])]
    return Duplicate(**(dict(row) | {"reasons": reasons}))


_DROP_BLOCKS = "DELETE FROM block WHERE entry_id = ANY($1::uuid[])"

_ADD_BLOCKS = """
INSERT INTO block (kind, key, entry_id)
SELECT kind, key, entry_id FROM unnest($1::smallint[], $2::bigint[], $3::uuid[]) AS new (kind, key, entry_id)
"""

_TO_COMPARE = "SELECT entry_id FROM quality WHERE compared_revision IS DISTINCT FROM revision LIMIT $1"

_CANDIDATES = """
SELECT DISTINCT mine.kind, least(mine.entry_id, other.entry_id) AS first,
       greatest(mine.entry_id, other.entry_id) AS second
  FROM block AS mine
 CROSS JOIN LATERAL (SELECT array_agg(entry_id) AS entry_ids
                       FROM (SELECT entry_id FROM block AS b WHERE b.kind = mine.kind AND b.key = mine.key
                              LIMIT $2 + 1) AS few) AS sharing
 CROSS JOIN LATERAL unnest(sharing.entry_ids) AS other (entry_id)
 WHERE mine.entry_id = ANY($1::uuid[]) AND cardinality(sharing.entry_ids) <= $2 AND other.entry_id <> mine.entry_id
"""

# 1 is PROPOSED: nobody has decided.
_DROP_PROPOSALS = """
DELETE FROM duplicate AS d
 WHERE d.state = 1 AND (d.first_entry_id = ANY($1::uuid[]) OR d.second_entry_id = ANY($1::uuid[]))
   AND NOT EXISTS (SELECT FROM unnest($2::uuid[], $3::uuid[]) AS found (first, second)
                    WHERE found.first = d.first_entry_id AND found.second = d.second_entry_id)
"""

_PROPOSE = """
INSERT INTO duplicate (id, kind, first_entry_id, second_entry_id, state, score, reasons, propose_time)
VALUES ($1, $2, $3, $4, 1, $5, $6::jsonb, $7)
    ON CONFLICT (first_entry_id, second_entry_id) DO UPDATE
   SET score = excluded.score, reasons = excluded.reasons
 WHERE duplicate.state = 1
"""

_COMPARED = "UPDATE quality SET compared_revision = revision WHERE entry_id = ANY($1::uuid[])"

_LIST = """
SELECT id, kind, first_entry_id, second_entry_id, state, score, reasons, propose_time, decider, decide_time
  FROM duplicate
 WHERE state = $1 AND ($2::uuid IS NULL OR $2 IN (first_entry_id, second_entry_id))
   AND (-score, id) > (-$3::smallint, $4::uuid)
 ORDER BY -score, id
 LIMIT $5
"""

_DUPLICATE = """
SELECT id, kind, first_entry_id, second_entry_id, state, score, reasons, propose_time, decider, decide_time
  FROM duplicate
 WHERE id = $1
"""

_LOCK = "SELECT FROM duplicate WHERE id = $1 FOR UPDATE"

_DECIDE = "UPDATE duplicate SET state = $2, decider = $3, decide_time = $4 WHERE id = $1"

_ADD_MERGER = """
INSERT INTO merger (id, duplicate_id, surviving_entry_id, merged_entry_id, surviving_revision, merged_revision,
                    merged_state, revision, merger, merge_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

_MERGER = """
SELECT id, duplicate_id, surviving_entry_id, merged_entry_id, surviving_revision, merged_revision, merged_state,
       revision, merger, merge_time, undoer, undo_time
  FROM merger
 WHERE id = $1
"""

_STANDING = """
SELECT id, duplicate_id, surviving_entry_id, merged_entry_id, surviving_revision, merged_revision, merged_state,
       revision, merger, merge_time, undoer, undo_time
  FROM merger
 WHERE duplicate_id = $1 AND undo_time IS NULL
"""

_UNDO = "UPDATE merger SET undoer = $2, undo_time = $3 WHERE id = $1 AND undo_time IS NULL"

_NAMING = """
SELECT count(DISTINCT l.entry_id)
  FROM entry_link AS l
  JOIN entry AS e ON e.id = l.entry_id
 WHERE l.target_id = $1 AND l.entry_id <> $1 AND e.state BETWEEN 2 AND 4
"""
