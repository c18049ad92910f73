"""ChildIndexService: what agencies and practitioners ask of the index. Translates; the deciding is done elsewhere."""

import time
from typing import Any
from uuid import UUID

import grpc

from kith.childindex.v1 import child_events_pb2, child_pb2
from kith.childindex.v1 import child_index_service_pb2 as pb
from kith.childindex.v1.child_index_service_pb2_grpc import ChildIndexServiceServicer
from services.chassis import access, outbox
from services.chassis.access import Decision
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection, Database
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.seal import Sealer
from services.chassis.writes import Writes
from services.child_index import caf_store, child_view, events, involvement_store, involvements, store
from services.child_index.basis import CAF, required_basis
from services.child_index.caf_store import StoredCaf, StoredLead
from services.child_index.child_refs import ChildRefs
from services.child_index.child_view import Stored
from services.child_index.dates import to_date
from services.child_index.disclosure import Disclosures
from services.child_index.even_time import even_time
from services.child_index.involvement_store import StoredInvolvement
from services.child_index.match_keys import MatchKeys
from services.child_index.neighbours import Consent, Directory
from services.child_index.opened import OpenedChild, open_children
from services.child_index.refusals import (
    CafHeldElsewhere,
    ChildNotVisible,
    ChildShielded,
    InvolvementAlreadyEnded,
    LeadHeldElsewhere,
)
from services.child_index.registration import Registrar

Context = grpc.aio.ServicerContext[Any, Any]


