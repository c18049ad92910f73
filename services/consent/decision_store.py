"""The one statement that a decision is made on: everything recorded about a child, as it is at this moment (G12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from services.chassis.database import Connection


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


_PARTIES: Final = 2

# A number for what each row is, and columns that mean for each of them what decision_facts.py says. A decision to share
# with consent decides nothing beside the consent (its outcome is 1). The moment of the last word is that of the end, or
# of the giving: at the end of that day if it was recorded later.
_FIND = """
SELECT 0 AS what, c.id, c.child_id, c.recording_organisation_id AS organisation_id, c.scope, c.purposes, c.means,
       c.recipient_organisation_ids AS organisation_ids, c.recipient_service_ids AS service_ids, c.state, c.kind,
       c.start_date, c.expire_date AS end_date, c.freeze_date AS bound_date, c.giver AS detail, c.entitled AS flag,
       c.giver_person_id AS person_id, c.wording_id, w.void_date AS other_date,
       CASE WHEN c.state IN (2, 4) THEN c.update_time
            WHEN c.say_date >= c.create_time::date THEN c.create_time
            ELSE c.say_date + interval '1 day' - interval '1 microsecond'
        END AS said,
       NULL::text [] AS says,
       NULL::text AS organisation_kind, NULL::date AS agreement_start, NULL::date AS agreement_end
  FROM consent AS c LEFT JOIN wording AS w ON w.id = c.wording_id
 WHERE c.child_id {child}
UNION ALL
SELECT 1, d.id, d.child_id, d.organisation_id, d.scope, d.purposes, d.means,
       d.recipient_organisation_ids, d.recipient_service_ids, d.outcome, d.ground,
       d.decide_date, d.end_date, d.order_end_date, d.family_informed, NULL,
       NULL, NULL, d.review_date,
       NULL,
       d.says, a.organisation_kind, a.start_date, a.end_date
  FROM sharing_decision AS d LEFT JOIN organisation_agreement AS a ON a.organisation_id = d.organisation_id
 WHERE d.child_id {child} AND d.outcome <> 1
UNION ALL
SELECT 2, r.id, r.child_id, NULL, NULL, NULL, NULL,
       r.person_ids, NULL, NULL, NULL,
       r.start_date, r.end_date, NULL, NULL, r.wish,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM restriction AS r
 WHERE r.child_id {child}
UNION ALL
SELECT 3, a.organisation_id, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, a.organisation_kind, a.start_date, a.end_date
  FROM organisation_agreement AS a
 WHERE a.organisation_id {organisation}
"""

# One value instead of an array: PostgreSQL then keeps one plan, which it would make anew for each array (1 ms).
_FIND_ONE = _FIND.format(child="= $1::uuid", organisation="IN ($2::uuid, $3::uuid)")
_FIND_MANY = _FIND.format(child="= ANY($1::uuid[])", organisation="= ANY($2::uuid[])")
