"""`EnquiryService`: from the contract to capacities and enquiries and back, nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc

from kith.directory.v1 import enquiry_service_pb2 as pb
from kith.directory.v1.enquiry_pb2 import Enquiry as Message
from kith.directory.v1.enquiry_service_pb2_grpc import EnquiryServiceServicer
from services.chassis.database import Connection
from services.directory.enquiries import capacity, enquiry_store
from services.directory.enquiries.enquiry import (
    EXPIRES_AFTER,
    ORGANISATION_A_DAY,
    PRACTITIONER_A_DAY,
    Enquiry,
)
from services.directory.enquiries.refusals import EnquiryBudgetSpent, EnquiryNotFound, EnquiryWaiting
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.people import ownership, practitioner_store
from services.directory.people.refusals import PractitionerHasLeft
from services.directory.refusals import PractitionerNotFound, ServiceNotFound

Context = grpc.aio.ServicerContext[Any, Any]


class EnquiryService(EnquiryServiceServicer):
    """Says whether services take people, and carries the wish that one gets in touch."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def SetCapacity(self, request: pb.SetCapacityRequest, _context: Context) -> pb.SetCapacityResponse:
        """Record whether a service takes people. Raises ServiceNotFound."""

        async def confirm(connection: Connection) -> pb.SetCapacityResponse:
            confirmed = await capacity.confirm(
                connection,
                UUID(request.service_id),
                request.state,
                request.waiting_weeks,
                self._parts.clock(),
            )
            return pb.SetCapacityResponse(capacity=confirmed)

        return await self._parts.writes.once(request, pb.SetCapacityResponse, confirm)

    async def BatchGetCapacities(
        self, request: pb.BatchGetCapacitiesRequest, _context: Context
    ) -> pb.BatchGetCapacitiesResponse:
        """Get the capacities that are known."""
        ids = [UUID(one) for one in request.service_ids]
        async with self._parts.database.connection() as connection:
            known = await capacity.known(connection, ids, self._parts.clock())
        return pb.BatchGetCapacitiesResponse(capacities={str(id_): one for id_, one in known.items()})

    async def CreateEnquiry(
        self, request: pb.CreateEnquiryRequest, _context: Context
    ) -> pb.CreateEnquiryResponse:
        """Ask a service to get in touch. Raises EnquiryWaiting, EnquiryBudgetSpent, and if either is not there."""

        async def create(connection: Connection) -> pb.CreateEnquiryResponse:
            now = self._parts.clock()
            enquiry = await _asked(connection, request, now)
            await enquiry_store.add(connection, enquiry)
            return pb.CreateEnquiryResponse(enquiry=_message(enquiry, now))

        return await self._parts.writes.once(request, pb.CreateEnquiryResponse, create)

    async def ListEnquiries(
        self, request: pb.ListEnquiriesRequest, _context: Context
    ) -> pb.ListEnquiriesResponse:
        """List enquiries to or from the caller's organisation, page by page."""
        page = Page(self._parts.page_tokens, request)
        now = self._parts.clock()
        find = enquiry_store.sent if request.sent else enquiry_store.received
        open_since = None if request.include_closed else now - EXPIRES_AFTER
        async with self._parts.database.connection() as connection:
            found = await find(connection, ownership.organisation(), open_since, page.after_id, page.limit)
        shown, token = page.cut(found, lambda enquiry: enquiry.id)
        return pb.ListEnquiriesResponse(
            enquiries=[_message(one, now) for one in shown], next_page_token=token
        )

    async def RecordEnquirySeen(
        self, request: pb.RecordEnquirySeenRequest, _context: Context
    ) -> pb.RecordEnquirySeenResponse:
        """Record that an enquiry was seen. Raises EnquiryNotFound, EnquiryClosed."""

        async def see(connection: Connection) -> pb.RecordEnquirySeenResponse:
            changed = await self._change(connection, request.enquiry_id, Enquiry.seen)
            return pb.RecordEnquirySeenResponse(enquiry=changed)

        return await self._parts.writes.once(request, pb.RecordEnquirySeenResponse, see)

    async def AnswerEnquiry(
        self, request: pb.AnswerEnquiryRequest, _context: Context
    ) -> pb.AnswerEnquiryResponse:
        """Record that the service got in touch. Raises EnquiryNotFound, EnquiryClosed."""

        async def answer(connection: Connection) -> pb.AnswerEnquiryResponse:
            changed = await self._change(connection, request.enquiry_id, Enquiry.answered)
            return pb.AnswerEnquiryResponse(enquiry=changed)

        return await self._parts.writes.once(request, pb.AnswerEnquiryResponse, answer)

    async def DeclineEnquiry(
        self, request: pb.DeclineEnquiryRequest, _context: Context
    ) -> pb.DeclineEnquiryResponse:
        """Record that the service will not get in touch. Raises EnquiryNotFound, EnquiryClosed."""

        async def decline(connection: Connection) -> pb.DeclineEnquiryResponse:
            changed = await self._change(
                connection, request.enquiry_id, lambda known, now: known.declined(request.reason, now)
            )
            return pb.DeclineEnquiryResponse(enquiry=changed)

        return await self._parts.writes.once(request, pb.DeclineEnquiryResponse, decline)

    async def _change(
        self, connection: Connection, enquiry_id: str, turn: Callable[[Enquiry, datetime], Enquiry]
    ) -> Message:
        """Change an enquiry to the caller's organisation; one that another organisation got does not exist here."""
        now = self._parts.clock()
        known = await enquiry_store.lock_received(connection, UUID(enquiry_id), ownership.own_organisation())
        if known is None:
            raise EnquiryNotFound
        changed = turn(known, now)
        if changed is not known:
            await enquiry_store.save(connection, changed)
        return _message(changed, now)