class ChildIndexService(ChildIndexServiceServicer):
    """Implements kith.childindex.v1.ChildIndexService; the proto says what each method does and refuses."""

    def __init__(
        self,
        database: Database,
        *,
        keyring: Keyring,
        registrar: Registrar,
        disclosures: Disclosures,
        directory: Directory,
        consent: Consent,
        relay: Relay,
    ) -> None:
        self._database = database
        self._writes = Writes(database, keyring, relay.wake)
        self._refs = ChildRefs(ChildIds(keyring), MatchKeys(keyring))
        self._sealer = Sealer(keyring)
        self._registrar = registrar
        self._disclosures = disclosures
        self._directory = directory
        self._consent = consent

    async def RegisterChild(
        self, request: pb.RegisterChildRequest, _context: Context
    ) -> pb.RegisterChildResponse:
        """Record what the caller knows of a child, with its involvement. Raises what `involvements.checked` does."""
        began = time.monotonic()
        decision = access.current()
        organisation_id = decision.caller.organisation_id
        local_key_hashes = self._refs.local_key(request.local_key, organisation_id)
        involvement = None
        if request.HasField("involvement"):
            answered = await self._writes.answered(request, pb.RegisterChildResponse)
            if answered is not None:
                return answered
            known = None
            if request.involvement.basis.consent_id:  # only a consent is about a child that is there already
                async with self._database.connection() as connection:
                    known = await store.child_of_local_key(connection, local_key_hashes)
            involvement = await involvements.checked(
                self._directory,
                self._consent,
                request.involvement,
                child_id=known,
                organisation_id=organisation_id,
            )

        async def register(connection: Connection) -> pb.RegisterChildResponse:
            registered = await self._registrar.register(
                connection,
                local_key_hashes=local_key_hashes,
                facts=request.facts,
                involvement=involvement,
                organisation_id=organisation_id,
                decision=decision,
            )
            return pb.RegisterChildResponse(
                child_id=self._refs.outward(registered.child_id, organisation_id),
                involvement_id=str(registered.involvement_id or ""),
            )

        response = await self._writes.once(request, pb.RegisterChildResponse, register)
        await even_time(began)
        return response

    async def GetChild(self, request: pb.GetChildRequest, _context: Context) -> pb.GetChildResponse:
        """Show a child. Raises ChildNotVisible, BudgetSpent."""
        decision = access.current()
        organisation_id = decision.caller.organisation_id
        async with self._database.connection() as connection:
            child_id = await self._refs.internal(connection, request.child, organisation_id)
            child, involved, caf, lead = await self._seen(connection, child_id, decision)
        verdicts = await self._consent.may_see(
            [child_id], child_view.consents_to_ask(involved, organisation_id), organisation_id
        )
        async with self._database.connection() as connection:
            await self._disclosures.record(connection, decision, [child_id])
        shown = child_view.view(
            Stored(child, involved, caf, lead),
            outward_id=self._refs.outward(child_id, organisation_id),
            organisation_id=organisation_id,
            verdicts=verdicts,
        )
        return pb.GetChildResponse(child=shown)

    async def RecordInvolvement(
        self, request: pb.RecordInvolvementRequest, _context: Context
    ) -> pb.RecordInvolvementResponse:
        """Record an involvement of the caller. Raises ChildNotVisible and what `involvements.checked` does."""
        answered = await self._writes.answered(request, pb.RecordInvolvementResponse)
        if answered is not None:
            return answered
        organisation_id = access.current().caller.organisation_id
        async with self._database.connection() as connection:
            child_id = await self._refs.internal(connection, request.child, organisation_id)
        involvement = await involvements.checked(
            self._directory,
            self._consent,
            request.involvement,
            child_id=child_id,
            organisation_id=organisation_id,
        )

        async def record(connection: Connection) -> pb.RecordInvolvementResponse:
            await self._change(connection, child_id, events.recorded(sensitive=involvement.sensitive))
            involvement_id = await involvement_store.record_involvement(connection, involvement)
            return pb.RecordInvolvementResponse(involvement_id=str(involvement_id))

        return await self._writes.once(request, pb.RecordInvolvementResponse, record)

    async def EndInvolvement(
        self, request: pb.EndInvolvementRequest, _context: Context
    ) -> pb.EndInvolvementResponse:
        """End an involvement of the caller. Raises ChildNotVisible, InvolvementAlreadyEnded."""
        end_date = to_date(request.end_date, "end_date")

        async def end(connection: Connection) -> pb.EndInvolvementResponse:
            involvement = await self._own_involvement(connection, request.involvement_id)
            await self._change(
                connection, involvement.child_id, events.ended(sensitive=involvement.sensitive)
            )
            # Once more, now that the child is locked: somebody else may have ended it meanwhile.
            involvement = await self._own_involvement(connection, request.involvement_id)
            if involvements.has_ended(involvement):
                raise InvolvementAlreadyEnded
            involvements.require_order(involvement.start_date, end_date, "end_date")
            await involvement_store.end_involvement(connection, involvement.id, end_date)
            return pb.EndInvolvementResponse()

        return await self._writes.once(request, pb.EndInvolvementResponse, end)

    async def SetCafIndicator(
        self, request: pb.SetCafIndicatorRequest, _context: Context
    ) -> pb.SetCafIndicatorResponse:
        """Say whether a CAF exists.

        Raises ChildNotVisible, NotOwnService, BasisRequired, CafHeldElsewhere, ChildShielded.
        """
        answered = await self._writes.answered(request, pb.SetCafIndicatorResponse)
        if answered is not None:
            return answered
        organisation_id = access.current().caller.organisation_id
        assessment_date = to_date(request.assessment_date, "assessment_date")
        review_date = to_date(request.review_date, "review_date")
        await self._directory.require_own_practitioner(request.holder_practitioner_id, organisation_id)
        async with self._database.connection() as connection:
            child_id = await self._refs.internal(connection, request.child, organisation_id)
        basis = await required_basis(
            self._consent, request.basis, child_id=child_id, scope=CAF, organisation_id=organisation_id
        )

        async def set_indicator(connection: Connection) -> pb.SetCafIndicatorResponse:
            await self._change(connection, child_id, child_events_pb2.CafIndicatorChanged())
            caf, _ = await caf_store.caf_and_lead(connection, child_id)
            holds = caf is not None and str(caf.holder_organisation_id) == organisation_id
            # Before the other refusal, which says that there is one.
            if not holds and await self._is_hidden(connection, child_id):
                raise ChildShielded
            if caf is not None and caf.is_open and not holds:
                raise CafHeldElsewhere
            await caf_store.set_caf(
                connection,
                child_id,
                StoredCaf(
                    is_open=request.state == child_pb2.CafIndicator.STATE_OPEN,
                    assessment_date=assessment_date,
                    version_number=request.version_number,
                    holder_organisation_id=UUID(organisation_id),
                    holder_practitioner_id=UUID(request.holder_practitioner_id),
                    review_date=review_date,
                    consent_id=basis.consent_id,
                    ground=basis.ground,
                ),
            )
            return pb.SetCafIndicatorResponse()

        return await self._writes.once(request, pb.SetCafIndicatorResponse, set_indicator)

    async def AppointLeadProfessional(
        self, request: pb.AppointLeadProfessionalRequest, _context: Context
    ) -> pb.AppointLeadProfessionalResponse:
        """Say who leads. Raises ChildNotVisible, NotOwnService, LeadHeldElsewhere, ChildShielded."""
        answered = await self._writes.answered(request, pb.AppointLeadProfessionalResponse)
        if answered is not None:
            return answered
        organisation_id = access.current().caller.organisation_id
        start_date = to_date(request.start_date, "start_date")
        await self._directory.require_own_practitioner(request.practitioner_id, organisation_id)

        async def appoint(connection: Connection) -> pb.AppointLeadProfessionalResponse:
            child_id = await self._refs.internal(connection, request.child, organisation_id)
            await self._change(connection, child_id, child_events_pb2.LeadProfessionalChanged())
            _, lead = await caf_store.caf_and_lead(connection, child_id)
            leads = lead is not None and str(lead.organisation_id) == organisation_id
            if not leads and await self._is_hidden(connection, child_id):
                raise ChildShielded
            if lead is not None and not leads:
                raise LeadHeldElsewhere
            await caf_store.appoint_lead(
                connection,
                child_id,
                StoredLead(UUID(organisation_id), UUID(request.practitioner_id), start_date),
            )
            return pb.AppointLeadProfessionalResponse()

        return await self._writes.once(request, pb.AppointLeadProfessionalResponse, appoint)

    async def _change(self, connection: Connection, child_id: UUID, what: events.What) -> None:
        """Lock the child, raise its version and write the event. Raises ChildNotVisible if there is no such child."""
        version = await store.advance_child(connection, child_id, 1)
        if version is None:
            raise ChildNotVisible
        await outbox.write(connection, events.events(child_id, version, [what]))

    async def _seen(
        self, connection: Connection, child_id: UUID, decision: Decision
    ) -> tuple[OpenedChild, list[StoredInvolvement], StoredCaf | None, StoredLead | None]:
        """What the caller may see of a child, and what there is of it beside the records. Raises ChildNotVisible."""
        sealed = await store.records_of(connection, child_id)
        if not sealed:
            raise ChildNotVisible
        child = open_children(self._sealer, sealed, decision)[0]
        involved = await involvement_store.involvements_of(connection, child_id)
        caf, lead = await caf_store.caf_and_lead(connection, child_id)
        organisation_id = decision.caller.organisation_id
        return child, *child_view.within(child.extent, organisation_id, involved, caf, lead)

    async def _is_hidden(self, connection: Connection, child_id: UUID) -> bool:
        """Whether a shield keeps from the caller what others recorded of the child, whose row is locked."""
        organisation_id = access.current().caller.organisation_id
        return await store.is_hidden(connection, child_id, UUID(organisation_id))

    async def _own_involvement(self, connection: Connection, involvement_id: str) -> StoredInvolvement:
        """An involvement of the caller's organisation. Raises ChildNotVisible if it has no such one."""
        organisation_id = UUID(access.current().caller.organisation_id)
        involvement = await involvement_store.own_involvement(
            connection, UUID(involvement_id), organisation_id
        )
        if involvement is None:
            raise ChildNotVisible
        return involvement
