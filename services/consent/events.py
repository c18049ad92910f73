"""The events of consent: that one was given or withdrawn, neither what nor by whom (CON-1; DESIGN 5 no. 14). Pure."""

from uuid import uuid4

from kith.consent.v1.consent_events_pb2 import ConsentEvent, ConsentGiven, ConsentWithdrawn
from services.chassis.outbox import Event
from services.consent.consent import Consent

TOPIC = "kith.consent.v1.consent-events"


def consent_given(consent: Consent) -> Event:
    """Return the event that the consent was given."""
    return _event(consent, ConsentEvent(consent_given=ConsentGiven()))


def consent_withdrawn(consent: Consent) -> Event:
    """Return the event that the consent was withdrawn (CON-11)."""
    return _event(consent, ConsentEvent(consent_withdrawn=ConsentWithdrawn()))


def _event(consent: Consent, message: ConsentEvent) -> Event:
    event_id = uuid4()
    message.event_id = str(event_id)
    message.event_time.FromDatetime(consent.update_time)
    message.consent_id = str(consent.id)
    message.version = consent.version
    return Event(event_id, consent.id, consent.version, message.SerializeToString())
