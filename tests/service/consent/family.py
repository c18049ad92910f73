"""A family around a child, recorded through the service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from google.type.date_pb2 import Date

from kith.consent.v1 import family_pb2
from kith.consent.v1 import family_service_pb2 as pb
from kith.consent.v1.family_service_pb2_grpc import FamilyServiceStub
from tests.service.consent.conftest import Child, Organisation

R = TypeVar("R")

LONG_AGO = Date(year=2016, month=3, day=1)


@dataclass
class Recorder:
    """An organisation that records a child's family."""

    stub: FamilyServiceStub
    child: Child
    organisation: Organisation

    async def born(self, on: Date) -> pb.RecordChildFactsResponse:
        """Record the date of birth."""
        facts = family_pb2.ChildFacts(birth_date=on, one_parent=True)
        return await self._record(pb.RecordChildFactsRequest, self.stub.RecordChildFacts, facts=facts)

    async def mother(self, **more: Any) -> str:
        """Record the mother; returns her id."""
        answer = await self.person(family_pb2.FamilyPerson.RELATION_MOTHER, **more)
        return str(answer.id)

    async def person(self, relation: Any, **more: Any) -> pb.RecordPersonResponse:
        """Record somebody."""
        person = family_pb2.FamilyPerson(**{"relation": relation, "display_name": "Canary Mother"} | more)
        return await self._record(pb.RecordPersonRequest, self.stub.RecordPerson, person=person)

    async def order(self, **said: Any) -> pb.RecordOrderResponse:
        """Record an order."""
        return await self._record(
            pb.RecordOrderRequest, self.stub.RecordOrder, order=family_pb2.CourtOrder(**said)
        )

    async def competence(self, **said: Any) -> pb.RecordCompetenceResponse:
        """Record an assessment."""
        return await self._record(
            pb.RecordCompetenceRequest,
            self.stub.RecordCompetence,
            assessment=family_pb2.CompetenceAssessment(**said),
        )

    async def wish(self, **said: Any) -> pb.RecordWishResponse:
        """Record a wish."""
        return await self._record(
            pb.RecordWishRequest, self.stub.RecordWish, wish=family_pb2.ConfidentialityWish(**said)
        )

    async def do_not_tell(self, **said: Any) -> pb.RecordDoNotTellResponse:
        """Record that somebody is told nothing."""
        return await self._record(
            pb.RecordDoNotTellRequest, self.stub.RecordDoNotTell, do_not_tell=family_pb2.DoNotTell(**said)
        )

    async def _record(self, request: Any, call: Callable[..., Awaitable[R]], **said: Any) -> R:
        asked = request(child_id=self.child.of(self.organisation), request_id=str(uuid4()), **said)
        return await call(asked, metadata=self.organisation.metadata)
