"""`ConsentService`: from the contract to consents and decisions and back, nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import grpc
from google.protobuf.message import Message

from kith.consent.v1 import consent_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1.consent_events_pb2 import ConsentEvent
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceServicer
from services.chassis import access, outbox, paging
from services.chassis.access import Decision
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection
from services.chassis.writes import Writes
from services.consent import (
    access_trail,
    decision_facts,
    decision_store,
    fhir_consent,
    given,
    messages,
    recording,
    store,
    wording_store,
)
from services.consent.asker import asker
from services.consent.consent import Consent
from services.consent.dates import day
from services.consent.decisions import askers_about_a_person
from services.consent.entitlement import asked, entitlement
from services.consent.ids import absent_or_id
from services.consent.page import Pages
from services.consent.parts import Parts
from services.consent.receipt import Receipts
from services.consent.recording import Author
from services.consent.refusals import ConsentNotVisible, MustNotBeTold, NothingGiven, SupersedingDiffers
from services.consent.rules.responsibility import who_can_consent

Context = grpc.aio.ServicerContext[Any, Any]
R = TypeVar("R", bound=Message)
Become = Callable[[Connection, Consent, datetime], Awaitable[Consent]]
"""Returns what becomes of a consent that is locked."""

_MOST_CHANGES = 1000
_USUAL_CHANGES = 500
_MOST_VERSIONS = 1000


class ConsentService(ConsentServiceServicer):
    """Answers for consents. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts, receipts: Receipts) -> None:
        self._database = parts.database
        self._writes = Writes(parts.database, parts.keyring, parts.wake)
        self._pages = Pages(parts.keyring)
        self._child_ids = ChildIds(parts.keyring)
        self._clock = parts.clock
        self._decisions = parts.decisions
        self._families = parts.families
        self._receipts = receipts

    async def RequestConsent(
        self, request: pb.RequestConsentRequest, _context: Context
    ) -> pb.RequestConsentResponse:
        """Record that a consent is asked for. Raises InvalidArgument."""

        async def change(connection: Connection) -> pb.RequestConsentResponse:
            decision, organisation_id = asker()
            consent = given.requested(
                request,
                child_id=self._inward(request.child_id, organisation_id),
                organisation_id=organisation_id,
                now=self._clock(),
            )
            await recording.record(connection, consent, Author.of(decision))
            await access_trail.leave(connection, decision, [consent.child_id])
            return pb.RequestConsentResponse(consent=self._shown(consent, organisation_id))

        return await self._writes.once(request, pb.RequestConsentResponse, change)

    async def RecordConsent(
        self, request: pb.RecordConsentRequest, _context: Context
    ) -> pb.RecordConsentResponse:
        """Record a consent.

        Raises InvalidArgument, WordingNotCurrent, GiverNotNamed, GiverCannotConsent, and, where one was asked for,
        ConsentNotVisible, RequestedConsentDiffers, Changed.
        """

        async def change(connection: Connection) -> pb.RecordConsentResponse:
            decision, organisation_id = asker()
            consent = await self._given(connection, request, decision, organisation_id)
            await recording.record(connection, consent, Author.of(decision))
            if request.requested_consent_id:
                before = await _locked(connection, request.requested_consent_id, organisation_id, 0)
                after = given.answering(before, consent, consent.update_time)
                await recording.change(connection, before, after, Author.of(decision))
            await access_trail.leave(connection, decision, [consent.child_id])
            return pb.RecordConsentResponse(consent=self._shown(consent, organisation_id))

        return await self._writes.once(request, pb.RecordConsentResponse, change)

    async def RefuseConsent(
        self, request: pb.RefuseConsentRequest, _context: Context
    ) -> pb.RefuseConsentResponse:
        """Record a refusal. Raises ConsentNotVisible, ConsentState, Changed."""

        async def refuse(connection: Connection, before: Consent, now: datetime) -> Consent:
            after = given.refused_by(before, request.person_id, now)
            if after.giver_person_id is None:
                return after
            family = await self._families.facts(
                connection, before.child_id, before.recording_organisation_id, access.current()
            )
            if family is None:
                return after
            decision = asked(before.kind, before.recipient_service_ids, self._decisions.policy)
            entitled = who_can_consent(family, decision, now.date()).may(after.giver_person_id)
            return replace(after, entitled=entitled)

        return await self._changed(request, pb.RefuseConsentResponse, refuse)

    async def WithdrawConsent(
        self, request: pb.WithdrawConsentRequest, _context: Context
    ) -> pb.WithdrawConsentResponse:
        """Withdraw a consent. Raises ConsentNotVisible, ConsentWithdrawn, ConsentState, Changed."""

        async def withdraw(_connection: Connection, before: Consent, now: datetime) -> Consent:
            return before.withdrawn(now)

        return await self._changed(request, pb.WithdrawConsentResponse, withdraw)

    async def SupersedeConsent(
        self, request: pb.SupersedeConsentRequest, _context: Context
    ) -> pb.SupersedeConsentResponse:
        """Put a consent in the place of another.

        Raises as RecordConsent does of the one, ConsentNotVisible, ConsentState, Changed of the other,
        SupersedingDiffers of both.
        """

        async def change(connection: Connection) -> pb.SupersedeConsentResponse:
            decision, organisation_id = asker()
            before = await _locked(connection, request.consent_id, organisation_id, request.version)
            consent = await self._given(connection, request.consent, decision, organisation_id)
            if (before.child_id, before.kind, before.scope) != (
                consent.child_id,
                consent.kind,
                consent.scope,
            ):
                raise SupersedingDiffers
            after = before.superseded(consent.id, consent.update_time)
            await recording.record(connection, consent, Author.of(decision))
            await recording.change(connection, before, after, Author.of(decision))
            await access_trail.leave(connection, decision, [consent.child_id])
            return pb.SupersedeConsentResponse(
                consent=self._shown(consent, organisation_id), superseded=self._shown(after, organisation_id)
            )

        return await self._writes.once(request, pb.SupersedeConsentResponse, change)

    async def InvalidateConsent(
        self, request: pb.InvalidateConsentRequest, _context: Context
    ) -> pb.InvalidateConsentResponse:
        """Record that it never was a consent. Raises ConsentNotVisible, ConsentState, Changed."""

        async def invalidate(_connection: Connection, before: Consent, now: datetime) -> Consent:
            return before.invalidated(request.invalidity, now)

        return await self._changed(request, pb.InvalidateConsentResponse, invalidate)

    async def ReviewConsent(
        self, request: pb.ReviewConsentRequest, _context: Context
    ) -> pb.ReviewConsentResponse:
        """Record a review. Raises ConsentNotVisible, ConsentState, Changed, InvalidArgument."""
        review_date = day("review_date", request.review_date)

        async def review(_connection: Connection, before: Consent, now: datetime) -> Consent:
            return before.reviewed(review_date, now)

        return await self._changed(request, pb.ReviewConsentResponse, review)

    async def GetConsent(self, request: pb.GetConsentRequest, _context: Context) -> pb.GetConsentResponse:
        """Show a consent of the caller's organisation. Raises ConsentNotVisible."""
        decision, organisation_id = asker()
        async with self._database.transaction() as connection:
            consent = await _own(connection, request.consent_id, organisation_id)
            await access_trail.leave(connection, decision, [consent.child_id])
        return pb.GetConsentResponse(consent=self._shown(consent, organisation_id))

    async def ListConsents(
        self, request: pb.ListConsentsRequest, _context: Context
    ) -> pb.ListConsentsResponse:
        """List consents of the caller's organisation, page by page."""
        decision, organisation_id = asker()
        before, size = self._pages.place(request)
        child_id = self._inward(request.child_id, organisation_id) if request.child_id else None
        async with self._database.transaction() as connection:
            found = await store.newest_first(
                connection,
                organisation_id,
                child_id=child_id,
                states=request.states,
                before=before,
                limit=size,
            )
            page, token = self._pages.cut(request, found, size)
            await access_trail.leave(connection, decision, {one.child_id for one in page})
        return pb.ListConsentsResponse(
            consents=[self._shown(one, organisation_id) for one in page], next_page_token=token
        )

    async def ListConsentVersions(
        self, request: pb.ListConsentVersionsRequest, _context: Context
    ) -> pb.ListConsentVersionsResponse:
        """List what a consent was after each change. Raises ConsentNotVisible."""
        decision, organisation_id = asker()
        async with self._database.transaction() as connection:
            consent = await _own(connection, request.consent_id, organisation_id)
            found = await store.versions(connection, consent.id, _MOST_VERSIONS)
            await access_trail.leave(connection, decision, [consent.child_id])
        child_id = str(self._child_ids.outward(consent.child_id, str(organisation_id)))
        for one in found:
            one.consent.child_id = child_id
        return pb.ListConsentVersionsResponse(
            versions=[
                pb.ConsentVersion(consent=one.consent, subject=one.subject, method=one.method)
                for one in found
            ]
        )

    async def GetReceipt(self, request: pb.GetReceiptRequest, _context: Context) -> pb.GetReceiptResponse:
        """Make a receipt. Raises ConsentNotVisible, NothingGiven, MustNotBeTold."""
        decision, organisation_id = asker()
        async with self._database.transaction() as connection:
            consent = await _own(connection, request.consent_id, organisation_id)
            if consent.giver == consent_pb2.Consent.GIVER_UNSPECIFIED:
                raise NothingGiven
            reader = absent_or_id(request.person_id) or consent.giver_person_id
            safe_contact = await self._safe_contact(connection, consent, reader, decision)
            wording = (
                await wording_store.wording(connection, consent.wording_id) if consent.wording_id else None
            )
            await access_trail.leave(connection, decision, [consent.child_id])
        receipt = self._receipts.make(consent, wording, self._clock())
        return pb.GetReceiptResponse(
            receipt_json=receipt.json,
            jws=receipt.jws,
            public_jwk=receipt.public_jwk,
            safe_contact=safe_contact,
        )

    async def ExportConsent(
        self, request: pb.ExportConsentRequest, _context: Context
    ) -> pb.ExportConsentResponse:
        """Export a consent as FHIR. Raises ConsentNotVisible."""
        decision, organisation_id = asker()
        async with self._database.transaction() as connection:
            consent = await _own(connection, request.consent_id, organisation_id)
            found = await decision_store.find(connection, [consent.child_id], [])
            await access_trail.leave(connection, decision, [consent.child_id])
        child_id = self._child_ids.outward(consent.child_id, str(organisation_id))
        exported = fhir_consent.exported(consent, child_id, restricted=bool(found.restrictions))
        return pb.ExportConsentResponse(fhir_json=exported)

    async def Decide(self, request: pb.DecideRequest, _context: Context) -> pb.DecideResponse:
        """Decide on what is stored at this moment, never on a copy (G12)."""
        child_ids = [UUID(child_id) for child_id in request.child_ids]
        async with self._database.connection() as connection:
            today, decision = self._clock().date(), access.current()
            told = {
                asker_id: await self._families.told(connection, child_ids, asker_id, decision, today)
                for asker_id in askers_about_a_person(request.questions)
            }
            answers = await self._decisions.decide(connection, child_ids, request.questions, told)
        return pb.DecideResponse(
            answers=map(decision_facts.answer, answers), policy_version=self._decisions.policy.version
        )

    async def ListChanges(self, request: pb.ListChangesRequest, _context: Context) -> pb.ListChangesResponse:
        """List events from the outbox."""
        limit = paging.page_size(request.page_size, default=_USUAL_CHANGES, cap=_MOST_CHANGES)
        async with self._database.connection() as connection:
            changes = await outbox.list_changes(connection, request.after, limit)
        return pb.ListChangesResponse(
            events=[ConsentEvent.FromString(event.payload) for event in changes.events],
            next_after=changes.after,
            more=changes.more,
        )

    async def _given(
        self,
        connection: Connection,
        request: pb.RecordConsentRequest,
        decision: Decision,
        organisation_id: UUID,
    ) -> Consent:
        """The consent that the request describes, judged by what is recorded of the family."""
        child_id = self._inward(request.child_id, organisation_id)
        wording = None
        if request.wording_id:
            wording = await wording_store.wording(connection, UUID(request.wording_id))
        policy = self._decisions.policy
        consent = given.given(
            request, wording, policy, child_id=child_id, organisation_id=organisation_id, now=self._clock()
        )
        # Locked, so that nothing is recorded of the family between the judgement and the commit.
        recorded = await self._families.facts_locked(connection, child_id, organisation_id, decision)
        found = entitlement(recorded, consent, policy)
        return replace(
            consent,
            entitled=found.entitled,
            freeze_date=found.freeze_date,
            needed_person_ids=found.needed,
            competence_assessment_id=found.competence_assessment_id,
        )

    async def _changed(self, request: Any, response: type[R], become: Become) -> R:
        """Change a consent of the caller's organisation, and answer with it as it now stands."""

        async def change(connection: Connection) -> R:
            decision, organisation_id = asker()
            before = await _locked(connection, request.consent_id, organisation_id, request.version)
            after = await become(connection, before, self._clock())
            await recording.change(connection, before, after, Author.of(decision))
            await access_trail.leave(connection, decision, [after.child_id])
            answer: Any = response
            made: R = answer(consent=self._shown(after, organisation_id))
            return made

        return await self._writes.once(request, response, change)

    async def _safe_contact(
        self, connection: Connection, consent: Consent, reader: UUID | None, decision: Decision
    ) -> str:
        """How a person who may be told is reached; the child itself always may. Raises MustNotBeTold."""
        by_child = consent.giver == consent_pb2.Consent.GIVER_CHILD
        if reader is None and by_child:
            return ""
        organisation_id = consent.recording_organisation_id
        recorded = await self._families.recorded(connection, consent.child_id, organisation_id, decision)
        question = pb.Question(
            action=pb.Question.ACTION_TELL,
            scope=consent.scope,
            organisation_id=str(organisation_id),
            person_id=messages.text(reader),
        )
        if reader is None:
            # Nobody is named: it could be the one who must not be told, whoever recorded that.
            found = await decision_store.find(connection, [consent.child_id], [])
            if found.restrictions or recorded.restricted:
                raise MustNotBeTold
            return ""
        told = await self._families.told(
            connection, [consent.child_id], organisation_id, decision, self._clock().date()
        )
        if reader == consent.giver_person_id:
            # Who gave it knows of it already, unless something has been said since about telling.
            told = replace(told, may_be_told=told.may_be_told | {reader})
        answers = await self._decisions.decide(
            connection, [consent.child_id], [question], {organisation_id: told}
        )
        if decision_facts.answer(answers[0]).outcome != pb.Answer.OUTCOME_PERMIT:
            raise MustNotBeTold
        return next((one.safe_contact for one in recorded.message.persons if one.id == str(reader)), "")

    def _inward(self, child_id: str, organisation_id: UUID) -> UUID:
        return self._child_ids.inward(UUID(child_id), str(organisation_id))

    def _shown(self, consent: Consent, organisation_id: UUID) -> consent_pb2.Consent:
        return messages.consent(consent, self._child_ids.outward(consent.child_id, str(organisation_id)))


async def _locked(connection: Connection, consent_id: str, organisation_id: UUID, seen: int) -> Consent:
    consent = await store.lock(connection, UUID(consent_id), organisation_id, seen)
    if consent is None:
        raise ConsentNotVisible
    return consent


async def _own(connection: Connection, consent_id: str, organisation_id: UUID) -> Consent:
    consent = await store.own(connection, UUID(consent_id), organisation_id)
    if consent is None:
        raise ConsentNotVisible
    return consent
