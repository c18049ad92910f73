"""`SharingService`: from the contract to decisions about sharing, shares and notices and back, nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import grpc

from kith.consent.v1 import consent_pb2, sharing_pb2
from kith.consent.v1 import consent_service_pb2 as decide_pb
from kith.consent.v1 import sharing_service_pb2 as pb
from kith.consent.v1.sharing_service_pb2_grpc import SharingServiceServicer
from services.chassis.access import Decision
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection
from services.chassis.seal import Sealed, Sealer, WrappedKey
from services.chassis.writes import Writes
from services.consent import (
    access_trail,
    family_store,
    messages,
    recording,
    sharing_request,
    sharing_store,
    store,
)
from services.consent.asker import asker
from services.consent.dates import day
from services.consent.page import Pages
from services.consent.parts import Parts
from services.consent.recording import Author
from services.consent.refusals import ConsentDoesNotCover, GroundDoesNotHold, ShareNotVisible, ShareState
from services.consent.rules.decision import Reason
from services.consent.sharing import StoredDecision, StoredShare

Context = grpc.aio.ServicerContext[Any, Any]


class SharingService(SharingServiceServicer):
    """Answers for sharing. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._writes = Writes(parts.database, parts.keyring, parts.wake)
        self._pages = Pages(parts.keyring)
        self._child_ids = ChildIds(parts.keyring)
        self._sealer = Sealer(parts.keyring)
        self._clock = parts.clock
        self._decisions = parts.decisions

    async def RecordSharingDecision(
        self, request: pb.RecordSharingDecisionRequest, _context: Context
    ) -> pb.RecordSharingDecisionResponse:
        """Record a decision. Raises ConsentDoesNotCover, GroundDoesNotHold, ShareNotVisible, InvalidArgument."""

        async def change(connection: Connection) -> pb.RecordSharingDecisionResponse:
            decision, organisation_id = asker()
            child_id = self._child_ids.inward(UUID(request.child_id), str(organisation_id))
            now = self._clock()
            stored = sharing_request.decided(
                request, self._decisions.policy, child_id=child_id, organisation_id=organisation_id, now=now
            )
            if stored.onward_of_share_id is not None:
                came_for = await sharing_store.received_share(
                    connection, stored.onward_of_share_id, organisation_id
                )
                if came_for is None:
                    raise ShareNotVisible
            if stored.consent_id is not None:
                # Held, so that a withdrawal comes before this or ends what it shares.
                consent = await store.hold(connection, stored.consent_id, organisation_id)
                if consent is None or consent.child_id != child_id:
                    raise ConsentDoesNotCover
            words = sharing_request.words(request)
            fresh = self._sealer.new_data_key(child_id)
            wrapped = await family_store.child_key(connection, child_id, fresh)
            sealed = self._sealer.seal(
                wrapped, stored.id, child_id, words.SerializeToString(deterministic=True)
            )
            stored = replace(stored, sealed_words=sealed)
            shares = sharing_request.shares(request, stored)
            await sharing_store.add(connection, stored, shares)
            await self._require_ground(connection, request, stored)
            await recording.keep_decision(connection, stored, Author.of(decision))
            await access_trail.leave(connection, decision, [child_id])
            return pb.RecordSharingDecisionResponse(
                decision=messages.sharing_decision(stored, UUID(request.child_id), shares, words)
            )

        return await self._writes.once(request, pb.RecordSharingDecisionResponse, change)

    async def ReviewSharingDecision(
        self, request: pb.ReviewSharingDecisionRequest, _context: Context
    ) -> pb.ReviewSharingDecisionResponse:
        """Record a review. Raises ShareNotVisible, Changed, InvalidArgument."""
        review_date = day("review_date", request.review_date)

        async def change(connection: Connection) -> pb.ReviewSharingDecisionResponse:
            decision, organisation_id = asker()
            before = await sharing_store.lock(
                connection, UUID(request.sharing_decision_id), organisation_id, request.version
            )
            if before is None:
                raise ShareNotVisible
            after = sharing_request.reviewed(
                before,
                UUID(request.reviewer_practitioner_id),
                review_date,
                request.family_informed,
                self._decisions.policy,
                self._clock(),
            )
            await sharing_store.change(connection, after)
            await recording.keep_decision(connection, after, Author.of(decision))
            await access_trail.leave(connection, decision, [after.child_id])
            shown = await self._shown(connection, [after], organisation_id, decision)
            return pb.ReviewSharingDecisionResponse(decision=shown[0])

        return await self._writes.once(request, pb.ReviewSharingDecisionResponse, change)

    async def AcknowledgeShare(
        self, request: pb.AcknowledgeShareRequest, _context: Context
    ) -> pb.AcknowledgeShareResponse:
        """Record that it was received, and understood. Raises ShareNotVisible, ShareState, Changed."""

        async def change(connection: Connection) -> pb.AcknowledgeShareResponse:
            decision, organisation_id = asker()
            locked = await sharing_store.lock_by_share(connection, UUID(request.share_id))
            if locked is None or locked[1].recipient_organisation_id != organisation_id:
                raise ShareNotVisible
            stored, share = locked
            if share.understood:
                raise ShareState
            now = self._clock()
            after = replace(share, receive_time=share.receive_time or now, understood=request.understood)
            await self._change_share(connection, stored, after, decision, now)
            return pb.AcknowledgeShareResponse(share=messages.share(after))

        return await self._writes.once(request, pb.AcknowledgeShareResponse, change)

    async def EndShare(self, request: pb.EndShareRequest, _context: Context) -> pb.EndShareResponse:
        """End a share. Raises ShareNotVisible, ShareState, Changed."""

        async def change(connection: Connection) -> pb.EndShareResponse:
            decision, organisation_id = asker()
            locked = await sharing_store.lock_by_share(connection, UUID(request.share_id))
            if locked is None or locked[0].organisation_id != organisation_id:
                raise ShareNotVisible
            stored, share = locked
            if share.state != sharing_pb2.Share.STATE_OPEN:
                raise ShareState
            now = self._clock()
            after = replace(
                share,
                state=sharing_pb2.Share.STATE_ENDED,
                end_reason=sharing_pb2.Share.END_REASON_DONE,
                end_time=now,
            )
            await self._change_share(connection, stored, after, decision, now)
            return pb.EndShareResponse(share=messages.share(after))

        return await self._writes.once(request, pb.EndShareResponse, change)

    async def ListShares(self, request: pb.ListSharesRequest, _context: Context) -> pb.ListSharesResponse:
        """List decisions, page by page."""
        decision, organisation_id = asker()
        before, size = self._pages.place(request)
        child_id = None
        if request.child_id:
            child_id = self._child_ids.inward(UUID(request.child_id), str(organisation_id))
        async with self._database.transaction() as connection:
            found = await sharing_store.newest_first(
                connection,
                organisation_id,
                received=request.received,
                child_id=child_id,
                before=before,
                limit=size,
            )
            page, token = self._pages.cut(request, found, size)
            shown = await self._shown(connection, page, organisation_id, decision)
            await access_trail.leave(connection, decision, {one.child_id for one in page})
        return pb.ListSharesResponse(decisions=shown, next_page_token=token)

    async def ListNotices(self, request: pb.ListNoticesRequest, _context: Context) -> pb.ListNoticesResponse:
        """List notices to the caller's organisation, page by page."""
        decision, organisation_id = asker()
        after, size = self._pages.place(request)
        async with self._database.transaction() as connection:
            found = await sharing_store.notices(
                connection, organisation_id, acknowledged=request.acknowledged, after=after, limit=size
            )
            page, token = self._pages.cut(request, found, size)
            await access_trail.leave(connection, decision, {one.child_id for one in page})
        return pb.ListNoticesResponse(
            notices=[
                messages.notice(one, self._child_ids.outward(one.child_id, str(organisation_id)))
                for one in page
            ],
            next_page_token=token,
        )

    async def AcknowledgeNotice(
        self, request: pb.AcknowledgeNoticeRequest, _context: Context
    ) -> pb.AcknowledgeNoticeResponse:
        """Record that a notice was read. Raises ShareNotVisible."""

        async def change(connection: Connection) -> pb.AcknowledgeNoticeResponse:
            decision, organisation_id = asker()
            notice = await sharing_store.acknowledge_notice(
                connection, UUID(request.notice_id), organisation_id, self._clock()
            )
            if notice is None:
                raise ShareNotVisible
            await access_trail.leave(connection, decision, [notice.child_id])
            child_id = self._child_ids.outward(notice.child_id, str(organisation_id))
            return pb.AcknowledgeNoticeResponse(notice=messages.notice(notice, child_id))

        return await self._writes.once(request, pb.AcknowledgeNoticeResponse, change)

    async def _require_ground(
        self, connection: Connection, request: pb.RecordSharingDecisionRequest, stored: StoredDecision
    ) -> None:
        """Ask the rules whether it may go to each recipient because of this very decision, or of its consent.

        Raises ConsentDoesNotCover, GroundDoesNotHold; what was stored before is then undone.
        """
        if stored.outcome == sharing_pb2.SharingDecision.OUTCOME_NOT_SHARED:
            return
        with_consent = stored.consent_id is not None
        questions = [
            decide_pb.Question(
                action=decide_pb.Question.ACTION_SHARE,
                scope=request.scope,
                organisation_id=str(stored.organisation_id),
                recipient_organisation_id=to.organisation_id,
                recipient_service_id=to.service_id,
                purpose=purpose,  # type: ignore[arg-type] # a number of the enum, as it is stored
                means=means,
                consent_id=messages.text(stored.consent_id),
                sharing_decision_id="" if with_consent else str(stored.id),
            )
            for to in request.recipients
            for purpose in sorted(stored.purposes)
            for means in request.means or [consent_pb2.Consent.MEANS_UNSPECIFIED]
        ]
        for answer in await self._decisions.decide(connection, [stored.child_id], questions):
            if with_consent and answer.reason != Reason.CONSENT:
                raise ConsentDoesNotCover
            if not with_consent and answer.reason != Reason.GROUND:
                raise GroundDoesNotHold(answer.reason.name)

    async def _change_share(
        self,
        connection: Connection,
        stored: StoredDecision,
        after: StoredShare,
        decision: Decision,
        now: datetime,
    ) -> None:
        changed = stored.changed(now)
        await sharing_store.change_share(connection, after)
        await sharing_store.change(connection, changed)
        await recording.keep_decision(connection, changed, Author.of(decision))
        await access_trail.leave(connection, decision, [stored.child_id])

    async def _shown(
        self,
        connection: Connection,
        found: Sequence[StoredDecision],
        organisation_id: UUID,
        decision: Decision,
    ) -> list[sharing_pb2.SharingDecision]:
        """The decisions as the organisation is shown them: its own in full, others' with what came to it, no words."""
        ids = [one.id for one in found]
        shares = await sharing_store.shares_of(connection, ids)
        keys = await sharing_store.keys(connection, ids)
        shown = []
        for one in found:
            own = one.organisation_id == organisation_id
            words = self._words(one, keys.get(one.child_id), decision) if own else None
            visible = [
                share
                for share in shares
                if share.sharing_decision_id == one.id
                and (own or share.recipient_organisation_id == organisation_id)
            ]
            child_id = self._child_ids.outward(one.child_id, str(organisation_id))
            message = messages.sharing_decision(one, child_id, visible, words)
            shown.append(message if own else sharing_request.for_recipient(message))
        return shown

    def _words(
        self, stored: StoredDecision, wrapped: bytes | None, decision: Decision
    ) -> sharing_pb2.SharingDecision | None:
        """The words of a decision; None when the child's key was destroyed."""
        if wrapped is None:
            return None
        sealed = Sealed(stored.child_id, stored.id, WrappedKey(wrapped), stored.sealed_words)
        return sharing_pb2.SharingDecision.FromString(self._sealer.open(sealed, decision))
