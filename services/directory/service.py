"""`DirectoryService`: from the contract to the entries and back, nothing else."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import grpc

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1.directory_events_pb2 import DirectoryEvent
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceServicer
from kith.directory.v1.people_service_pb2 import NewPractitioner
from services.chassis import outbox, paging
from services.chassis.database import Connection
from services.directory import messages, store
from services.directory.editing import adopting
from services.directory.entries import Organisation, Service
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.people import reach, staffing
from services.directory.refusals import OrganisationNotFound

Context = grpc.aio.ServicerContext[Any, Any]

_MOST_CHANGES = 1000
_USUAL_CHANGES = 500


class DirectoryService(DirectoryServiceServicer):
    """Answers for the directory. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts, wake: Callable[[], None]) -> None:
        """`wake` is called after a commit that may have written an event and is no write with a request id."""
        self._parts = parts
        self._wake = wake

    async def CreateOrganisation(
        self, request: pb.CreateOrganisationRequest, _context: Context
    ) -> pb.CreateOrganisationResponse:
        """Create an organisation, and publish it. Raises DocumentInvalid."""

        async def create(connection: Connection) -> pb.CreateOrganisationResponse:
            organisation = _organisation(request, self._parts.clock())
            await store.add_organisation(connection, organisation)
            await adopting.adopt_organisation(connection, organisation, organisation.update_time)
            return pb.CreateOrganisationResponse(organisation=messages.organisation(organisation))

        return await self._parts.writes.once(request, pb.CreateOrganisationResponse, create)

    async def CreateService(
        self, request: pb.CreateServiceRequest, _context: Context
    ) -> pb.CreateServiceResponse:
        """Create a service, and publish it. Raises OrganisationNotFound, DocumentInvalid, ConfidentialPlace."""

        async def create(connection: Connection) -> pb.CreateServiceResponse:
            service = _service(request, self._parts.clock())
            if not await store.organisations(connection, [service.organisation_id]):
                raise OrganisationNotFound
            await store.add_service(connection, service)
            await adopting.adopt_service(connection, service, service.update_time)
            (made,) = await store.services(connection, [service.id])
            return pb.CreateServiceResponse(service=messages.service(made))

        return await self._parts.writes.once(request, pb.CreateServiceResponse, create)

    async def CreatePractitioner(
        self, request: pb.CreatePractitionerRequest, _context: Context
    ) -> pb.CreatePractitionerResponse:
        """Create a practitioner. Raises ServiceNotFound."""

        async def create(connection: Connection) -> pb.CreatePractitionerResponse:
            now = self._parts.clock()
            details = NewPractitioner(
                service_id=request.service_id,
                display_name=request.display_name,
                job_title=request.job_title,
                phone=request.phone,
                email=request.email,
            )
            ids = await staffing.create(connection, [details], now)
            (made,) = await reach.practitioners(connection, ids, now)
            return pb.CreatePractitionerResponse(practitioner=made)

        return await self._parts.writes.once(request, pb.CreatePractitionerResponse, create)

    async def RecordPractitionerLeft(
        self, request: pb.RecordPractitionerLeftRequest, _context: Context
    ) -> pb.RecordPractitionerLeftResponse:
        """Record that a practitioner left; a second time changes nothing. Raises PractitionerNotFound."""
        now, ids = self._parts.clock(), _uuids([request.practitioner_id])
        async with self._parts.database.transaction() as connection:
            await staffing.leave(connection, ids, now)
            (left,) = await reach.practitioners(connection, ids, now)
        self._wake()
        return pb.RecordPractitionerLeftResponse(practitioner=left)

    async def BatchGetOrganisations(
        self, request: pb.BatchGetOrganisationsRequest, _context: Context
    ) -> pb.BatchGetOrganisationsResponse:
        """Get organisations, in one round trip to the database."""
        async with self._parts.database.connection() as connection:
            found = await store.organisations(connection, _uuids(request.ids))
        return pb.BatchGetOrganisationsResponse(organisations=map(messages.organisation, found))

    async def BatchGetServices(
        self, request: pb.BatchGetServicesRequest, _context: Context
    ) -> pb.BatchGetServicesResponse:
        """Get services, in one round trip to the database."""
        async with self._parts.database.connection() as connection:
            found = await store.services(connection, _uuids(request.ids))
        return pb.BatchGetServicesResponse(services=map(messages.service, found))

    async def BatchGetPractitioners(
        self, request: pb.BatchGetPractitionersRequest, _context: Context
    ) -> pb.BatchGetPractitionersResponse:
        """Get practitioners with who covers and who is on duty, in two round trips to the database at most."""
        async with self._parts.database.connection() as connection:
            found = await reach.practitioners(connection, _uuids(request.ids), self._parts.clock())
        return pb.BatchGetPractitionersResponse(practitioners=found)

    async def ListServices(
        self, request: pb.ListServicesRequest, _context: Context
    ) -> pb.ListServicesResponse:
        """List services by name, page by page."""
        page = Page(self._parts.page_tokens, request)
        organisation_id = UUID(request.organisation_id) if request.organisation_id else None
        async with self._parts.database.connection() as connection:
            found = await store.services_by_name(connection, organisation_id, page.after_id, page.limit)
        shown, token = page.cut(found, lambda service: service.id)
        return pb.ListServicesResponse(services=map(messages.service, shown), next_page_token=token)

    async def ListChanges(self, request: pb.ListChangesRequest, _context: Context) -> pb.ListChangesResponse:
        """List events from the outbox."""
        limit = paging.page_size(request.page_size, default=_USUAL_CHANGES, cap=_MOST_CHANGES)
        async with self._parts.database.connection() as connection:
            changes = await outbox.list_changes(connection, request.after, limit)
        return pb.ListChangesResponse(
            events=[DirectoryEvent.FromString(event.payload) for event in changes.events],
            next_after=changes.after,
            more=changes.more,
        )


def _organisation(request: pb.CreateOrganisationRequest, now: datetime) -> Organisation:
    adviser = request.information_sharing_adviser
    return Organisation(
        id=uuid4(),
        display_name=request.display_name,
        kind=request.kind,
        phone=request.phone,
        adviser_display_name=adviser.display_name,
        adviser_phone=adviser.phone,
        adviser_email=adviser.email,
        update_time=now,
    )


def _service(request: pb.CreateServiceRequest, now: datetime) -> Service:
    return Service(
        id=uuid4(),
        organisation_id=UUID(request.organisation_id),
        display_name=request.display_name,
        description=request.description,
        kind=request.kind,
        phone=request.phone,
        email=request.email,
        # That of its last event: of a new one there is none yet.
        version=0,
        update_time=now,
    )


def _uuids(ids: Sequence[str]) -> list[UUID]:
    return [UUID(one) for one in ids]
