"""The statement of a disclosure: what was shown is counted and recorded, or nothing is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.chassis import audit_outbox
from services.chassis.database import Connection


@dataclass(frozen=True, slots=True)
class Disclosure:
    """An access record, serialized, and the children that it is about."""

    record_id: UUID
    record: bytes
    child_ids: Sequence[UUID]


async def disclose(
    connection: Connection,
    *,
    subject: str,
    limit: int | None,
    in_turn: bool,
    disclosures: Sequence[Disclosure],
) -> list[bool] | None:
    """Count children shown to a subject today and write the access records, in one statement of its own transaction.

    Says of each, in order, whether it was below the limit when its turn came; of others nothing is counted or written.
    The limit is on different children; the disclosure that reaches it is still made; None is no limit. With `in_turn`
    the subject's disclosures wait for each other. Returns None if too many records wait to be shipped: then nothing
    may be told.
    """
    told: list[bool] | None = await connection.fetchval(
        _DISCLOSE,
        subject,
        in_turn,
        limit,
        [one.record_id for one in disclosures],
        [one.record for one in disclosures],
        [number for number, one in enumerate(disclosures, 1) for _ in one.child_ids],
        [child_id for one in disclosures for child_id in one.child_ids],
        audit_outbox.MOST_UNSHIPPED,
        audit_outbox.LONGEST_UNSHIPPED_SECONDS,
    )
    return told


# How much waits to be shipped is told as `audit_outbox.bound_check` tells it, from either end of an index.
_DISCLOSE = """
WITH oldest AS (
    SELECT position, create_time FROM chassis.audit_outbox WHERE ship_time IS NULL ORDER BY position LIMIT 1
), newest AS (
    SELECT position FROM chassis.audit_outbox WHERE ship_time IS NULL ORDER BY position DESC LIMIT 1
), backlog AS (
    SELECT coalesce((SELECT position FROM newest) - (SELECT position FROM oldest) + 1, 0) AS waiting,
           coalesce((SELECT extract(epoch FROM now() - create_time)::float8 FROM oldest), 0.0) AS age
)
SELECT CASE WHEN waiting <= $8::bigint AND age <= $9::float8 THEN disclose($1, $2, $3, $4, $5, $6, $7) END
  FROM backlog
"""
