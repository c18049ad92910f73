"""The one statement that a decision is made on: everything recorded about a child, as it is at this moment (G12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
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
    for row in await connection.fetch(_FIND, list(child_ids), list(organisation_ids)):
        what = row["what"]
        if what < len(lists):
            lists[what].append(row)
        else:
            found.agreements[row["id"]] = row
    return found


# A number for what each row is, and columns that mean for each of them what decision_facts.py says. A decision to share
# with consent decides nothing beside the consent (its outcome is 1).
_FIND = """
SELECT 0 AS what, c.id, c.child_id, c.recording_organisation_id AS organisation_id, c.scope, c.purposes, c.means,
       c.recipient_organisation_ids AS organisation_ids, c.recipient_service_ids AS service_ids, c.state AS state,
       c.kind AS kind, c.start_date AS start_date, c.expire_date AS end_date, c.freeze_date AS bound_date,
       c.say_date AS say_date, w.void_date AS void_date, c.wording_id AS other_id, c.giver_person_id AS person_id,
       c.giver AS detail, c.entitled AS flag, c.create_time, c.update_time, NULL::text AS word, NULL::text [] AS words
  FROM consent AS c LEFT JOIN wording AS w ON w.id = c.wording_id
 WHERE c.child_id = ANY($1::uuid[])
UNION ALL
SELECT 1, d.id, d.child_id, d.organisation_id, d.scope, d.purposes, d.means,
       d.recipient_organisation_ids, d.recipient_service_ids, d.outcome,
       d.ground, d.decide_date, d.end_date, d.order_end_date,
       d.review_date, NULL, NULL, NULL,
       d.family_informed, NULL, d.create_time, d.update_time, NULL, d.says
  FROM sharing_decision AS d
 WHERE d.child_id = ANY($1::uuid[]) AND d.outcome <> 1
UNION ALL
SELECT 2, r.id, r.child_id, NULL, NULL, NULL, NULL,
       r.person_ids, NULL, NULL,
       NULL, r.start_date, r.end_date, NULL,
       NULL, NULL, NULL, NULL,
       NULL, r.wish, NULL, NULL, NULL, NULL
  FROM restriction AS r
 WHERE r.child_id = ANY($1::uuid[])
UNION ALL
SELECT 3, a.organisation_id, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL,
       NULL, a.start_date, a.end_date, NULL,
       NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, a.organisation_kind, NULL
  FROM organisation_agreement AS a
 WHERE a.organisation_id = ANY($2::uuid[])
    OR a.organisation_id IN (SELECT organisation_id FROM sharing_decision WHERE child_id = ANY($1::uuid[]))
"""
