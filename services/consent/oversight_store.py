"""Every statement about what is due and about counts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from services.chassis.database import Connection
from services.consent.report import Figure


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be looked at. `kind` is a number of kith.consent.v1.DueItem.Kind."""

    kind: int
    id: UUID
    child_id: UUID
    due_date: date

    @property
    def create_time(self) -> datetime:
        """Its place in the list."""
        return datetime.combine(self.due_date, time.min, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DueCount:
    """How many there are in all, and how many of them are overdue."""

    total: int
    overdue: int


async def due(
    connection: Connection,
    organisation_id: UUID,
    until: date,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Due]:
    """Return a page of what the organisation has to look at up to a day, the longest overdue first."""
    day, id_ = (after[0].date(), after[1]) if after else (None, None)
    return [
        Due(**dict(row)) for row in await connection.fetch(_DUE_PAGE, organisation_id, until, day, id_, limit)
    ]


async def due_count(connection: Connection, organisation_id: UUID, until: date, today: date) -> DueCount:
    """Return how many there are on all pages."""
    row = await connection.fetchrow(_DUE_COUNT, organisation_id, until, today)
    return DueCount(0, 0) if row is None else DueCount(row["total"], row["overdue"])


async def figures(connection: Connection, first: date, last: date, today: date) -> list[Figure]:
    """Return the counts of each organisation, none suppressed: never to be shown as they are."""
    return [
        Figure(row["measure"], str(row["organisation_id"]), str(row["value"]), row["count"])
        for row in await connection.fetch(_FIGURES, first, last, today)
    ]


_DUE_PAGE = """
SELECT kind, id, child_id, due_date FROM due_item
 WHERE organisation_id = $1 AND due_date <= $2 AND ($3::date IS NULL OR (due_date, id) > ($3, $4::uuid))
 ORDER BY due_date, id
 LIMIT $5
"""

_DUE_COUNT = """
SELECT count(*) AS total, count(*) FILTER (WHERE due_date < $3) AS overdue FROM due_item
 WHERE organisation_id = $1 AND due_date <= $2
"""

_FIGURES = """
SELECT 1 AS measure, recording_organisation_id AS organisation_id, kind AS value, count(*) AS count FROM consent
 WHERE say_date BETWEEN $1 AND $2 AND state <> 3 GROUP BY 2, 3
UNION ALL
SELECT 2, recording_organisation_id, state, count(*) FROM consent
 WHERE say_date BETWEEN $1 AND $2 GROUP BY 2, 3
UNION ALL
SELECT 3, organisation_id, outcome, count(*) FROM sharing_decision
 WHERE decide_date BETWEEN $1 AND $2 GROUP BY 2, 3
UNION ALL
SELECT 4, organisation_id, ground, count(*) FROM sharing_decision
 WHERE decide_date BETWEEN $1 AND $2 AND outcome = 2 GROUP BY 2, 3
UNION ALL
SELECT 5, recording_organisation_id,
       CASE WHEN state = 3 THEN 1 WHEN state = 8 THEN 4 WHEN expire_date < $3 THEN 3 ELSE 2 END, count(*)
  FROM consent
 WHERE (state = 3 AND expire_date < $3) OR state = 8
    OR (state = 1 AND (expire_date < $3 OR review_date < $3))
 GROUP BY 2, 3
UNION ALL
SELECT 5, organisation_id, 5, count(*) FROM sharing_decision AS d
 WHERE review_date < $3 AND end_date IS NULL
   AND (outcome = 3 OR EXISTS (SELECT FROM share AS s WHERE s.sharing_decision_id = d.id AND s.state = 1))
 GROUP BY 2
UNION ALL
SELECT 5, d.organisation_id, 6, count(*)
  FROM share AS s JOIN sharing_decision AS d ON d.id = s.sharing_decision_id
 WHERE s.state = 1 AND NOT s.understood AND s.share_time::date + 2 < $3
 GROUP BY 2
UNION ALL
SELECT 5, recipient_organisation_id, 7, count(*) FROM notice
 WHERE acknowledge_time IS NULL AND create_time::date + 2 < $3
 GROUP BY 2
"""
