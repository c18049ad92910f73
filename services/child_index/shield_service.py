"""ShieldService: shields put on children by anyone, decided by officers (DESIGN 5 no. 7). The rules are in `shield`."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import grpc
from google.protobuf.message import Message
from google.type import date_pb2

from kith.childindex.v1 import child_index_service_pb2
from kith.childindex.v1 import shield_service_pb2 as pb
from kith.childindex.v1.shield_service_pb2_grpc import ShieldServiceServicer
from services.chassis import access, paging
from services.chassis.database import Connection, Database
from services.chassis.errors import InvalidArgument
from services.chassis.paging import PageTokens
from services.chassis.writes import Write, Writes
from services.child_index import shield, shield_store, store
from services.child_index.child_refs import ChildRefs
from services.child_index.dates import from_date, to_date
from services.child_index.disclosure import Disclosures
from services.child_index.refusals import ChildNotVisible
from services.child_index.shield import Shield
from services.child_index.shield_store import Review
from services.child_index.shielding import Shielding

_LONGEST_REVIEW: Final = timedelta(days=366)
_REVIEWS: Final = 50
_MOST_REVIEWS: Final = 100
_DISCLOSURES: Final = 500
_MOST_DISCLOSURES: Final = 1000
_DAY_BYTES: Final = 4

Context = grpc.aio.ServicerContext[Any, Any]
R = TypeVar("R", bound=Message)
Change = Callable[[Connection, UUID], Awaitable[None]]


class ShieldService(ShieldServiceServicer):
    """Implements kith.childindex.v1.ShieldService; the proto says what each method does and refuses."""

    def __init__(
        self,
        database: Database,
        *,
        writes: Writes,
        refs: ChildRefs,
        shielding: Shielding,
        disclosures: Disclosures,
        tokens: PageTokens,
    ) -> None:
        self._database = database
        self._writes = writes
        self._refs = refs
        self._shielding = shielding
        self._disclosures = disclosures
        self._tokens = tokens

    async def ShieldChild(self, request: pb.ShieldChildRequest, _context: Context) -> pb.ShieldChildResponse:
        """Shield a child at once. Raises ChildNotVisible."""

        async def place(connection: Connection, child_id: UUID) -> None:
            await self._shielding.place(connection, child_id, access.current())

        return await self._once(request, request.child, pb.ShieldChildResponse, place)

    async def ConfirmShield(
        self, request: pb.ConfirmShieldRequest, _context: Context
    ) -> pb.ConfirmShieldResponse:
        """Confirm a shield. Raises ChildNotVisible, ShieldStateWrong, InvalidArgument."""
        day = _review_date(request.review_date)

        async def confirm(connection: Connection, child_id: UUID) -> None:
            await _decide(connection, child_id, lambda now: shield.confirmed(now, day))

        return await self._once(request, request.child, pb.ConfirmShieldResponse, confirm)

    async def ReviewShield(
        self, request: pb.ReviewShieldRequest, _context: Context
    ) -> pb.ReviewShieldResponse:
        """Keep a confirmed shield. Raises ChildNotVisible, ShieldStateWrong, InvalidArgument."""
        day = _review_date(request.review_date)

        async def review(connection: Connection, child_id: UUID) -> None:
            await _decide(connection, child_id, lambda now: shield.reviewed(now, day))

        return await self._once(request, request.child, pb.ReviewShieldResponse, review)

    async def LiftShield(self, request: pb.LiftShieldRequest, _context: Context) -> pb.LiftShieldResponse:
        """Lift a shield. Raises ChildNotVisible, ShieldStateWrong."""

        async def lift(connection: Connection, child_id: UUID) -> None:
            await self._shielding.lift(connection, child_id, access.current())

        return await self._once(request, request.child, pb.LiftShieldResponse, lift)

    async def ListShieldReviews(
        self, request: pb.ListShieldReviewsRequest, _context: Context
    ) -> pb.ListShieldReviewsResponse:
        """List what waits. Raises InvalidArgument for a page token of another list."""
        decision = access.current()
        binding = paging.binding(request, decision.caller)
        after = UUID(int=0)
        if request.page_token:
            after = UUID(bytes=self._tokens.open(request.page_token, binding))
        size = paging.page_size(request.page_size, default=_REVIEWS, cap=_MOST_REVIEWS)
        async with self._database.transaction() as connection:
            found = await shield_store.reviews(connection, after, _today(), size)
            await self._disclosures.note(connection, decision, [one.child_id for one in found])
        return pb.ListShieldReviewsResponse(
            reviews=[self._review(one, decision.caller.organisation_id) for one in found],
            next_page_token=self._tokens.seal(binding, found[-1].child_id.bytes)
            if len(found) == size
            else "",
        )

    async def ListDisclosures(
        self, request: pb.ListDisclosuresRequest, _context: Context
    ) -> pb.ListDisclosuresResponse:
        """List who was shown a child. Raises ChildNotVisible, InvalidArgument for a page token of another list."""
        decision = access.current()
        binding = paging.binding(request, decision.caller)
        before, after = date.max, ""
        if request.page_token:
            place = self._tokens.open(request.page_token, binding)
            before, after = date.fromordinal(int.from_bytes(place[:_DAY_BYTES])), place[_DAY_BYTES:].decode()
        size = paging.page_size(request.page_size, default=_DISCLOSURES, cap=_MOST_DISCLOSURES)
        async with self._database.transaction() as connection:
            child_id = await self._refs.internal(connection, request.child, decision.caller.organisation_id)
            if not await store.records_of(connection, child_id):
                raise ChildNotVisible
            found = await shield_store.disclosures(connection, child_id, before, after, size)
            await self._disclosures.note(connection, decision, [child_id])
        token = ""
        if len(found) == size:
            subject, day = found[-1]
            token = self._tokens.seal(binding, day.toordinal().to_bytes(_DAY_BYTES) + subject.encode())
        return pb.ListDisclosuresResponse(
            disclosures=[pb.Disclosure(subject=subject, day=from_date(day)) for subject, day in found],
            next_page_token=token,
        )

    async def _once(
        self, request: Write, ref: child_index_service_pb2.ChildRef, response: type[R], change: Change
    ) -> R:
        """Change a child's shield once, and leave an access record of it."""
        decision = access.current()

        async def changed(connection: Connection) -> R:
            child_id = await self._refs.internal(connection, ref, decision.caller.organisation_id)
            await change(connection, child_id)
            await self._disclosures.note(connection, decision, [child_id])
            return response()

        return await self._writes.once(request, response, changed)

    def _review(self, review: Review, organisation_id: str) -> pb.ShieldReview:
        day = review.shield.review_date
        message = pb.ShieldReview(
            child_id=self._refs.outward(review.child_id, organisation_id),
            state=pb.ShieldReview.State.Name(review.shield.state),
            placed=review.placed,
            review_date=None if day is None else from_date(day),
            resembled_child_ids=[self._refs.outward(one, organisation_id) for one in review.resembled],
        )
        message.update_time.FromDatetime(review.update_time)
        return message


async def _decide(connection: Connection, child_id: UUID, decide: Callable[[Shield | None], Shield]) -> None:
    """Change what is decided, and nothing of what is seen. Raises ShieldStateWrong, also without such a child."""
    await shield_store.save(connection, child_id, decide(await shield_store.shield_of(connection, child_id)))


def _review_date(value: date_pb2.Date) -> date:
    day = to_date(value, "review_date")
    if not _today() < day <= _today() + _LONGEST_REVIEW:
        raise InvalidArgument([("review_date", "must be after today and within a year")])
    return day


def _today() -> date:
    return datetime.now(UTC).date()
