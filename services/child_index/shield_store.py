"""The statements of shields. Whoever changes what is hidden holds `store.lock_shields`, then the child's row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.chassis.database import Connection
from services.child_index.child_keys import KeyRow
from services.child_index.shield import Shield, State


@dataclass(frozen=True, slots=True)
class Review:
    """What waits for an officer: a row of `shield`, whether a shield is on the child, and whom it may be."""

    child_id: UUID
    shield: Shield
    placed: bool
    update_time: datetime
    resembled: Sequence[UUID]


async def shield_of(connection: Connection, child_id: UUID) -> Shield | None:
    """The shield of a child, locked until the end of the transaction; None if there never was one."""
    row = await connection.fetchrow(_SHIELD_OF, child_id)
    return None if row is None else Shield(State(row["state"]), row["review_date"])


async def save(connection: Connection, child_id: UUID, shield: Shield) -> None:
    """Make this the shield of a child."""
    await connection.execute(_SAVE, child_id, shield.state, shield.review_date)


async def set_shielded(connection: Connection, child_id: UUID, shown_record_id: UUID | None) -> None:
    """Put a shield on a child and show this record's name and date of birth; with None, take the shield off."""
    await connection.execute(_SET_SHIELDED, child_id, shown_record_id)


async def set_look_alikes(connection: Connection, record_ids: Sequence[UUID], *, look_alike: bool) -> None:
    """Make records look-alikes, or ordinary ones again; that is no update of theirs."""
    await connection.execute(_SET_LOOK_ALIKES, record_ids, look_alike)


async def replace_keys(
    connection: Connection,
    child_id: UUID,
    record_ids: Sequence[UUID],
    rows: Sequence[KeyRow],
    key_versions: Sequence[str],
) -> bool:
    """Make these all keys of a child's records, in so far as records have keys of their versions now.

    `key_versions` are the versions that the caller makes; False, and nothing of it may stay, if they lack a complete
    one.
    """
    # Two statements: one cannot delete a row and add it.
    await connection.execute(_DELETE_KEYS, record_ids)
    current: bool = await connection.fetchval(
        _ADD_KEYS,
        child_id,
        [row.record_id for row in rows],
        [row.key for row in rows],
        [row.visible for row in rows],
        [row.version for row in rows],
        record_ids,
        key_versions,
    )
    return current


async def propose(connection: Connection, child_id: UUID, others: Sequence[UUID], model_version: str) -> None:
    """Ask people whether the child is one of the others."""
    await connection.execute(_PROPOSE, child_id, others, model_version)


async def reviews(connection: Connection, after: UUID, today: date, limit: int) -> list[Review]:
    """What waits for an officer on a day, of the children after an id."""
    rows = await connection.fetch(_REVIEWS, after, today, limit)
    return [
        Review(
            row["child_id"],
            Shield(State(row["state"]), row["review_date"]),
            row["shielded"],
            row["update_time"],
            row["resembled"],
        )
        for row in rows
    ]


async def disclosures(
    connection: Connection, child_id: UUID, before: date, after: str, limit: int
) -> list[tuple[str, date]]:
    """Who was shown a child on which day, the last day first: after `after` on the day `before`, and on days before."""
    rows = await connection.fetch(_DISCLOSURES, child_id, before, after, limit)
    return [(row["subject"], row["day"]) for row in rows]


_SHIELD_OF = "SELECT state, review_date FROM shield WHERE child_id = $1 FOR UPDATE"

_SAVE = """
INSERT INTO shield (child_id, state, review_date) VALUES ($1, $2, $3)
    ON CONFLICT (child_id) DO UPDATE
   SET state = excluded.state, review_date = excluded.review_date, update_time = now(),
       create_time = CASE WHEN shield.state = 3 THEN now() ELSE shield.create_time END
"""

_SET_SHIELDED = "UPDATE child SET shielded = $2::uuid IS NOT NULL, shown_record_id = $2 WHERE id = $1"

_SET_LOOK_ALIKES = "UPDATE source_record SET look_alike = $2 WHERE id = ANY($1::uuid[])"

_DELETE_KEYS = "DELETE FROM child_key WHERE source_record_id = ANY($1::uuid[])"

_ADD_KEYS = """
WITH added AS (
    INSERT INTO child_key (key, source_record_id, child_id, visible, version)
    SELECT k.key, k.source_record_id, $1, k.visible, k.version
      FROM unnest($2::uuid[], $3::bigint[], $4::boolean[], $5::text[]) AS k (source_record_id, key, visible, version)
      JOIN key_version USING (version)
), unfinished AS (
    UPDATE source_record SET key_versions = ARRAY(SELECT unnest(key_versions) INTERSECT SELECT unnest($7::text[]))
     WHERE id = ANY($6::uuid[]) AND NOT key_versions <@ $7::text[]
)
SELECT NOT EXISTS (SELECT FROM key_version WHERE complete AND version <> ALL($7::text[]))
"""

_PROPOSE = """
INSERT INTO match_proposal (child_id, other_child_id, model_version)
SELECT least($1, other), greatest($1, other), $3 FROM unnest($2::uuid[]) AS o (other)
    ON CONFLICT DO NOTHING
"""

_REVIEWS = """
SELECT s.child_id, s.state, s.review_date, s.update_time, c.shielded, array(
           SELECT other_child_id FROM match_proposal WHERE child_id = s.child_id
            UNION ALL SELECT child_id FROM match_proposal WHERE other_child_id = s.child_id) AS resembled
  FROM shield AS s
  JOIN child AS c ON c.id = s.child_id
 WHERE s.child_id > $1 AND s.state <> 3 AND (s.state = 1 OR s.review_date <= $2)
 ORDER BY s.child_id
 LIMIT $3
"""

# Few subjects on few days: the primary key is skipped through rather than a second index kept for this.
_DISCLOSURES = """
SELECT subject, day FROM disclosure
 WHERE child_id = $1 AND (day < $2 OR (day = $2 AND subject > $3))
 ORDER BY day DESC, subject
 LIMIT $4
"""
