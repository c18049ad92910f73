"""The events of the directory: which entry changed and how, nothing of what it says (DESIGN 5 no. 14). Pure."""

from uuid import uuid4

from kith.directory.v1.directory_events_pb2 import DirectoryEvent, PractitionerLeft, ServiceChanged
from services.chassis.outbox import Event
from services.directory.entries import Practitioner, Service

TOPIC = "kith.directory.v1.directory-events"


def service_changed(service: Service) -> Event:
    """Return the event that the service was published or changed (SD-1)."""
    return _event(service, DirectoryEvent(service_changed=ServiceChanged()))


def practitioner_left(practitioner: Practitioner) -> Event:
    """Return the event that the practitioner left (SD-7)."""
    return _event(practitioner, DirectoryEvent(practitioner_left=PractitionerLeft()))


def _event(entry: Service | Practitioner, message: DirectoryEvent) -> Event:
    event_id = uuid4()
    message.event_id = str(event_id)
    message.event_time.FromDatetime(entry.update_time)
    message.key = str(entry.id)
    message.version = entry.version
    return Event(event_id, entry.id, entry.version, message.SerializeToString())
