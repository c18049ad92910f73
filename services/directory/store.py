"""Every statement of the directory. Connections are given by the caller, who owns the transaction."""

from collections.abc import Sequence
from dataclasses import astuple
from uuid import UUID

from services.chassis.database import Connection
from services.directory.entries import Organisation, Practitioner, Service


async def add_organisation(connection: Connection, organisation: Organisation) -> None:
    """Insert the organisation."""
    await connection.execute(_ADD_ORGANISATION, *astuple(organisation))


async def add_service(connection: Connection, service: Service) -> None:
    """Insert the service; its organisation must exist."""
    await connection.execute(_ADD_SERVICE, *astuple(service))


async def add_practitioner(connection: Connection, practitioner: Practitioner) -> None:
    """Insert the practitioner; the service must exist, and is what says of which organisation it is."""
    await connection.execute(
        _ADD_PRACTITIONER,
        practitioner.id,
        practitioner.service_id,
        practitioner.display_name,
        practitioner.job_title,
        practitioner.phone,
        practitioner.email,
        practitioner.state,
        practitioner.version,
        practitioner.update_time,
    )


async def change_state(connection: Connection, practitioner: Practitioner) -> None:
    """Store the practitioner's state, version and time."""
    await connection.execute(
        _CHANGE_STATE, practitioner.id, practitioner.state, practitioner.version, practitioner.update_time
    )


async def organisations(connection: Connection, ids: Sequence[UUID]) -> list[Organisation]:
    """Return those of the organisations that exist."""
    return [Organisation(**row) for row in await connection.fetch(_ORGANISATIONS, ids)]


async def services(connection: Connection, ids: Sequence[UUID]) -> list[Service]:
    """Return those of the services that exist."""
    return [Service(**row) for row in await connection.fetch(_SERVICES, ids)]


async def practitioners(connection: Connection, ids: Sequence[UUID]) -> list[Practitioner]:
    """Return those of the practitioners that exist."""
    return [Practitioner(**row) for row in await connection.fetch(_PRACTITIONERS, ids)]


async def lock_practitioner(connection: Connection, practitioner_id: UUID) -> Practitioner | None:
    """Return the practitioner, to be changed in this transaction by nobody else; None if there is none."""
    row = await connection.fetchrow(_LOCK_PRACTITIONER, practitioner_id)
    return Practitioner(**row) if row is not None else None


async def services_by_name(
    connection: Connection, organisation_id: UUID | None, after: UUID | None, limit: int
) -> list[Service]:
    """Return at most `limit` services, those after the service `after`; of all organisations if None is given."""
    rows = await connection.fetch(_SERVICES_BY_NAME, organisation_id, after, limit)
    return [Service(**row) for row in rows]


_ADD_ORGANISATION = """
INSERT INTO organisation (id, display_name, kind, phone, adviser_display_name, adviser_phone, adviser_email,
                          update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_ADD_SERVICE = """
INSERT INTO service (id, organisation_id, display_name, description, kind, phone, email, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

_ADD_PRACTITIONER = """
INSERT INTO practitioner (id, service_id, display_name, job_title, phone, email, state, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

_CHANGE_STATE = "UPDATE practitioner SET state = $2, version = $3, update_time = $4 WHERE id = $1"

_ORGANISATIONS = """
SELECT id, display_name, kind, phone, adviser_display_name, adviser_phone, adviser_email, update_time
  FROM organisation
 WHERE id = ANY($1::uuid[])
"""

_SERVICES = """
SELECT id, organisation_id, display_name, description, kind, phone, email, version, update_time
  FROM service
 WHERE id = ANY($1::uuid[])
"""

_PRACTITIONERS = """
SELECT p.id, s.organisation_id, p.service_id, p.display_name, p.job_title, p.phone, p.email, p.state,
       p.version, p.update_time
  FROM practitioner AS p
  JOIN service AS s ON s.id = p.service_id
 WHERE p.id = ANY($1::uuid[])
"""

_LOCK_PRACTITIONER = """
SELECT p.id, s.organisation_id, p.service_id, p.display_name, p.job_title, p.phone, p.email, p.state,
       p.version, p.update_time
  FROM practitioner AS p
  JOIN service AS s ON s.id = p.service_id
 WHERE p.id = $1
   FOR UPDATE OF p
"""

# A page begins after a service and not after a name: of equal names none is lost, and a token stays short.
_SERVICES_BY_NAME = """
SELECT id, organisation_id, display_name, description, kind, phone, email, version, update_time
  FROM service
 WHERE ($1::uuid IS NULL OR organisation_id = $1)
   AND ($2::uuid IS NULL OR (lower(display_name), id) > (SELECT lower(display_name), id FROM service WHERE id = $2))
 ORDER BY lower(display_name), id
 LIMIT $3
"""
