"""The thin events of the child index: what happened, never to whom by name (DESIGN 5 no. 14). Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from kith.childindex.v1 import child_events_pb2 as pb
from services.chassis.outbox import Event

TOPIC = "kith.childindex.v1.child-events"

What = (
    pb.ChildRegistered
    | pb.ChildChanged
    | pb.InvolvementRecorded
    | pb.InvolvementEnded
    | pb.CafIndicatorChanged
    | pb.LeadProfessionalChanged
)


def recorded(*, sensitive: bool) -> What:
    """That an involvement was recorded; of a sensitive one only that something changed."""
    return pb.ChildChanged() if sensitive else pb.InvolvementRecorded()


def ended(*, sensitive: bool) -> What:
    """That an involvement ended; of a sensitive one only that something changed."""
    return pb.ChildChanged() if sensitive else pb.InvolvementEnded()


def events(child_id: UUID, last_version: int, happened: Sequence[What]) -> list[Event]:
    """The events of one change of a child, numbered up to `last_version`, for the outbox."""
    first = last_version - len(happened) + 1
    return [_event(child_id, version, what) for version, what in enumerate(happened, start=first)]


def _event(child_id: UUID, version: int, what: What) -> Event:
    event_id = uuid4()
    message = pb.ChildEvent(event_id=str(event_id), child_id=str(child_id), version=version)
    message.event_time.FromDatetime(datetime.now(UTC))
    match what:
        case pb.ChildRegistered():
            message.child_registered.CopyFrom(what)
        case pb.ChildChanged():
            message.child_changed.CopyFrom(what)
        case pb.InvolvementRecorded():
            message.involvement_recorded.CopyFrom(what)
        case pb.InvolvementEnded():
            message.involvement_ended.CopyFrom(what)
        case pb.CafIndicatorChanged():
            message.caf_indicator_changed.CopyFrom(what)
        case pb.LeadProfessionalChanged():
            message.lead_professional_changed.CopyFrom(what)
    return Event(event_id, child_id, version, message.SerializeToString())
