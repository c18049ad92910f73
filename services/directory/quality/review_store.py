"""Every statement about confirmations, reviews and the hold of hiding. The caller owns the transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from services.chassis.database import Connection
from services.directory.quality.review import Hold


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who confirmed a revision, and when. `id` is 0 before it is stored."""

    id: int
    entry_id: UUID
    revision: int
    confirm_time: datetime
    confirmer: str
    confirmer_organisation_id: UUID | None


@dataclass(frozen=True, slots=True)
class OpenReview:
    """The review of an entry as it is stored; `state` None: none is open."""

    entry_id: UUID
    kind: int
    due_date: date
    state: int | None
    ask_date: date | None
    mark_date: date | None
    entry_state: int
    written_time: datetime
    """Of the published revision."""


@dataclass(frozen=True, slots=True)
class ListedReview:
    """A review as its owner sees it."""

    entry_id: UUID
    kind: int
    organisation_id: UUID | None
    display_name: str
    state: int
    due_date: date
    assured_time: datetime | None
    revision: int
    completeness: int
    finding_count: int


async def add_confirmations(connection: Connection, confirmed: Sequence[Confirmation]) -> None:
    """Insert confirmations."""
    await connection.executemany(
        _ADD_CONFIRMATION,
        [
            (
                one.entry_id,
                one.revision,
                one.confirm_time,
                one.confirmer,
                one.confirmer_organisation_id,
            )
            for one in confirmed
        ],
    )


async def confirmations(connection: Connection, entry_id: UUID, below: int, limit: int) -> list[Confirmation]:
    """Return confirmations of an entry with ids under `below`, the latest first."""
    return [Confirmation(**row) for row in await connection.fetch(_CONFIRMATIONS, entry_id, below, limit)]


async def due_or_open(connection: Connection, until: date, after: UUID, limit: int) -> list[OpenReview]:
    """Return public and hidden entries due by a day, or with an open review, by id."""
    return [OpenReview(**row) for row in await connection.fetch(_DUE_OR_OPEN, until, after, limit)]


async def reviews(connection: Connection, entry_ids: Collection[UUID]) -> list[OpenReview]:
    """Return the reviews of those of the entries that are public or hidden and have a due date."""
    return [OpenReview(**row) for row in await connection.fetch(_REVIEWS, list(entry_ids))]


async def open_reviews(connection: Connection, opened: Sequence[OpenReview]) -> None:
    """Store the steps of open reviews that are not those of hidden entries."""
    await connection.execute(
        _OPEN,
        [one.entry_id for one in opened],
        [one.state for one in opened],
        [one.ask_date for one in opened],
        [one.mark_date for one in opened],
    )


async def hide(connection: Connection, before: Sequence[tuple[UUID, int]], today: date) -> None:
    """Store that entries are hidden; with each the state it had before."""
    await connection.execute(_HIDE, [one for one, _ in before], [state for _, state in before], today)


async def close(connection: Connection, entry_ids: Collection[UUID]) -> dict[UUID, EntryMessage.State | None]:
    """Close the reviews of entries; returns the state before of those that were hidden, None for other open ones."""
    rows = await connection.fetch(_CLOSE, list(entry_ids))
    return {row["entry_id"]: row["state_before"] for row in rows}


async def note_round(connection: Connection, today: date) -> list[date]:
    """Note that a round is made today, and return all days on which one was, in order."""
    await connection.execute(_NOTE_DAY, today)
    return [row["day"] for row in await connection.fetch(_DAYS)]


async def public_count(connection: Connection) -> int:
    """Return how many entries are public that could be hidden."""
    return int(await connection.fetchval(_PUBLIC_COUNT))


async def hidden_on(connection: Connection, day: date) -> int:
    """Return how many entries were hidden on a day and still are."""
    return int(await connection.fetchval(_HIDDEN_ON, day))


async def hold(connection: Connection) -> tuple[Hold, datetime | None, int]:
    """Return whether hiding waits, since when, and how many are to be hidden."""
    row = await connection.fetchrow(_HOLD)
    if row is None:
        return Hold(), None, 0
    held = row["hold_time"] is not None
    return Hold(held=held, allowed=row["allowed_count"]), row["hold_time"], row["waiting_count"]


async def keep_hold(connection: Connection, after: Hold, waiting: int, now: datetime) -> None:
    """Store whether hiding waits; the time since when stays while it does."""
    await connection.execute(_KEEP_HOLD, after.held, after.allowed, waiting, now)


async def allow(connection: Connection, count: int) -> bool:
    """Allow so many to be hidden; False if hiding does not wait."""
    return await connection.execute(_ALLOW, count) == "UPDATE 1"


