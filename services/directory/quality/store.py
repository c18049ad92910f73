"""Every statement about what was seen of entries: completeness, findings, figures. The caller owns the transaction."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.chassis.database import Connection
from services.directory.quality.finding import Finding, FindingKind


@dataclass(frozen=True, slots=True)
class Subject:
    """A published entry that is to be looked at. `is_new`: its published revision was not seen yet."""

    id: UUID
    kind: int
    revision: int
    document: dict[str, Any]
    written_time: datetime
    assured_time: datetime | None
    capacity_time: datetime | None
    vanished_time: datetime | None
    due_date: date | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one."""

    entry_id: UUID
    revision: int
    due_date: date
    completeness: int
    missing: list[str]
    description_hash: int | None
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding with its entry."""

    entry_id: UUID
    display_name: str
    finding: Finding
    find_time: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of an organisation, None for the whole directory, on a day."""

    organisation_id: UUID | None
    day: date
    entries: int
    assured: int
    marked: int
    hidden: int
    mean_completeness: int
    quarters: list[int]
    finding_kinds: list[int]
    finding_counts: list[int]


async def to_look_at(connection: Connection, today: date, after: UUID, limit: int) -> list[Subject]:
    """Return published entries that were not looked at today, or not in their published revision, by id."""
    rows = await connection.fetch(_TO_LOOK_AT, today, after, limit)
    return [Subject(**(dict(row) | {"document": json.loads(row["document"])})) for row in rows]


async def save(connection: Connection, seen: Sequence[Seen], now: datetime) -> None:
    """Store what was seen in place of what was seen before. What is found by comparing entries stays."""
    ids = [one.entry_id for one in seen]
    await connection.executemany(
        _SAVE,
        [
            (
                one.entry_id,
                one.revision,
                now.date(),
                one.completeness,
                one.missing,
                one.description_hash,
            )
            for one in seen
        ],
    )
    await connection.execute(_SET_DUE, ids, [one.due_date for one in seen])
    found = [(one.entry_id, finding) for one in seen for finding in one.findings]
    columns = (
        [entry_id for entry_id, _ in found],
        [finding.kind for _, finding in found],
        [finding.pointer for _, finding in found],
    )
    await connection.execute(_DROP_FINDINGS, ids, *columns)
    await connection.execute(_ADD_FINDINGS, *columns, [finding.severity for _, finding in found], now)


async def find_copies(connection: Connection, now: datetime) -> None:
    """Find the descriptions that several entries have word for word, and forget those that only one has now."""
    await connection.execute(_DROP_COPIES)
    await connection.execute(_ADD_COPIES, now)


async def forget_gone(connection: Connection) -> None:
    """Delete what was seen of entries that are no longer published."""
    gone = [row["entry_id"] for row in await connection.fetch(_GONE)]
    for statement in _FORGET if gone else ():
        await connection.execute(statement, gone)


async def quality(connection: Connection, entry_id: UUID) -> tuple[int, list[str]] | None:
    """Return completeness and the codes of what is missing, as last seen; None if it was not looked at."""
    row = await connection.fetchrow(_QUALITY, entry_id)
    return None if row is None else (row["completeness"], row["missing"])


async def findings(
    connection: Connection,
    organisation_id: UUID | None,
    entry_id: UUID | None,
    kind: int,
    after: tuple[int, UUID, int, str] | None,
    limit: int,
) -> list[StoredFinding]:
    """Return findings, the worst first; of all organisations, entries and kinds for None and 0.

    `after` is severity, entry, kind and pointer of the last one that was returned before.
    """
    severity, last_entry, last_kind, pointer = after or (0, UUID(int=0), 0, "")
    rows = await connection.fetch(
        _FINDINGS, organisation_id, entry_id, kind, severity, last_entry, last_kind, pointer, limit
    )
    return [
        StoredFinding(
            row["entry_id"],
            row["display_name"],
            Finding(row["pointer"], FindingKind(row["kind"])),
            row["find_time"],
        )
        for row in rows
    ]


async def figures(connection: Connection, organisation_id: UUID | None, today: date) -> list[Figures]:
    """Return the figures of now: of an organisation, or for None of each and of the whole (its id None)."""
    rows = await connection.fetch(_FIGURES, organisation_id, today)
    return [_figures(row, today) for row in rows]


async def keep_month(connection: Connection, found: Sequence[Figures]) -> None:
    """Keep figures as those of their month, in place of earlier ones of the same month."""
    await connection.executemany(
        _KEEP_MONTH,
        [
            (
                one.day.replace(day=1),
                one.organisation_id,
                one.day,
                one.entries,
                one.assured,
                one.marked,
                one.hidden,
                one.mean_completeness,
                one.quarters,
                one.finding_kinds,
                one.finding_counts,
            )
            for one in found
        ],
    )


