"""The one statement that a decision is made on: everything recorded about a child, as it is at this moment (G12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from services.chassis.database import Connection

# Who asks, and who would receive.
_PARTIES: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """The rows, by what they are about; decision_facts.py gives them their meaning."""

    consents: list[Any] = field(default_factory=list)
    sharing: list[Any] = field(default_factory=list)
    restrictions: list[Any] = field(default_factory=list)
    agreements: dict[UUID, Any] = field(default_factory=dict)


async def find(
    connection: Connection, child_ids: Collection[UUID], organisation_ids: Collection[UUID]
) -> Found:
    """Return what is recorded about the child, under all its ids, and the agreements of the organisations."""
    found = Found()
    lists: Sequence[list[Any]] = (found.consents, found.sharing, found.restrictions)
    for row in await _rows(connection, list(child_ids), list(organisation_ids)):
        what = row["what"]
        if what < len(lists):
            lists[what].append(row)
        else:
            found.agreements[row["id"]] = row
    return found


async def _rows(connection: Connection, child_ids: list[UUID], organisation_ids: list[UUID]) -> list[Any]:
    if len(child_ids) == 1 and 0 < len(organisation_ids) <= _PARTIES:
        return await connection.fetch(_FIND_ONE, child_ids[0], organisation_ids[0], organisation_ids[-1])
    return await connection.fetch(_FIND_MANY, child_ids, organisation_ids)


# One value instead of an array: PostgreSQL then keeps one plan, which it would make anew for each array (1 ms). The
# number 3 in the place of `what` is an agreement.
_FIND_ONE = """
SELECT what, id, child_id, organisation_id, scope, purposes, means, organisation_ids, service_ids, state, kind,
       start_date, end_date, bound_date, detail, flag, person_id, wording_id, other_date, said, says,
       organisation_kind, agreement_start, agreement_end, needed_ids
  FROM decision_record
 WHERE child_id = $1
UNION ALL
SELECT 3, organisation_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       organisation_kind, start_date, end_date, NULL
  FROM organisation_agreement
 WHERE organisation_id IN ($2, $3)
"""

_FIND_MANY = """
SELECT what, id, child_id, organisation_id, scope, purposes, means, organisation_ids, service_ids, state, kind,
       start_date, end_date, bound_date, detail, flag, person_id, wording_id, other_date, said, says,
       organisation_kind, agreement_start, agreement_end, needed_ids
  FROM decision_record
 WHERE child_id = ANY($1::uuid[])
UNION ALL
SELECT 3, organisation_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       organisation_kind, start_date, end_date, NULL
  FROM organisation_agreement
 WHERE organisation_id = ANY($2::uuid[])
"""
