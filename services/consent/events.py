"""The events of consent: that something happened to one, neither what was agreed nor by whom (CON-1). Pure."""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from kith.consent.v1 import consent_events_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent as ConsentMessage
from services.chassis.outbox import Event
from services.consent.consent import Consent

TOPIC = "kith.consent.v1.consent-events"

_ENDED: Final = frozenset({
    ConsentMessage.STATE_REFUSED, ConsentMessage.STATE_EXPIRED, ConsentMessage.STATE_SUPERSEDED,
    ConsentMessage.STATE_INVALIDATED,
})  # fmt: skip


def consent_event(before: Consent | None, after: Consent) -> Event:
    """Return the event of what became of a consent; `before` is None for a new one."""
    return _event(after.id, after.version, after.update_time, _what(before, after))


def sharing_decided(decision_id: UUID, now: datetime) -> Event:
    """Return the event that it was decided whether to share."""
    return _event(decision_id, 1, now, pb.ConsentEvent(sharing_decided=pb.SharingDecided()))


def sharing_changed(decision_id: UUID, version: int, now: datetime) -> Event:
    """Return the event that a recipient acknowledged, or that sharing ended or was reviewed."""
    return _event(decision_id, version, now, pb.ConsentEvent(sharing_changed=pb.SharingChanged()))


def _what(before: Consent | None, after: Consent) -> pb.ConsentEvent:
    if before is not None and before.state == after.state:
        return pb.ConsentEvent(consent_changed=pb.ConsentChanged())
    if after.state == ConsentMessage.STATE_GIVEN:
        return pb.ConsentEvent(consent_given=pb.ConsentGiven())
    if after.state == ConsentMessage.STATE_WITHDRAWN:
        return pb.ConsentEvent(consent_withdrawn=pb.ConsentWithdrawn())
    if after.state == ConsentMessage.STATE_REQUESTED:
        return pb.ConsentEvent(consent_requested=pb.ConsentRequested())
    if after.state == ConsentMessage.STATE_FROZEN:
        return pb.ConsentEvent(consent_frozen=pb.ConsentFrozen())
    if after.state in _ENDED:
        return pb.ConsentEvent(consent_ended=pb.ConsentEnded())
    raise ValueError("a state without an event")


def _event(key: UUID, version: int, now: datetime, message: pb.ConsentEvent) -> Event:
    event_id = uuid4()
    message.event_id = str(event_id)
    message.event_time.FromDatetime(now)
    message.consent_id = str(key)
    message.version = version
    return Event(event_id, key, version, message.SerializeToString())
