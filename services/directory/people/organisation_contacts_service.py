"""`OrganisationContactsService`: from the contract to whom to ring at an organisation and back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import grpc

from kith.directory.v1 import directory_pb2, organisation_contacts_pb2
from kith.directory.v1 import organisation_contacts_service_pb2 as pb
from kith.directory.v1.organisation_contacts_service_pb2_grpc import OrganisationContactsServiceServicer
from services.chassis import outbox
from services.chassis.database import Connection
from services.directory.parts import Parts
from services.directory.people import (
    events,
    ownership,
    practitioner_store,
    reach,
    rota_message,
    team_store,
)
from services.directory.people.refusals import (
    ChangedSince,
    OtherOrganisation,
    PractitionerHasLeft,
    TeamNotFound,
)
from services.directory.people.safeguarding import SafeguardingLead
from services.directory.people.team import OrganisationContacts
from services.directory.refusals import OrganisationNotFound, PractitionerNotFound

Context = grpc.aio.ServicerContext[Any, Any]


class OrganisationContactsService(OrganisationContactsServiceServicer):
    """Keeps whom to ring at an organisation."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def UpdateOrganisationContacts(
        self, request: pb.UpdateOrganisationContactsRequest, _context: Context
    ) -> pb.UpdateOrganisationContactsResponse:
        """Change an organisation's contacts. Raises as the contract says, ChangedSince for a stale version."""

        async def update(connection: Connection) -> pb.UpdateOrganisationContactsResponse:
            now = self._parts.clock()
            known = await team_store.lock_contacts(connection, UUID(request.organisation_id))
            if known is None:
                raise OrganisationNotFound
            ownership.require_own(known.organisation_id)
            if known.version != request.version:
                raise ChangedSince
            changed = _changed(known, request, now)
            await _require_known(connection, changed, request)
            await team_store.save_contacts(connection, changed)
            told = events.contact_changed(changed.organisation_id, changed.version, now)
            await outbox.write(connection, [told])
            (message,) = await _messages(connection, [changed], now)
            return pb.UpdateOrganisationContactsResponse(contacts=message)

        return await self._parts.writes.once(request, pb.UpdateOrganisationContactsResponse, update)

    async def BatchGetOrganisationContacts(
        self, request: pb.BatchGetOrganisationContactsRequest, _context: Context
    ) -> pb.BatchGetOrganisationContactsResponse:
        """Get whom to ring at organisations, and who of them is there now."""
        ids = [UUID(one) for one in request.organisation_ids]
        async with self._parts.database.connection() as connection:
            found = await team_store.contacts(connection, ids)
            messages = await _messages(connection, found, self._parts.clock())
        return pb.BatchGetOrganisationContactsResponse(contacts=messages)


def _changed(
    known: OrganisationContacts, request: pb.UpdateOrganisationContactsRequest, now: datetime
) -> OrganisationContacts:
    changed = replace(known, version=known.version + 1, update_time=now)
    if request.HasField("phone"):
        changed = replace(changed, phone=request.phone)
    if request.HasField("information_sharing_adviser"):
        adviser = request.information_sharing_adviser
        changed = replace(
            changed,
            adviser_display_name=adviser.display_name,
            adviser_phone=adviser.phone,
            adviser_email=adviser.email,
        )
    if request.HasField("safeguarding_contacts"):
        leads = [
            SafeguardingLead(one.kind, UUID(one.practitioner_id), rota_message.read_hours(one.hours))
            for one in request.safeguarding_contacts.contacts
        ]
        # The lead first: kinds are numbered so.
        changed = replace(changed, safeguarding=tuple(sorted(leads, key=lambda one: one.kind)))
    if request.HasField("front_door_team_id"):
        changed = replace(changed, front_door_team_id=_id(request.front_door_team_id))
    if request.HasField("out_of_hours_team_id"):
        changed = replace(changed, out_of_hours_team_id=_id(request.out_of_hours_team_id))
    return changed


async def _require_known(
    connection: Connection, changed: OrganisationContacts, request: pb.UpdateOrganisationContactsRequest
) -> None:
    """Raise unless those newly named are there, and of the organisation where they must be."""
    front_door = _id(request.front_door_team_id)
    wanted = {one for one in (front_door, _id(request.out_of_hours_team_id)) if one is not None}
    teams = await practitioner_store.teams(connection, wanted)
    if len(teams) < len(wanted):
        raise TeamNotFound
    if front_door is not None and teams[front_door] != changed.organisation_id:
        raise OtherOrganisation
    if not request.HasField("safeguarding_contacts"):
        return
    named = {one.practitioner_id for one in changed.safeguarding}
    practitioners = await practitioner_store.found(connection, named)
    if len(practitioners) < len(named):
        raise PractitionerNotFound
    if any(one.organisation_id != changed.organisation_id for one in practitioners.values()):
        raise OtherOrganisation
    if any(one.has_left for one in practitioners.values()):
        raise PractitionerHasLeft


async def _messages(
    connection: Connection, found: Collection[OrganisationContacts], now: datetime
) -> list[organisation_contacts_pb2.OrganisationContacts]:
    named = {lead.practitioner_id for one in found for lead in one.safeguarding}
    people = {UUID(one.id): one for one in await reach.practitioners(connection, named, now)} if named else {}
    doors = {one.front_door_team_id for one in found if one.front_door_team_id is not None}
    covers, _ = await reach.duty_cover(connection, doors, (), now) if doors else ({}, {})
    messages = []
    for one in found:
        message = organisation_contacts_pb2.OrganisationContacts(
            organisation_id=str(one.organisation_id),
            phone=one.phone,
            safeguarding_contacts=[
                _safeguarding(lead, people[lead.practitioner_id], now) for lead in one.safeguarding
            ],
            front_door_team_id=str(one.front_door_team_id or ""),
            front_door=covers.get(one.front_door_team_id) if one.front_door_team_id else None,
            out_of_hours_team_id=str(one.out_of_hours_team_id or ""),
            version=one.version,
        )
        message.update_time.FromDatetime(one.update_time)
        if one.adviser_display_name or one.adviser_phone or one.adviser_email:
            message.information_sharing_adviser.display_name = one.adviser_display_name
            message.information_sharing_adviser.phone = one.adviser_phone
            message.information_sharing_adviser.email = one.adviser_email
        messages.append(message)
    return messages


def _safeguarding(
    lead: SafeguardingLead, practitioner: directory_pb2.Practitioner, now: datetime
) -> organisation_contacts_pb2.SafeguardingContact:
    message = organisation_contacts_pb2.SafeguardingContact(
        kind=lead.kind, practitioner_id=practitioner.id, hours=rota_message.written_hours(lead.hours)
    )
    if practitioner.state != directory_pb2.Practitioner.STATE_LEFT:
        message.contact.display_name = practitioner.display_name
        message.contact.phone = practitioner.phone
        message.contact.email = practitioner.email
        message.job_title = practitioner.job_title
        message.available = lead.is_there(now) and not practitioner.HasField("out_of_office")
    return message


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