async def months(connection: Connection, organisation_id: UUID | None, limit: int) -> list[Figures]:
    """Return the figures kept of months, the latest first; None is the whole directory."""
    rows = await connection.fetch(_MONTHS, organisation_id, limit)
    return [_figures(row, row["figure_date"]) for row in rows]


async def month_kept(connection: Connection, today: date) -> bool:
    """Whether the figures of today are kept."""
    return bool(await connection.fetchval(_MONTH_KEPT, today))


async def organisation_names(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names that organization entries say, by id."""
    rows = await connection.fetch(_NAMES, list(ids))
    return {row["id"]: row["display_name"] for row in rows}


def _figures(row: Any, day: date) -> Figures:
    return Figures(
        organisation_id=row["organisation_id"],
        day=day,
        entries=row["entry_count"],
        assured=row["assured_count"],
        marked=row["marked_count"],
        hidden=row["hidden_count"],
        mean_completeness=row["mean_completeness"],
        quarters=list(row["completeness_quarters"]),
        finding_kinds=list(row["finding_kinds"] or ()),
        finding_counts=list(row["finding_counts"] or ()),
    )


# Kinds 1 to 3 are organizations, services and locations; states 2 to 4 published, closed and hidden.
_TO_LOOK_AT = """
SELECT e.id, e.kind, e.published_revision AS revision, r.document, r.create_time AS written_time, e.assured_time,
       e.capacity_time, e.vanished_time, e.review_due_date AS due_date,
       q.revision IS DISTINCT FROM e.published_revision AS is_new
  FROM entry AS e
  LEFT JOIN quality AS q ON q.entry_id = e.id
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE e.id > $2 AND e.kind BETWEEN 1 AND 3 AND e.state BETWEEN 2 AND 4
   AND (q.check_date IS DISTINCT FROM $1 OR q.revision IS DISTINCT FROM e.published_revision)
 ORDER BY e.id
 LIMIT $3
"""

_SAVE = """
INSERT INTO quality (entry_id, revision, check_date, completeness, missing, description_hash)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (entry_id) DO UPDATE
   SET revision = excluded.revision, check_date = excluded.check_date, completeness = excluded.completeness,
       missing = excluded.missing, description_hash = excluded.description_hash
"""

# The etag stays: nothing that anybody edits has changed.
_SET_DUE = """
UPDATE entry AS e
   SET review_due_date = due.day
  FROM unnest($1::uuid[], $2::date[]) AS due (entry_id, day)
 WHERE e.id = due.entry_id AND e.review_due_date IS DISTINCT FROM due.day
"""

# 15 and 18, copies and broken links, are found elsewhere.
_DROP_FINDINGS = """
DELETE FROM finding AS f
 WHERE f.entry_id = ANY($1::uuid[]) AND f.kind NOT IN (15, 18)
   AND NOT EXISTS (SELECT FROM unnest($2::uuid[], $3::smallint[], $4::text[]) AS found (entry_id, kind, pointer)
                    WHERE (found.entry_id, found.kind, found.pointer) = (f.entry_id, f.kind, f.pointer))
"""

_ADD_FINDINGS = """
INSERT INTO finding (entry_id, kind, pointer, severity, find_time)
SELECT entry_id, kind, pointer, severity, $5
  FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::smallint[]) AS found (entry_id, kind, pointer, severity)
    ON CONFLICT DO NOTHING
"""

_DROP_COPIES = """
DELETE FROM finding AS f
 WHERE f.kind = 15
   AND NOT EXISTS (SELECT FROM quality AS q
                     JOIN quality AS other ON other.description_hash = q.description_hash
                      AND other.entry_id <> q.entry_id
                    WHERE q.entry_id = f.entry_id)
"""

_ADD_COPIES = """
INSERT INTO finding (entry_id, kind, pointer, severity, find_time)
SELECT q.entry_id, 15, '/description', 2, $1
  FROM quality AS q
 WHERE q.description_hash IN (SELECT description_hash FROM quality WHERE description_hash IS NOT NULL
                               GROUP BY description_hash HAVING count(*) > 1)
    ON CONFLICT DO NOTHING
