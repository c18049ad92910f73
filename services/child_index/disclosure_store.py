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
    )
    return told


_DISCLOSE = f"""
SELECT CASE WHEN b.waiting <= {audit_outbox.MOST_UNSHIPPED} AND b.age <= {audit_outbox.LONGEST_UNSHIPPED_SECONDS}
            THEN disclose($1, $2, $3, $4, $5, $6, $7) END
  FROM ({audit_outbox.BACKLOG}) AS b
"""  # noqa: S608 - numbers and a statement of ours
