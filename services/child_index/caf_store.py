"""The statements of the CAF indicator and of the lead professional: one row each of a child.

Whoever changes one has locked the child's row first (`store.advance_child`).
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.chassis.database import Connection


@dataclass(frozen=True, slots=True)
class StoredCaf:
    """A row of `caf_indicator`."""

    is_open: bool
    assessment_date: date
    version_number: int
    holder_organisation_id: UUID
    holder_practitioner_id: UUID
    review_date: date
    consent_id: UUID | None
    ground: int | None


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A row of `lead_professional`."""

    organisation_id: UUID
    practitioner_id: UUID
    start_date: date


async def caf_and_lead(connection: Connection, child_id: UUID) -> tuple[StoredCaf | None, StoredLead | None]:
    """The CAF indicator and the lead professional of a child."""
    row = await connection.fetchrow(_CAF_AND_LEAD, child_id)
    if row is None:
        return None, None
    caf = (
        StoredCaf(*(row[name] for name in StoredCaf.__slots__))
        if row["holder_organisation_id"] is not None
        else None
    )
    lead = (
        StoredLead(row["lead_organisation_id"], row["practitioner_id"], row["start_date"])
        if row["practitioner_id"] is not None
        else None
    )
    return caf, lead


async def set_caf(connection: Connection, child_id: UUID, caf: StoredCaf) -> None:
    """Set the CAF indicator of a child."""
    await connection.execute(_SET_CAF, child_id, *(getattr(caf, name) for name in StoredCaf.__slots__))


async def appoint_lead(connection: Connection, child_id: UUID, lead: StoredLead) -> None:
    """Make this the lead professional of a child."""
    await connection.execute(
        _APPOINT_LEAD, child_id, lead.organisation_id, lead.practitioner_id, lead.start_date
    )


_CAF_AND_LEAD = """
SELECT f.is_open, f.assessment_date, f.version_number, f.holder_organisation_id, f.holder_practitioner_id,
       f.review_date, f.consent_id, f.ground,
       l.organisation_id AS lead_organisation_id, l.practitioner_id, l.start_date
  FROM child AS c
  LEFT JOIN caf_indicator AS f ON f.child_id = c.id
  LEFT JOIN lead_professional AS l ON l.child_id = c.id
 WHERE c.id = $1
"""

_SET_CAF = """
INSERT INTO caf_indicator (child_id, is_open, assessment_date, version_number, holder_organisation_id,
                           holder_practitioner_id, review_date, consent_id, ground)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (child_id) DO UPDATE
   SET is_open = excluded.is_open, assessment_date = excluded.assessment_date,
       version_number = excluded.version_number, holder_organisation_id = excluded.holder_organisation_id,
       holder_practitioner_id = excluded.holder_practitioner_id, review_date = excluded.review_date,
       consent_id = excluded.consent_id, ground = excluded.ground, update_time = now()
"""

_APPOINT_LEAD = """
INSERT INTO lead_professional (child_id, organisation_id, practitioner_id, start_date)
VALUES ($1, $2, $3, $4)
    ON CONFLICT (child_id) DO UPDATE
   SET organisation_id = excluded.organisation_id, practitioner_id = excluded.practitioner_id,
       start_date = excluded.start_date, update_time = now()
"""
