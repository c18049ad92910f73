"""`FamilyService`: from the contract to families and the rules of responsibility and back, nothing else."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import grpc
from google.protobuf.message import Message

from kith.consent.v1 import consent_service_pb2, family_pb2
from kith.consent.v1 import family_service_pb2 as pb
from kith.consent.v1.family_service_pb2_grpc import FamilyServiceServicer
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection
from services.chassis.errors import InvalidArgument
from services.chassis.validation import validate
from services.chassis.writes import Writes
from services.consent import access_trail, decision_facts, family_message, messages
from services.consent.asker import asker
from services.consent.dates import absent_or_day
from services.consent.freezing import freeze_what_changed
from services.consent.ids import absent_or_id
from services.consent.parts import Parts
from services.consent.recording import Author
from services.consent.refusals import FamilyFull
from services.consent.rules.family import DecisionAsked
from services.consent.rules.responsibility import Standing, Who, who_can_consent
from services.consent.rules.sources import SOURCES

Context = grpc.aio.ServicerContext[Any, Any]
R = TypeVar("R", bound=Message)
_STANDINGS: Final[Mapping[Standing, Any]] = {
    one: pb.WhoCanConsentResponse.Standing.Value(f"STANDING_{one.name}") for one in Standing
}
# As in the contract, which would refuse one more without saying what to do.
_MOST = 50
_MOST_ASSESSMENTS = 200
_LIMITS = {
    family_pb2.FamilyPerson: _MOST,
    family_pb2.CourtOrder: _MOST,
    family_pb2.CompetenceAssessment: _MOST_ASSESSMENTS,
    family_pb2.Disagreement: _MOST,
    family_pb2.ConfidentialityWish: _MOST,
    family_pb2.DoNotTell: _MOST,
}


class FamilyService(FamilyServiceServicer):
    """Answers for families. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._writes = Writes(parts.database, parts.keyring, parts.wake)
        self._child_ids = ChildIds(parts.keyring)
        self._clock = parts.clock
        self._decisions = parts.decisions
        self._families = parts.families

    async def RecordChildFacts(
        self, request: pb.RecordChildFactsRequest, _context: Context
    ) -> pb.RecordChildFactsResponse:
        """Record what is known of the child. Raises Changed."""

        def put(family: family_pb2.Family) -> str:
            family.child.CopyFrom(request.facts)
            return ""

        return await self._recorded(request, pb.RecordChildFactsResponse, put)

    async def RecordPerson(
        self, request: pb.RecordPersonRequest, _context: Context
    ) -> pb.RecordPersonResponse:
        """Record a person. Raises Changed, FamilyFull."""
        return await self._recorded(
            request, pb.RecordPersonResponse, lambda family: _put(family.persons, request.person)
        )

    async def RecordOrder(self, request: pb.RecordOrderRequest, _context: Context) -> pb.RecordOrderResponse:
        """Record an order. Raises Changed, FamilyFull."""
        return await self._recorded(
            request, pb.RecordOrderResponse, lambda family: _put(family.orders, request.order)
        )

    async def RecordCompetence(
        self, request: pb.RecordCompetenceRequest, _context: Context
    ) -> pb.RecordCompetenceResponse:
        """Record an assessment of the child's understanding. Raises Changed, FamilyFull."""
        return await self._recorded(
            request, pb.RecordCompetenceResponse, lambda family: _put(family.assessments, request.assessment)
        )

    async def RecordDisagreement(
        self, request: pb.RecordDisagreementRequest, _context: Context
    ) -> pb.RecordDisagreementResponse:
        """Record that people disagree. Raises Changed, FamilyFull."""
        return await self._recorded(
            request,
            pb.RecordDisagreementResponse,
            lambda family: _put(family.disagreements, request.disagreement),
        )

    async def RecordWish(self, request: pb.RecordWishRequest, _context: Context) -> pb.RecordWishResponse:
        """Record a wish of the child. Raises Changed, FamilyFull."""
        return await self._recorded(
            request, pb.RecordWishResponse, lambda family: _put(family.wishes, request.wish)
        )

    async def RecordDoNotTell(
        self, request: pb.RecordDoNotTellRequest, _context: Context
    ) -> pb.RecordDoNotTellResponse:
        """Record that a person is told nothing. Raises Changed, FamilyFull."""
        return await self._recorded(
            request, pb.RecordDoNotTellResponse, lambda family: _put(family.do_not_tell, request.do_not_tell)
        )

    async def GetFamily(self, request: pb.GetFamilyRequest, _context: Context) -> pb.GetFamilyResponse:
        """Show what the caller's organisation recorded."""
        decision, organisation_id = asker()
        child_id = self._inward(request.child_id, organisation_id)
        async with self._database.transaction() as connection:
            recorded = await self._families.recorded(connection, child_id, organisation_id, decision)
            await access_trail.leave(connection, decision, [child_id])
        recorded.message.child_id = request.child_id
        return pb.GetFamilyResponse(family=recorded.message)

    async def WhoCanConsent(
        self, request: pb.WhoCanConsentRequest, _context: Context
    ) -> pb.WhoCanConsentResponse:
        """Compute who can consent. Raises InvalidArgument for a day that is none."""
        decision, organisation_id = asker()
        child_id = self._inward(request.child_id, organisation_id)
        on = absent_or_day(request, "date") or self._clock().date()
        async with self._database.transaction() as connection:
            recorded = await self._families.recorded(connection, child_id, organisation_id, decision)
            await access_trail.leave(connection, decision, [child_id])
        family = family_message.facts(recorded.message, child_id)
        matter = family_message.matter(request.matter)
        subject = absent_or_id(request.subject_id)
        all_needed = matter in self._decisions.policy.all_needed
        answer = who_can_consent(family, DecisionAsked(matter, subject, all_needed=all_needed), on)

        def who(people: tuple[Who, ...]) -> list[pb.Who]:
            return [
                pb.Who(
                    person_id="" if one.person == child_id else str(one.person),
                    child=one.person == child_id,
                    rule=one.rule.value,
                    source=SOURCES[one.rule],
                )
                for one in people
            ]

        return pb.WhoCanConsentResponse(
            standing=_STANDINGS[answer.standing],
            who_may=who(answer.who_may),
            all_needed=answer.all_needed,
            holders=who(answer.holders),
            must_be_told_person_ids=[str(one) for one in answer.must_be_told if one != child_id],
            must_not_be_told=who(answer.must_not_be_told),
            why=who(answer.why),
            missing=[
                pb.Missing(code=code.value, about_id=messages.text(about)) for code, about in answer.missing
            ],
            freeze_date=messages.day(answer.freezes_on),
            family_version=recorded.version,
        )

    async def MayBeTold(self, request: pb.MayBeToldRequest, _context: Context) -> pb.MayBeToldResponse:
        """Say whether a person may be told something, by everybody's restrictions and the caller's record."""
        decision, organisation_id = asker()
        child_id = self._inward(request.child_id, organisation_id)
        question = consent_service_pb2.Question(
            action=consent_service_pb2.Question.ACTION_TELL,
            scope=request.scope,
            organisation_id=str(organisation_id),
            person_id=request.person_id,
        )
        async with self._database.transaction() as connection:
            recorded = await self._families.recorded(connection, child_id, organisation_id, decision)
            told = await self._families.told(
                connection, [child_id], organisation_id, decision, self._clock().date()
            )
            answers = await self._decisions.decide(
                connection, [child_id], [question], {organisation_id: told}
            )
            await access_trail.leave(connection, decision, [child_id])
        outcome = decision_facts.answer(answers[0]).outcome
        if outcome != consent_service_pb2.Answer.OUTCOME_PERMIT:
            return pb.MayBeToldResponse()
        person_id = str(UUID(request.person_id))
        known = (one.safe_contact for one in recorded.message.persons if one.id == person_id)
        return pb.MayBeToldResponse(may_be_told=True, safe_contact=next(known, ""))

    async def _recorded(self, request: Any, response: type[R], put: Callable[[family_pb2.Family], str]) -> R:
        """Change the family, freeze what rested on another one, and answer with how it now stands."""

        async def change(connection: Connection) -> R:
            decision, organisation_id = asker()
            child_id = self._inward(request.child_id, organisation_id)
            now = self._clock()
            before = await self._families.locked(
                connection, child_id, organisation_id, decision, request.version
            )
            was = family_message.facts(before.message, child_id)
            message = family_pb2.Family()
            message.CopyFrom(before.message)
            id_ = put(message)
            validate(message)
            facts = family_message.facts(message, child_id)
            by = Author.of(decision)
            after = await self._families.save(
                connection,
                message,
                before,
                child_id=child_id,
                organisation_id=organisation_id,
                by=by,
                now=now,
            )
            frozen = await freeze_what_changed(
                connection,
                was,
                facts,
                child_id=child_id,
                organisation_id=organisation_id,
                policy=self._decisions.policy,
                by=by,
                now=now,
            )
            await access_trail.leave(connection, decision, [child_id])
            after.message.child_id = request.child_id
            answer: Any = response
            made: R = answer(family=after.message, id=id_, frozen_consent_ids=[str(one) for one in frozen])
            return made

        return await self._writes.once(request, response, change)

    def _inward(self, child_id: str, organisation_id: UUID) -> UUID:
        return self._child_ids.inward(UUID(child_id), str(organisation_id))


def _put(entries: Any, entry: Any) -> str:
    """Put an entry in the place of the one with its id, or add one that has none; returns the id.

    Raises InvalidArgument for an id that nothing is recorded under, FamilyFull.
    """
    if entry.id:
        id_ = str(UUID(entry.id))
        for known in entries:
            if known.id == id_:
                known.CopyFrom(entry)
                known.id = id_
                return id_
        raise InvalidArgument([("id", "nothing is recorded under it: leave it out to add something")])
    limit = _LIMITS[type(entry)]
    if len(entries) >= limit:
        raise FamilyFull
    added = entries.add()
    added.CopyFrom(entry)
    added.id = str(uuid4())
    return str(added.id)