"""

_GONE = """
SELECT q.entry_id FROM quality AS q JOIN entry AS e ON e.id = q.entry_id WHERE e.state NOT BETWEEN 2 AND 4 LIMIT 1000
"""

# The quality last: it is what the others are found by. Of pairs what nobody decided on; 1 is PROPOSED.
_FORGET = (
    "DELETE FROM finding WHERE entry_id = ANY($1::uuid[])",
    "DELETE FROM block WHERE entry_id = ANY($1::uuid[])",
    "DELETE FROM link_use WHERE entry_id = ANY($1::uuid[])",
    "DELETE FROM review WHERE entry_id = ANY($1::uuid[])",
    """
    DELETE FROM duplicate
     WHERE state = 1 AND (first_entry_id = ANY($1::uuid[]) OR second_entry_id = ANY($1::uuid[]))
    """,
    "DELETE FROM quality WHERE entry_id = ANY($1::uuid[])",
)

_QUALITY = "SELECT completeness, missing FROM quality WHERE entry_id = $1"

_FINDINGS = """
SELECT f.entry_id, f.kind, f.pointer, f.find_time, coalesce(r.document ->> 'name', '') AS display_name
  FROM finding AS f
  JOIN entry AS e ON e.id = f.entry_id
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE ($1::uuid IS NULL OR e.organisation_id = $1)
   AND ($2::uuid IS NULL OR f.entry_id = $2)
   AND ($3::smallint = 0 OR f.kind = $3)
   AND (f.severity, f.entry_id, f.kind, f.pointer) > ($4::smallint, $5::uuid, $6::smallint, $7::text)
 ORDER BY f.severity, f.entry_id, f.kind, f.pointer
 LIMIT $8
"""

# Review states: 3 MARKED, 4 HIDDEN. Advice (severity 3) is no fault to count.
_FIGURES = """
WITH reviewed AS (
    SELECT e.id, e.organisation_id, e.review_due_date >= $2 AND r.state IS DISTINCT FROM 4 AS assured, r.state,
           q.completeness
      FROM quality AS q
      JOIN entry AS e ON e.id = q.entry_id
      LEFT JOIN review AS r ON r.entry_id = e.id
     WHERE $1::uuid IS NULL OR e.organisation_id = $1
), counted AS (
    SELECT reviewed.organisation_id, f.kind, count(*) AS number, grouping(reviewed.organisation_id) AS whole
      FROM reviewed
      JOIN finding AS f ON f.entry_id = reviewed.id
     WHERE f.severity < 3
     GROUP BY GROUPING SETS ((reviewed.organisation_id, f.kind), (f.kind))
), listed AS (
    SELECT organisation_id, whole, array_agg(kind ORDER BY number DESC, kind) AS finding_kinds,
           array_agg(number ORDER BY number DESC, kind) AS finding_counts
      FROM counted
     GROUP BY organisation_id, whole
), summed AS (
    SELECT organisation_id, grouping(organisation_id) AS whole, count(*) AS entry_count,
           count(*) FILTER (WHERE assured) AS assured_count, count(*) FILTER (WHERE state = 3) AS marked_count,
           count(*) FILTER (WHERE state = 4) AS hidden_count,
           coalesce(round(avg(completeness)), 0)::smallint AS mean_completeness,
           ARRAY[count(*) FILTER (WHERE completeness < 25),
                 count(*) FILTER (WHERE completeness BETWEEN 25 AND 49),
                 count(*) FILTER (WHERE completeness BETWEEN 50 AND 74),
                 count(*) FILTER (WHERE completeness >= 75)] AS completeness_quarters
      FROM reviewed
     GROUP BY GROUPING SETS ((organisation_id), ())
)
SELECT summed.organisation_id, entry_count, assured_count, marked_count, hidden_count, mean_completeness,
       completeness_quarters, finding_kinds, finding_counts
  FROM summed
  LEFT JOIN listed ON listed.whole = summed.whole AND listed.organisation_id IS NOT DISTINCT FROM summed.organisation_id
 ORDER BY summed.whole DESC
"""

_KEEP_MONTH = """
INSERT INTO quality_month (month, organisation_id, figure_date, entry_count, assured_count, marked_count, hidden_count,
                           mean_completeness, completeness_quarters, finding_kinds, finding_counts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (organisation_id, month) DO UPDATE
   SET figure_date = excluded.figure_date, entry_count = excluded.entry_count, assured_count = excluded.assured_count,
       marked_count = excluded.marked_count, hidden_count = excluded.hidden_count,
       mean_completeness = excluded.mean_completeness, completeness_quarters = excluded.completeness_quarters,
       finding_kinds = excluded.finding_kinds, finding_counts = excluded.finding_counts
"""

_MONTHS = """
SELECT organisation_id, figure_date, entry_count, assured_count, marked_count, hidden_count, mean_completeness,
       completeness_quarters, finding_kinds, finding_counts
  FROM quality_month
 WHERE organisation_id IS NOT DISTINCT FROM $1
 ORDER BY month DESC
 LIMIT $2
"""

_MONTH_KEPT = "SELECT EXISTS (SELECT FROM quality_month WHERE organisation_id IS NULL AND figure_date = $1)"

_NAMES = """
SELECT e.id, coalesce(r.document ->> 'name', '') AS display_name
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE e.id = ANY($1::uuid[])
"""