async def _asked(connection: Connection, request: pb.CreateEnquiryRequest, now: datetime) -> Enquiry:
    service_id, practitioner_id = UUID(request.service_id), UUID(request.practitioner_id)
    practitioner = (await practitioner_store.found(connection, [practitioner_id])).get(practitioner_id)
    if practitioner is None:
        raise PractitionerNotFound
    ownership.require_own(practitioner.organisation_id)
    if practitioner.has_left:
        raise PractitionerHasLeft
    if not await practitioner_store.services(connection, [service_id]):
        raise ServiceNotFound
    enquiry = Enquiry(
        id=uuid4(),
        service_id=service_id,
        practitioner_id=practitioner_id,
        organisation_id=practitioner.organisation_id,
        topic=request.topic,
        preferred_time=request.preferred_time,
        channel=request.channel,
        state=Message.STATE_ASKED,
        decline_reason=Message.DECLINE_REASON_UNSPECIFIED,
        create_time=now,
        update_time=now,
    )
    await enquiry_store.take_turn(connection, enquiry.organisation_id)
    spent = await enquiry_store.spent(connection, enquiry, now - timedelta(days=1), now - EXPIRES_AFTER)
    if spent.waiting:
        raise EnquiryWaiting
    if spent.by_practitioner >= PRACTITIONER_A_DAY:
        raise EnquiryBudgetSpent(PRACTITIONER_A_DAY)
    if spent.by_organisation >= ORGANISATION_A_DAY:
        raise EnquiryBudgetSpent(ORGANISATION_A_DAY)
    return enquiry


def _message(enquiry: Enquiry, now: datetime) -> Message:
    message = Message(
        id=str(enquiry.id),
        service_id=str(enquiry.service_id),
        practitioner_id=str(enquiry.practitioner_id),
        organisation_id=str(enquiry.organisation_id),
        topic=enquiry.topic,
        preferred_time=enquiry.preferred_time,
        channel=enquiry.channel,
        state=enquiry.state_at(now),
        decline_reason=enquiry.decline_reason,
    )
    message.create_time.FromDatetime(enquiry.create_time)
    message.expire_time.FromDatetime(enquiry.expire_time)
    message.update_time.FromDatetime(enquiry.update_time)
    return message
