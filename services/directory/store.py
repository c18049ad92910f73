"""Every statement of the directory. Connections are given by the caller, who owns the transaction."""

from collections.abc import Sequence
from dataclasses import astuple
from uuid import UUID

from services.chassis.database import Connection
from services.directory.entries import Organisation, Service


async def add_organisation(connection: Connection, organisation: Organisation) -> None:
    """Insert the organisation."""
    await connection.execute(_ADD_ORGANISATION, *astuple(organisation))


async def add_service(connection: Connection, service: Service) -> None:
    """Insert the service; its organisation must exist."""
    await connection.execute(_ADD_SERVICE, *astuple(service))


async def keep_services(connection: Connection, kept: Sequence[Service]) -> None:
    """Insert or replace services; of organisations that are not of the partnership none."""
    if kept:
        await connection.executemany(_KEEP_SERVICE, [astuple(service) for service in kept])


async def organisation_exists(connection: Connection, organisation_id: UUID) -> bool:
    """Whether there is such an organisation."""
    return bool(await connection.fetchval(_ORGANISATION_EXISTS, organisation_id))


async def organisations(connection: Connection, ids: Sequence[UUID]) -> list[Organisation]:
    """Return those of the organisations that exist."""
    return [Organisation(**row) for row in await connection.fetch(_ORGANISATIONS, ids)]


async def services(connection: Connection, ids: Sequence[UUID]) -> list[Service]:
    """Return those of the services that exist."""
    return [Service(**row) for row in await connection.fetch(_SERVICES, ids)]


async def organisations_without_entry(connection: Connection, limit: int) -> list[Organisation]:
    """Return at most `limit` organisations that were registered before there were entries."""
    rows = await connection.fetch(_ORGANISATIONS_WITHOUT_ENTRY, limit)
    return [Organisation(**row) for row in rows]


async def services_without_entry(connection: Connection, limit: int) -> list[Service]:
    """Return at most `limit` services, of organisations that have an entry, that were registered before."""
    return [Service(**row) for row in await connection.fetch(_SERVICES_WITHOUT_ENTRY, limit)]


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

_KEEP_SERVICE = """
INSERT INTO service (id, organisation_id, display_name, description, kind, phone, email, version, update_time)
SELECT $1, o.id, $3, $4, $5, $6, $7, $8, $9 FROM organisation AS o WHERE o.id = $2
    ON CONFLICT (id) DO UPDATE
   SET organisation_id = excluded.organisation_id, display_name = excluded.display_name,
       description = excluded.description, kind = excluded.kind, phone = excluded.phone, email = excluded.email,
       version = excluded.version, update_time = excluded.update_time
"""

_ORGANISATION_EXISTS = "SELECT EXISTS (SELECT FROM organisation WHERE id = $1)"

_ORGANISATIONS = """
SELECT id, display_name, kind, phone, adviser_display_name, adviser_phone, adviser_email, update_time
  FROM organisation
 WHERE id = ANY($1::uuid[])
"""

_ORGANISATIONS_WITHOUT_ENTRY = """
SELECT id, display_name, kind, phone, adviser_display_name, adviser_phone, adviser_email, update_time
  FROM organisation AS o
 WHERE NOT EXISTS (SELECT FROM entry AS e WHERE e.id = o.id)
 LIMIT $1
"""

_SERVICES_WITHOUT_ENTRY = """
SELECT s.id, s.organisation_id, s.display_name, s.description, s.kind, s.phone, s.email, s.version, s.update_time
  FROM service AS s
 WHERE NOT EXISTS (SELECT FROM entry AS e WHERE e.id = s.id)
   AND EXISTS (SELECT FROM entry AS e WHERE e.id = s.organisation_id)
 LIMIT $1
"""

_SERVICES = """
SELECT id, organisation_id, display_name, description, kind, phone, email, version, update_time
  FROM service
 WHERE id = ANY($1::uuid[])
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
