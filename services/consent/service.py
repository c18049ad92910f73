"""`ConsentService`: from the contract to consents and decisions and back, nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import grpc

from kith.consent.v1 import consent_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1.consent_events_pb2 import ConsentEvent
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceServicer
from services.chassis import access, outbox, paging
from services.chassis.caller import Caller
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection, Database
from services.chassis.errors import PermissionDenied
from services.chassis.keyring import Keyring
from services.chassis.writes import Writes
from services.consent import events, messages, store
from services.consent.consent import Consent, period
from services.consent.decide import Asked, decide
from services.consent.refusals import ConsentNotVisible

Context = grpc.aio.ServicerContext[Any, Any]

_MOST_CHANGES = 1000
_USUAL_CHANGES = 500


class ConsentService(ConsentServiceServicer):
    """Answers for consents. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, database: Database, keyring: Keyring, wake: Callable[[], None]) -> None:
        """`wake` is called after each commit that may have written an event."""
        self._database = database
        self._writes = Writes(database, keyring, wake)
        self._child_ids = ChildIds(keyring)

    async def RecordConsent(
        self, request: pb.RecordConsentRequest, _context: Context
    ) -> pb.RecordConsentResponse:
        """Record a consent of the caller's organisation."""
        return await self._writes.once(request, pb.RecordConsentResponse, partial(self._record, request))

    async def WithdrawConsent(
        self, request: pb.WithdrawConsentRequest, _context: Context
    ) -> pb.WithdrawConsentResponse:
        """Withdraw a consent of the caller's organisation. Raises ConsentNotVisible, ConsentWithdrawn."""
        return await self._writes.once(request, pb.WithdrawConsentResponse, partial(self._withdraw, request))

    async def Decide(self, request: pb.DecideRequest, _context: Context) -> pb.DecideResponse:
        """Decide on what is stored at this moment, never on a copy (G12)."""
        questions = [_asked(question) for question in request.questions]
        async with self._database.connection() as connection:
            consents = await store.by_id(connection, {asked.consent_id for asked in questions})
        child_ids = {UUID(child_id) for child_id in request.child_ids}
        today = datetime.now(UTC).date()
        return pb.DecideResponse(
            answers=[
                _answer(decide(asked, consents.get(asked.consent_id), child_ids, today))
                for asked in questions
            ]
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

    async def _record(
        self, request: pb.RecordConsentRequest, connection: Connection
    ) -> pb.RecordConsentResponse:
        caller = access.current().caller
        organisation_id = _organisation(caller)
        now = datetime.now(UTC)
        start_date, expire_date = period(request.start_date, request.expire_date, now.date())
        consent = Consent(
            id=uuid4(),
            child_id=self._child_ids.inward(UUID(request.child_id), caller.organisation_id),
            recording_organisation_id=organisation_id,
            scope=request.scope,
            recipient_organisation_ids=frozenset(map(UUID, request.recipient_organisation_ids)),
            giver=request.giver,
            method=request.method,
            wording_version=request.wording_version,
            start_date=start_date,
            expire_date=expire_date,
            state=consent_pb2.Consent.STATE_GIVEN,
            version=1,
            update_time=now,
        )
        await store.add(connection, consent)
        await outbox.write(connection, [events.consent_given(consent)])
        return pb.RecordConsentResponse(consent=self._shown(consent, caller))

    async def _withdraw(
        self, request: pb.WithdrawConsentRequest, connection: Connection
    ) -> pb.WithdrawConsentResponse:
        caller = access.current().caller
        given = await store.lock(connection, UUID(request.consent_id), _organisation(caller))
        if given is None:
            raise ConsentNotVisible
        consent = given.withdrawn(datetime.now(UTC))
        await store.change_state(connection, consent)
        await outbox.write(connection, [events.consent_withdrawn(consent)])
        return pb.WithdrawConsentResponse(consent=self._shown(consent, caller))

    def _shown(self, consent: Consent, caller: Caller) -> consent_pb2.Consent:
        return messages.consent(consent, self._child_ids.outward(consent.child_id, caller.organisation_id))


def _organisation(caller: Caller) -> UUID:
    """Return the caller's organisation. Raises PermissionDenied for one who acts for none, such as a service."""
    try:
        return UUID(caller.organisation_id)
    except ValueError:
        raise PermissionDenied from None


def _asked(question: pb.Question) -> Asked:
    return Asked(question.action, UUID(question.consent_id), question.scope, UUID(question.organisation_id))


def _answer(reason: pb.Answer.Reason) -> pb.Answer:
    permitted = reason == pb.Answer.REASON_CONSENT
    return pb.Answer(outcome=pb.Answer.OUTCOME_PERMIT if permitted else pb.Answer.OUTCOME_DENY, reason=reason)