async def list_reviews(
    connection: Connection,
    organisation_id: UUID | None,
    until: date | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[ListedReview]:
    """Return reviews due by `until`, or if None those open now, the soonest due first; None: of all organisations."""
    day, entry_id = after or (date.min, UUID(int=0))
    rows = await connection.fetch(_LIST, organisation_id, until, day, entry_id, limit)
    return [ListedReview(**row) for row in rows]


async def review(connection: Connection, entry_id: UUID) -> ListedReview | None:
    """Return the review of a published entry that was looked at."""
    row = await connection.fetchrow(_ONE, entry_id)
    return None if row is None else ListedReview(**row)


async def email(connection: Connection, organisation_id: UUID | None) -> str | None:
    """Return the public e-mail address of an organisation; None if it has none, or for no organisation."""
    found: str | None = await connection.fetchval(_EMAIL, organisation_id)
    return found or None


_ADD_CONFIRMATION = """
INSERT INTO confirmation (entry_id, revision, confirm_time, confirmer, confirmer_organisation_id)
VALUES ($1, $2, $3, $4, $5)
"""

_CONFIRMATIONS = """
SELECT id, entry_id, revision, confirm_time, confirmer, confirmer_organisation_id
  FROM confirmation
 WHERE entry_id = $1 AND id < $2
 ORDER BY id DESC
 LIMIT $3
"""

# Entry states 2 to 4: published, temporarily closed, hidden.
_DUE_OR_OPEN = """
SELECT e.id AS entry_id, e.kind, e.review_due_date AS due_date, r.state, r.ask_date, r.mark_date,
       e.state AS entry_state, p.create_time AS written_time
  FROM entry AS e
  JOIN revision AS p ON p.entry_id = e.id AND p.number = e.published_revision
  LEFT JOIN review AS r ON r.entry_id = e.id
 WHERE e.id > $2 AND e.state BETWEEN 2 AND 4 AND e.kind BETWEEN 1 AND 3 AND e.review_due_date IS NOT NULL
   AND (e.review_due_date <= $1 OR r.state IS NOT NULL)
 ORDER BY e.id
 LIMIT $3
"""

_REVIEWS = """
SELECT e.id AS entry_id, e.kind, e.review_due_date AS due_date, r.state, r.ask_date, r.mark_date,
       e.state AS entry_state, p.create_time AS written_time
  FROM entry AS e
  JOIN revision AS p ON p.entry_id = e.id AND p.number = e.published_revision
  LEFT JOIN review AS r ON r.entry_id = e.id
 WHERE e.id = ANY($1::uuid[]) AND e.state BETWEEN 2 AND 4 AND e.review_due_date IS NOT NULL
"""

_OPEN = """
INSERT INTO review (entry_id, state, ask_date, mark_date)
SELECT entry_id, state, ask_date, mark_date
  FROM unnest($1::uuid[], $2::smallint[], $3::date[], $4::date[]) AS new (entry_id, state, ask_date, mark_date)
    ON CONFLICT (entry_id) DO UPDATE
   SET state = excluded.state, ask_date = excluded.ask_date, mark_date = excluded.mark_date
"""

_HIDE = """
UPDATE review AS r
   SET state = 4, hide_date = $3, state_before = hidden.state_before
  FROM unnest($1::uuid[], $2::smallint[]) AS hidden (entry_id, state_before)
 WHERE r.entry_id = hidden.entry_id
"""

_CLOSE = "DELETE FROM review WHERE entry_id = ANY($1::uuid[]) RETURNING entry_id, state_before"

_NOTE_DAY = "INSERT INTO review_day (day) VALUES ($1) ON CONFLICT DO NOTHING"

_DAYS = "SELECT day FROM review_day ORDER BY day"

_PUBLIC_COUNT = "SELECT count(*) FROM entry WHERE kind BETWEEN 1 AND 3 AND state IN (2, 3)"

_HIDDEN_ON = "SELECT count(*) FROM review WHERE hide_date = $1"

_HOLD = "SELECT hold_time, allowed_count, waiting_count FROM hiding"

_KEEP_HOLD = """
INSERT INTO hiding (id, hold_time, allowed_count, waiting_count)
VALUES (true, CASE WHEN $1 THEN $4::timestamptz END, $2, $3)
    ON CONFLICT (id) DO UPDATE
   SET hold_time = CASE WHEN $1 THEN coalesce(hiding.hold_time, $4::timestamptz) END, allowed_count = $2,
       waiting_count = $3
"""

_ALLOW = "UPDATE hiding SET allowed_count = $1 WHERE hold_time IS NOT NULL"

_LIST = """
SELECT e.id AS entry_id, e.kind, e.organisation_id, coalesce(p.document ->> 'name', '') AS display_name,
       coalesce(r.state, 1) AS state, e.review_due_date AS due_date, e.assured_time, e.published_revision AS revision,
       q.completeness,
       (SELECT count(*) FROM finding AS f WHERE f.entry_id = e.id AND f.severity < 3) AS finding_count
  FROM entry AS e
  JOIN quality AS q ON q.entry_id = e.id
  JOIN revision AS p ON p.entry_id = e.id AND p.number = e.published_revision
  LEFT JOIN review AS r ON r.entry_id = e.id
 WHERE ($1::uuid IS NULL OR e.organisation_id = $1) AND e.state BETWEEN 2 AND 4
   AND CASE WHEN $2::date IS NULL THEN r.state IS NOT NULL ELSE e.review_due_date <= $2 END
   AND (e.review_due_date, e.id) > ($3::date, $4::uuid)
 ORDER BY e.review_due_date, e.id
 LIMIT $5
"""

_ONE = """
SELECT e.id AS entry_id, e.kind, e.organisation_id, coalesce(p.document ->> 'name', '') AS display_name,
       coalesce(r.state, 1) AS state, e.review_due_date AS due_date, e.assured_time, e.published_revision AS revision,
       q.completeness,
       (SELECT count(*) FROM finding AS f WHERE f.entry_id = e.id AND f.severity < 3) AS finding_count
  FROM entry AS e
  JOIN quality AS q ON q.entry_id = e.id AND q.revision = e.published_revision
  JOIN revision AS p ON p.entry_id = e.id AND p.number = e.published_revision
  LEFT JOIN review AS r ON r.entry_id = e.id
 WHERE e.id = $1 AND e.state BETWEEN 2 AND 4
"""

_EMAIL = """
SELECT r.document ->> 'email' AS email
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE e.id = $1 AND e.kind = 1
"""
