"""`PanelService`: from the contract to panels and back, nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import grpc

from kith.directory.v1 import panel_service_pb2 as pb
from kith.directory.v1.panel_pb2 import Panel as PanelMessage
from kith.directory.v1.panel_service_pb2_grpc import PanelServiceServicer
from services.chassis import outbox
from services.chassis.database import Connection
from services.directory import store
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.people import events, ownership, panel_store, practitioner_store
from services.directory.people.panel import Panel
from services.directory.people.refusals import (
    ChangedSince,
    PanelEnded,
    PanelNotFound,
    PractitionerHasLeft,
)
from services.directory.refusals import OrganisationNotFound, PractitionerNotFound

Context = grpc.aio.ServicerContext[Any, Any]


class PanelService(PanelServiceServicer):
    """Keeps the locality panels."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def CreatePanel(self, request: pb.CreatePanelRequest, _context: Context) -> pb.CreatePanelResponse:
        """Create a panel. Raises OrganisationNotFound, PractitionerNotFound, PractitionerHasLeft."""

        async def create(connection: Connection) -> pb.CreatePanelResponse:
            organisation_id = UUID(request.organisation_id)
            ownership.require_own(organisation_id)
            if not await store.organisation_exists(connection, organisation_id):
                raise OrganisationNotFound
            blank = Panel(
                uuid4(), organisation_id, "", "", (), (), None, "", "", "", PanelMessage.STATE_ACTIVE, 0,
                self._parts.clock(),
            )  # fmt: skip
            panel = await self._described(connection, blank, request.details)
            await panel_store.add(connection, panel)
            return pb.CreatePanelResponse(panel=await _told(connection, panel))

        return await self._parts.writes.once(request, pb.CreatePanelResponse, create)

    async def UpdatePanel(self, request: pb.UpdatePanelRequest, _context: Context) -> pb.UpdatePanelResponse:
        """Replace what is said of a panel. Raises PanelNotFound, PanelEnded, ChangedSince, as CreatePanel."""

        async def update(connection: Connection) -> pb.UpdatePanelResponse:
            known = await _lock_own(connection, request.panel_id)
            if known.has_ended:
                raise PanelEnded
            if known.version != request.version:
                raise ChangedSince
            panel = await self._described(connection, known, request.details)
            await panel_store.save(connection, panel)
            return pb.UpdatePanelResponse(panel=await _told(connection, panel))

        return await self._parts.writes.once(request, pb.UpdatePanelResponse, update)

    async def EndPanel(self, request: pb.EndPanelRequest, _context: Context) -> pb.EndPanelResponse:
        """End a panel, once. Raises PanelNotFound."""

        async def end(connection: Connection) -> pb.EndPanelResponse:
            known = await _lock_own(connection, request.panel_id)
            if known.has_ended:
                (message,) = await _messages(connection, [known])
                return pb.EndPanelResponse(panel=message)
            panel = replace(
                known,
                state=PanelMessage.STATE_ENDED,
                version=known.version + 1,
                update_time=self._parts.clock(),
            )
            await panel_store.save(connection, panel)
            return pb.EndPanelResponse(panel=await _told(connection, panel))

        return await self._parts.writes.once(request, pb.EndPanelResponse, end)

    async def ListPanels(self, request: pb.ListPanelsRequest, _context: Context) -> pb.ListPanelsResponse:
        """List the panels that meet, page by page."""
        page = Page(self._parts.page_tokens, request)
        async with self._parts.database.connection() as connection:
            found = await panel_store.active(
                connection,
                UUID(request.organisation_id) if request.organisation_id else None,
                request.locality,
                request.ward,
                request.postcode_district,
                page.after_id,
                page.limit,
            )
            shown, token = page.cut(found, lambda panel: panel.id)
            messages = await _messages(connection, shown)
        return pb.ListPanelsResponse(panels=messages, next_page_token=token)

    async def _described(self, connection: Connection, known: Panel, details: pb.PanelDetails) -> Panel:
        chair_id = UUID(details.chair_practitioner_id) if details.chair_practitioner_id else None
        if chair_id is not None:
            chair = (await practitioner_store.found(connection, [chair_id])).get(chair_id)
            if chair is None:
                raise PractitionerNotFound
            if chair.has_left:
                raise PractitionerHasLeft
        return replace(
            known,
            display_name=details.display_name,
            locality=details.locality,
            wards=tuple(details.wards),
            postcode_districts=tuple(details.postcode_districts),
            chair_practitioner_id=chair_id,
            contact_display_name=details.contact.display_name,
            contact_phone=details.contact.phone,
            contact_email=details.contact.email,
            version=known.version + 1,
            update_time=self._parts.clock(),
        )


async def _lock_own(connection: Connection, panel_id: str) -> Panel:
    known = await panel_store.lock(connection, UUID(panel_id))
    if known is None:
        raise PanelNotFound
    ownership.require_own(known.organisation_id)
    return known


async def _told(connection: Connection, panel: Panel) -> PanelMessage:
    """Tell of the change; return the panel as it now stands."""
    await outbox.write(connection, [events.panel_changed(panel.id, panel.version, panel.update_time)])
    (message,) = await _messages(connection, [panel])
    return message


async def _messages(connection: Connection, panels: Sequence[Panel]) -> list[PanelMessage]:
    chairs = {one.chair_practitioner_id for one in panels if one.chair_practitioner_id is not None}
    known = await practitioner_store.found(connection, chairs) if chairs else {}
    messages = []
    for panel in panels:
        message = PanelMessage(
            id=str(panel.id),
            organisation_id=str(panel.organisation_id),
            display_name=panel.display_name,
            locality=panel.locality,
            wards=panel.wards,
            postcode_districts=panel.postcode_districts,
            chair_practitioner_id=str(panel.chair_practitioner_id or ""),
            state=panel.state,
            version=panel.version,
        )
        message.update_time.FromDatetime(panel.update_time)
        chair = known.get(panel.chair_practitioner_id) if panel.chair_practitioner_id else None
        if chair is not None and not chair.has_left:
            message.chair.display_name, message.chair.phone = chair.display_name, chair.phone
            message.chair.email = chair.email
        if panel.contact_display_name or panel.contact_phone or panel.contact_email:
            message.contact.display_name, message.contact.phone = (
                panel.contact_display_name,
                panel.contact_phone,
            )
            message.contact.email = panel.contact_email
        messages.append(message)
    return messages
