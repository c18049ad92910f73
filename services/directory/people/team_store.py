"""Every statement about teams and the contacts of organisations. The caller owns the transaction."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from services.chassis.database import Connection
from services.directory.people import stored_rota
from services.directory.people.team import OrganisationContacts, Team


async def add(connection: Connection, team: Team) -> bool:
    """Insert a team; False if its service has a duty team. Organisation and service must exist."""
    added = await connection.fetchval(
        _ADD,
        team.id,
        team.organisation_id,
        team.service_id,
        team.display_name,
        team.phone,
        team.email,
        stored_rota.rota_text(team.rota),
        team.version,
        team.update_time,
    )
    return added is not None


async def save(connection: Connection, team: Team) -> None:
    """Store a team that is locked."""
    await connection.execute(
        _SAVE,
        team.id,
        team.display_name,
        team.phone,
        team.email,
        stored_rota.rota_text(team.rota),
        team.version,
        team.update_time,
    )


async def lock(connection: Connection, team_id: UUID) -> Team | None:
    """Return a team, to be changed in this transaction by nobody else."""
    row = await connection.fetchrow(_LOCK, team_id)
    return None if row is None else _team(dict(row))


async def by_name(
    connection: Connection, organisation_id: UUID, after: UUID | None, limit: int
) -> list[Team]:
    """Return at most `limit` teams of an organisation, those after `after` by name."""
    return [_team(dict(row)) for row in await connection.fetch(_BY_NAME, organisation_id, after, limit)]


async def lock_contacts(connection: Connection, organisation_id: UUID) -> OrganisationContacts | None:
    """Return an organisation's contacts, to be changed by nobody else; None if there is no such organisation."""
    # The organisation's row, since its contacts may have none yet.
    await connection.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation_id)
    listed = await contacts(connection, [organisation_id])
    return listed[0] if listed else None


async def contacts(connection: Connection, organisation_ids: Collection[UUID]) -> list[OrganisationContacts]:
    """Return the contacts of those of the organisations that exist."""
    return [_contacts(dict(row)) for row in await connection.fetch(_CONTACTS, list(organisation_ids))]


async def save_contacts(connection: Connection, changed: OrganisationContacts) -> None:
    """Store contacts that are locked."""
    await connection.execute(
        _SAVE_ORGANISATION,
        changed.organisation_id,
        changed.phone,
        changed.adviser_display_name,
        changed.adviser_phone,
        changed.adviser_email,
        changed.update_time,
    )
    await connection.execute(
        _SAVE_CONTACTS,
        changed.organisation_id,
        stored_rota.safeguarding_text(changed.safeguarding),
        changed.front_door_team_id,
        changed.out_of_hours_team_id,
        changed.version,
        changed.update_time,
    )


def _team(values: dict[str, Any]) -> Team:
    return Team(**values | {"rota": stored_rota.rota(values["rota"])})


def _contacts(values: dict[str, Any]) -> OrganisationContacts:
    leads: Sequence[Any] = stored_rota.safeguarding(values["safeguarding"])
    return OrganisationContacts(**values | {"safeguarding": tuple(leads)})


_ADD = """
INSERT INTO team (id, organisation_id, service_id, display_name, phone, email, rota, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (service_id) DO NOTHING
RETURNING id
"""

_SAVE = """
UPDATE team SET display_name = $2, phone = $3, email = $4, rota = $5, version = $6, update_time = $7 WHERE id = $1
"""

_LOCK = """
SELECT id, organisation_id, service_id, display_name, phone, email, rota, version, update_time
  FROM team
 WHERE id = $1
   FOR UPDATE
"""

_BY_NAME = """
SELECT id, organisation_id, service_id, display_name, phone, email, rota, version, update_time
  FROM team
 WHERE organisation_id = $1
   AND ($2::uuid IS NULL OR (lower(display_name), id) > (SELECT lower(display_name), id FROM team WHERE id = $2))
 ORDER BY lower(display_name), id
 LIMIT $3
"""

_CONTACTS = """
SELECT o.id AS organisation_id, o.phone, o.adviser_display_name, o.adviser_phone, o.adviser_email,
       coalesce(c.safeguarding, '[]') AS safeguarding, c.front_door_team_id, c.out_of_hours_team_id,
       coalesce(c.version, 0) AS version, coalesce(c.update_time, o.update_time) AS update_time
  FROM organisation AS o
  LEFT JOIN organisation_contacts AS c ON c.organisation_id = o.id
 WHERE o.id = ANY($1::uuid[])
"""

_SAVE_ORGANISATION = """
UPDATE organisation
   SET phone = $2, adviser_display_name = $3, adviser_phone = $4, adviser_email = $5, update_time = $6
 WHERE id = $1
"""

_SAVE_CONTACTS = """
INSERT INTO organisation_contacts (organisation_id, safeguarding, front_door_team_id, out_of_hours_team_id, version,
                                   update_time)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (organisation_id) DO UPDATE
   SET safeguarding = $2, front_door_team_id = $3, out_of_hours_team_id = $4, version = $5, update_time = $6
"""
