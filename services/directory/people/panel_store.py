"""Every statement about panels. The caller owns the transaction."""

from typing import Any
from uuid import UUID

from services.chassis.database import Connection
from services.directory.people.panel import Panel


async def add(connection: Connection, panel: Panel) -> None:
    """Insert a panel; organisation and chair must exist."""
    await connection.execute(_ADD, panel.id, panel.organisation_id, *_values(panel))


async def save(connection: Connection, panel: Panel) -> None:
    """Store a panel that is locked."""
    await connection.execute(_SAVE, panel.id, *_values(panel))


async def lock(connection: Connection, panel_id: UUID) -> Panel | None:
    """Return a panel, to be changed in this transaction by nobody else."""
    row = await connection.fetchrow(_LOCK, panel_id)
    return None if row is None else _panel(dict(row))


async def active(
    connection: Connection,
    organisation_id: UUID | None,
    locality: str,
    ward: str,
    postcode_district: str,
    after: UUID | None,
    limit: int,
) -> list[Panel]:
    """Return at most `limit` panels that meet, those after `after` by locality; what is empty is not asked for."""
    rows = await connection.fetch(_ACTIVE, organisation_id, locality, ward, postcode_district, after, limit)
    return [_panel(dict(row)) for row in rows]


def _values(panel: Panel) -> tuple[object, ...]:
    return (
        panel.display_name,
        panel.locality,
        list(panel.wards),
        list(panel.postcode_districts),
        panel.chair_practitioner_id,
        panel.contact_display_name,
        panel.contact_phone,
        panel.contact_email,
        panel.state,
        panel.version,
        panel.update_time,
    )


def _panel(values: dict[str, Any]) -> Panel:
    lists = {name: tuple(values[name]) for name in ("wards", "postcode_districts")}
    return Panel(**values | lists)


_ADD = """
INSERT INTO panel (id, organisation_id, display_name, locality, wards, postcode_districts, chair_practitioner_id,
                   contact_display_name, contact_phone, contact_email, state, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""

_SAVE = """
UPDATE panel
   SET display_name = $2, locality = $3, wards = $4, postcode_districts = $5, chair_practitioner_id = $6,
       contact_display_name = $7, contact_phone = $8, contact_email = $9, state = $10, version = $11, update_time = $12
 WHERE id = $1
"""

_LOCK = """
SELECT id, organisation_id, display_name, locality, wards, postcode_districts, chair_practitioner_id,
       contact_display_name, contact_phone, contact_email, state, version, update_time
  FROM panel
 WHERE id = $1
   FOR UPDATE
"""

_ACTIVE = """
SELECT id, organisation_id, display_name, locality, wards, postcode_districts, chair_practitioner_id,
       contact_display_name, contact_phone, contact_email, state, version, update_time
  FROM panel
 WHERE state = 1
   AND ($1::uuid IS NULL OR organisation_id = $1)
   AND ($2 = '' OR lower(locality) = lower($2))
   AND ($3 = '' OR EXISTS (SELECT FROM unnest(wards) AS ward WHERE lower(ward) = lower($3)))
   AND ($4 = '' OR $4 = ANY(postcode_districts))
   AND ($5::uuid IS NULL
        OR (lower(locality), lower(display_name), id)
         > (SELECT lower(locality), lower(display_name), id FROM panel WHERE id = $5))
 ORDER BY lower(locality), lower(display_name), id
 LIMIT $6
"""
