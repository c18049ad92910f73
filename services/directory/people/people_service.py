"""`PeopleService`: from the contract to practitioners and back, nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import grpc

from kith.directory.v1 import absence_pb2, directory_pb2
from kith.directory.v1 import people_service_pb2 as pb
from kith.directory.v1.people_service_pb2_grpc import PeopleServiceServicer
from services.chassis.database import Connection
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.people import (
    local_time,
    ownership,
    practitioner_store,
    reach,
    staffing,
    work_contact,
)
from services.directory.people.absence import Absence
from services.directory.people.dates import from_date

Context = grpc.aio.ServicerContext[Any, Any]


class PeopleService(PeopleServiceServicer):
    """Keeps an organisation's people."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def BatchCreatePractitioners(
        self, request: pb.BatchCreatePractitionersRequest, _context: Context
    ) -> pb.BatchCreatePractitionersResponse:
        """Create practitioners, all or none. Raises ServiceNotFound, TeamNotFound, OtherOrganisation."""

        async def create(connection: Connection) -> pb.BatchCreatePractitionersResponse:
            now = self._parts.clock()
            ids = await staffing.create(connection, request.practitioners, now)
            made = await reach.in_order(connection, ids, now)
            return pb.BatchCreatePractitionersResponse(
                practitioners=made, warnings=await _warnings(connection, made)
            )

        return await self._parts.writes.once(request, pb.BatchCreatePractitionersResponse, create)

    async def BatchUpdatePractitioners(
        self, request: pb.BatchUpdatePractitionersRequest, _context: Context
    ) -> pb.BatchUpdatePractitionersResponse:
        """Change practitioners, all or none. Raises as staffing.change."""

        async def update(connection: Connection) -> pb.BatchUpdatePractitionersResponse:
            now = self._parts.clock()
            ids = await staffing.change(connection, request.changes, now)
            changed = await reach.in_order(connection, ids, now)
            return pb.BatchUpdatePractitionersResponse(
                practitioners=changed, warnings=await _warnings(connection, changed)
            )

        return await self._parts.writes.once(request, pb.BatchUpdatePractitionersResponse, update)

    async def MovePractitioner(
        self, request: pb.MovePractitionerRequest, _context: Context
    ) -> pb.MovePractitionerResponse:
        """Move a practitioner to another service. Raises as staffing.move."""

        async def move(connection: Connection) -> pb.MovePractitionerResponse:
            now = self._parts.clock()
            practitioner_id = await staffing.move(connection, request, now)
            (moved,) = await reach.practitioners(connection, [practitioner_id], now)
            return pb.MovePractitionerResponse(practitioner=moved)

        return await self._parts.writes.once(request, pb.MovePractitionerResponse, move)

    async def RecordPractitionersLeft(
        self, request: pb.RecordPractitionersLeftRequest, _context: Context
    ) -> pb.RecordPractitionersLeftResponse:
        """Record that practitioners left. Raises PractitionerNotFound."""

        async def leave(connection: Connection) -> pb.RecordPractitionersLeftResponse:
            now = self._parts.clock()
            ids = [UUID(one) for one in request.practitioner_ids]
            await staffing.leave(connection, ids, now)
            return pb.RecordPractitionersLeftResponse(
                practitioners=await reach.practitioners(connection, ids, now)
            )

        return await self._parts.writes.once(request, pb.RecordPractitionersLeftResponse, leave)

    async def ListPractitioners(
        self, request: pb.ListPractitionersRequest, _context: Context
    ) -> pb.ListPractitionersResponse:
        """List an organisation's practitioners by name, page by page."""
        find = partial(practitioner_store.ids_by_name, include_left=request.include_left)
        page, token = await self._page(request, find)
        return pb.ListPractitionersResponse(practitioners=page, next_page_token=token)

    async def RecordAbsence(
        self, request: pb.RecordAbsenceRequest, _context: Context
    ) -> pb.RecordAbsenceResponse:
        """Record that a practitioner is away. Raises as staffing.be_away."""

        async def record(connection: Connection) -> pb.RecordAbsenceResponse:
            absence = await staffing.be_away(connection, request, local_time.today(self._parts.clock()))
            return pb.RecordAbsenceResponse(absence=_absence(absence))

        return await self._parts.writes.once(request, pb.RecordAbsenceResponse, record)

    async def EndAbsence(self, request: pb.EndAbsenceRequest, _context: Context) -> pb.EndAbsenceResponse:
        """End an absence, or take back one that lies ahead. Raises AbsenceNotFound."""

        async def end(connection: Connection) -> pb.EndAbsenceResponse:
            await staffing.be_back(
                connection, UUID(request.absence_id), local_time.today(self._parts.clock())
            )
            return pb.EndAbsenceResponse()

        return await self._parts.writes.once(request, pb.EndAbsenceResponse, end)

    async def ListAbsences(
        self, request: pb.ListAbsencesRequest, _context: Context
    ) -> pb.ListAbsencesResponse:
        """List the absences at the caller's organisation that are not over, page by page."""
        page = Page(self._parts.page_tokens, request)
        practitioner_id = UUID(request.practitioner_id) if request.practitioner_id else None
        today = local_time.today(self._parts.clock())
        async with self._parts.database.connection() as connection:
            found = await practitioner_store.absences(
                connection, ownership.organisation(), practitioner_id, today, page.after_id, page.limit
            )
        shown, token = page.cut(found, lambda absence: absence.id)
        return pb.ListAbsencesResponse(absences=map(_absence, shown), next_page_token=token)

    async def BatchSetAssessors(
        self, request: pb.BatchSetAssessorsRequest, _context: Context
    ) -> pb.BatchSetAssessorsResponse:
        """Record who is trained to assess. Raises PractitionerNotFound, PractitionerHasLeft, InvalidArgument."""

        async def record(connection: Connection) -> pb.BatchSetAssessorsResponse:
            now = self._parts.clock()
            ids = await staffing.train(connection, request.assessors, now)
            return pb.BatchSetAssessorsResponse(practitioners=await reach.practitioners(connection, ids, now))

        return await self._parts.writes.once(request, pb.BatchSetAssessorsResponse, record)

    async def ListAssessors(
        self, request: pb.ListAssessorsRequest, _context: Context
    ) -> pb.ListAssessorsResponse:
        """List those of an organisation who can assess today, page by page (CAF-3)."""
        today = local_time.today(self._parts.clock())

        async def find(
            connection: Connection, organisation: UUID, after: UUID | None, limit: int
        ) -> list[UUID]:
            return await practitioner_store.assessor_ids(connection, organisation, today, after, limit)

        page, token = await self._page(request, find)
        return pb.ListAssessorsResponse(practitioners=page, next_page_token=token)

    async def _page(
        self,
        request: pb.ListPractitionersRequest | pb.ListAssessorsRequest,
        find: Callable[[Connection, UUID, UUID | None, int], Awaitable[list[UUID]]],
    ) -> tuple[list[directory_pb2.Practitioner], str]:
        """Return a page of practitioners, and the token of the next."""
        page = Page(self._parts.page_tokens, request)
        async with self._parts.database.connection() as connection:
            ids = await find(connection, UUID(request.organisation_id), page.after_id, page.limit)
            shown, token = page.cut(ids, lambda one: one)
            return await reach.in_order(connection, shown, self._parts.clock()), token


def _absence(absence: Absence) -> absence_pb2.Absence:
    return absence_pb2.Absence(
        id=str(absence.id),
        practitioner_id=str(absence.practitioner_id),
        start_date=from_date(absence.start_date),
        end_date=None if absence.end_date is None else from_date(absence.end_date),
        cover_practitioner_id=str(absence.cover_practitioner_id or ""),
    )


async def _warnings(
    connection: Connection, practitioners: Sequence[directory_pb2.Practitioner]
) -> list[pb.ContactWarning]:
    kinds = await practitioner_store.kinds(connection, {UUID(one.service_id) for one in practitioners})
    found = []
    for one in practitioners:
        if work_contact.is_private_mailbox(one.email):
            found.append((one.id, pb.ContactWarning.KIND_PRIVATE_MAILBOX))
        if work_contact.tells_place(one.phone, kinds[one.service_id]):
            found.append((one.id, pb.ContactWarning.KIND_DIALLING_CODE))
    return [pb.ContactWarning(practitioner_id=id_, kind=kind) for id_, kind in found]
