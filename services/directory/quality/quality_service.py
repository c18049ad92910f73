"""`QualityService`: from the contract to confirmations, reviews and findings and back, nothing else."""

from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import grpc

from kith.directory.v1 import quality_service_pb2 as pb
from kith.directory.v1.quality_service_pb2_grpc import QualityServiceServicer
from services.chassis import access
from services.chassis.database import Connection
from services.chassis.errors import InvalidArgument, PermissionDenied
from services.directory.editing import store as entry_store
from services.directory.editing.actor import Actor
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.quality import messages, review_store, store
from services.directory.quality.confirming import confirm
from services.directory.quality.examining import REVIEWED
from services.directory.quality.policy import Policy
from services.directory.quality.refusals import HidingNotHeld, QualityNotKnown
from services.directory.quality.store import Figures, StoredFinding

Context = grpc.aio.ServicerContext[Any, Any]

_MONTHS: Final = 24
_MOST_FINDINGS: Final = 1000
_ABOVE_ALL_IDS: Final = 2**62


class QualityService(QualityServiceServicer):
    """Answers for the quality of entries. Who may ask at all is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts, policy: Policy) -> None:
        self._parts = parts
        self._policy = policy

    async def ConfirmEntry(
        self, request: pb.ConfirmEntryRequest, _context: Context
    ) -> pb.ConfirmEntryResponse:
        """Confirm one entry. Raises what `confirm` raises."""
        return await self._parts.writes.once(
            request, pb.ConfirmEntryResponse, partial(self._confirm, request, Actor.of(_caller()))
        )

    async def _confirm(
        self, request: pb.ConfirmEntryRequest, actor: Actor, connection: Connection
    ) -> pb.ConfirmEntryResponse:
        chosen = [_chosen(request.confirmed)]
        confirmed = await confirm(connection, self._policy, actor, chosen, self._parts.clock())
        listed = await review_store.review(connection, chosen[0][0])
        return pb.ConfirmEntryResponse(
            confirmation=messages.confirmation(confirmed[0]),
            review=None if listed is None else messages.review(listed),
        )

    async def BatchConfirmEntries(
        self, request: pb.BatchConfirmEntriesRequest, _context: Context
    ) -> pb.BatchConfirmEntriesResponse:
        """Confirm entries, all or none. Raises what `confirm` raises, InvalidArgument for one that is named twice."""
        chosen = [_chosen(one) for one in request.confirmed]
        if len({entry_id for entry_id, _ in chosen}) < len(chosen):
            raise InvalidArgument([("confirmed", "must not name an entry twice")])
        actor = Actor.of(_caller())

        async def all_of_them(connection: Connection) -> pb.BatchConfirmEntriesResponse:
            confirmed = await confirm(connection, self._policy, actor, chosen, self._parts.clock())
            return pb.BatchConfirmEntriesResponse(confirmations=map(messages.confirmation, confirmed))

        return await self._parts.writes.once(request, pb.BatchConfirmEntriesResponse, all_of_them)

    async def ListConfirmations(
        self, request: pb.ListConfirmationsRequest, _context: Context
    ) -> pb.ListConfirmationsResponse:
        """List who confirmed an entry, page by page. Raises as `Actor.must_own`."""
        entry_id, page = UUID(request.entry_id), Page(self._parts.page_tokens, request)
        below = page.after or _ABOVE_ALL_IDS
        async with self._parts.database.connection() as connection:
            await self._own(connection, entry_id)
            found = await review_store.confirmations(connection, entry_id, below, page.limit)
        shown, token = page.cut(found, lambda confirmation: confirmation.id)
        return pb.ListConfirmationsResponse(
            confirmations=map(messages.confirmation, shown), next_page_token=token
        )

    async def ListReviews(self, request: pb.ListReviewsRequest, _context: Context) -> pb.ListReviewsResponse:
        """List what is to be confirmed, page by page. Raises PermissionDenied for another organisation's."""
        organisation_id, page = _scope(request.organisation_id), Page(self._parts.page_tokens, request)
        until = None
        if request.HasField("days_ahead"):
            until = self._parts.clock().date() + timedelta(days=request.days_ahead)
        after = None
        if page.after is not None:
            after = (date.fromisoformat(page.after[0]), UUID(page.after[1]))
        async with self._parts.database.connection() as connection:
            found = await review_store.list_reviews(connection, organisation_id, until, after, page.limit)
        shown, token = page.cut(found, lambda review: (review.due_date, review.entry_id))
        return pb.ListReviewsResponse(reviews=map(messages.review, shown), next_page_token=token)

    async def ListFindings(
        self, request: pb.ListFindingsRequest, _context: Context
    ) -> pb.ListFindingsResponse:
        """List what is wrong, page by page. Raises PermissionDenied for another organisation's."""
        organisation_id, page = _scope(request.organisation_id), Page(self._parts.page_tokens, request)
        after = None
        if page.after is not None:
            severity, last, kind, pointer = page.after
            after = (severity, UUID(last), kind, pointer)
        async with self._parts.database.connection() as connection:
            found = await store.findings(connection, organisation_id, None, request.kind, after, page.limit)
        shown, token = page.cut(found, _place)
        return pb.ListFindingsResponse(findings=map(messages.finding, shown), next_page_token=token)

    async def GetEntryQuality(
        self, request: pb.GetEntryQualityRequest, _context: Context
    ) -> pb.GetEntryQualityResponse:
        """Get the quality of one entry. Raises QualityNotKnown, and as `Actor.must_own`."""
        entry_id = UUID(request.entry_id)
        async with self._parts.database.connection() as connection:
            await self._own(connection, entry_id)
            listed = await review_store.review(connection, entry_id)
            quality = await store.quality(connection, entry_id)
            if listed is None or quality is None:
                raise QualityNotKnown
            found = await store.findings(connection, None, entry_id, 0, None, _MOST_FINDINGS)
        parts = self._policy.completeness[REVIEWED[listed.kind]]
        return pb.GetEntryQualityResponse(
            review=messages.review(listed),
            findings=map(messages.finding, found),
            missing_parts=messages.missing(parts, quality[1]),
        )

    async def GetQualityReport(
        self, request: pb.GetQualityReportRequest, _context: Context
    ) -> pb.GetQualityReportResponse:
        """Get the figures of now and of the months before. Raises PermissionDenied for those of others."""
        actor = Actor.of(_caller())
        organisation_id = None if actor.is_editor else actor.organisation_id
        if request.organisation_id:
            organisation_id = UUID(request.organisation_id)
        if not actor.owns(organisation_id):
            raise PermissionDenied
        today = self._parts.clock().date()
        async with self._parts.database.connection() as connection:
            found = await store.figures(connection, organisation_id, today)
            months = await store.months(connection, organisation_id, _MONTHS + 1)
        current = next((one for one in found if one.organisation_id == organisation_id), None)
        # That of this month is not over: it is in the figures of now.
        months = [one for one in months if (one.day.year, one.day.month) != (today.year, today.month)]
        return pb.GetQualityReportResponse(
            current=messages.figures(current or _nothing(organisation_id, today)),
            months=map(messages.figures, months[:_MONTHS]),
        )

    async def GetHiding(self, _request: pb.GetHidingRequest, _context: Context) -> pb.GetHidingResponse:
        """Get whether hiding waits for an editor."""
        async with self._parts.database.connection() as connection:
            return pb.GetHidingResponse(hiding=await _hiding(connection))

    async def AllowHiding(self, request: pb.AllowHidingRequest, _context: Context) -> pb.AllowHidingResponse:
        """Let so many be hidden. Raises HidingNotHeld."""

        async def allow(connection: Connection) -> pb.AllowHidingResponse:
            if not await review_store.allow(connection, request.allowed_count):
                raise HidingNotHeld
            return pb.AllowHidingResponse(hiding=await _hiding(connection))

        return await self._parts.writes.once(request, pb.AllowHidingResponse, allow)

    async def _own(self, connection: Connection, entry_id: UUID) -> None:
        Actor.of(_caller()).must_own((await entry_store.entries(connection, [entry_id])).get(entry_id))


async def _hiding(connection: Connection) -> Any:
    hold, since, waiting = await review_store.hold(connection)
    return messages.hiding(hold, since, waiting, await review_store.public_count(connection))


def _caller() -> Any:
    return access.current().caller


def _chosen(confirmed: pb.ConfirmedRevision) -> tuple[UUID, int]:
    return UUID(confirmed.entry_id), confirmed.revision


def _scope(organisation_id: str) -> UUID | None:
    """Return the organisation to list, None for all. Raises PermissionDenied."""
    actor = Actor.of(_caller())
    if not organisation_id:
        if actor.organisation_id is None and not actor.is_editor:
            raise PermissionDenied
        return None if actor.is_editor else actor.organisation_id
    if not actor.owns(UUID(organisation_id)):
        raise PermissionDenied
    return UUID(organisation_id)


def _place(found: StoredFinding) -> tuple[int, UUID, int, str]:
    """Return what findings are in order by."""
    return found.finding.severity, found.entry_id, found.finding.kind, found.finding.pointer


def _nothing(organisation_id: UUID | None, today: date) -> Figures:
    return Figures(organisation_id, today, 0, 0, 0, 0, 0, [0, 0, 0, 0], [], [])
