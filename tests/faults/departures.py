"""A practitioner who leaves: an event of the directory with an effect in the child index, once (G3)."""

from dataclasses import dataclass
from uuid import UUID

import grpc
from google.protobuf.message import Message
from grpc.aio import AioRpcError

from deploy.demo.agency_client import IssuerUnreachable
from kith.childindex.v1 import child_events_pb2
from kith.directory.v1 import directory_service_pb2
from tests.faults.invariants import database
from tests.faults.stream import distinct_child
from tests.fixtures.eventually import eventually
from tests.fixtures.partnership import Organisation, Partnership

_CHILDREN = 3
_PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@dataclass(frozen=True)
class Departure:
    """A practitioner who works with some children."""

    kith: Partnership
    organisation: Organisation

    async def happens(self) -> None:
        """The practitioner leaves; said again until it is acknowledged."""
        request = directory_service_pb2.RecordPractitionerLeftRequest(
            practitioner_id=self.organisation.practitioner_id
        )

        async def said() -> Message | None:
            try:
                answer: Message = await self.kith.call(
                    self.kith.operator, self.kith.directory.RecordPractitionerLeft, request, purpose=""
                )
            except AioRpcError as error:
                if error.code() not in _PASSING:
                    raise
                return None
            except IssuerUnreachable:
                return None
            return answer

        await eventually(said)

    async def had_its_effect_once(self) -> None:
        """Fail unless each involvement comes to be marked for review, by one change of its child."""
        await eventually(self._marked)
        async with database(self.kith.fleet, "child_index") as connection:
            rows = await connection.fetch(
                "SELECT o.key, o.payload FROM chassis.outbox AS o JOIN involvement AS i ON i.child_id = o.key"
                " WHERE i.organisation_id = $1 ORDER BY o.position",
                UUID(self.organisation.id),
            )
        happened: dict[UUID, list[str | None]] = {}
        for row in rows:
            event = child_events_pb2.ChildEvent.FromString(row["payload"])
            happened.setdefault(row["key"], []).append(event.WhichOneof("event"))
        assert (
            list(happened.values())
            == [["child_registered", "involvement_recorded", "child_changed"]] * _CHILDREN
        )

    async def _marked(self) -> bool:
        async with database(self.kith.fleet, "child_index") as connection:
            marked = await connection.fetch(
                "SELECT review_due FROM involvement WHERE organisation_id = $1", UUID(self.organisation.id)
            )
        assert [row["review_due"] for row in marked] == [True] * _CHILDREN
        return True


async def departure(kith: Partnership) -> Departure:
    """A practitioner about to leave."""
    organisation = await kith.organisation()
    for _ in range(_CHILDREN):
        await kith.register(organisation, distinct_child())
    return Departure(kith, organisation)
