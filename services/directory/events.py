"""The events of the directory: which entry changed and how, nothing of what it says (DESIGN 5 no. 14). Pure."""

from datetime import datetime
from uuid import UUID, uuid4

from kith.directory.v1.directory_events_pb2 import (
    DirectoryEvent,
    ServiceChanged,
    ServicePublished,
    ServiceWithdrawn,
)
from services.chassis.outbox import Event

TOPIC = "kith.directory.v1.directory-events"


def service_published(service_id: UUID, version: int, now: datetime) -> Event:
    """Return the event that the public may see a service: for the first time, or again (SD-1)."""
    return event(service_id, version, now, DirectoryEvent(service_published=ServicePublished()))


def service_changed(service_id: UUID, version: int, now: datetime) -> Event:
    """Return the event that a public service changed (SD-1)."""
    return event(service_id, version, now, DirectoryEvent(service_changed=ServiceChanged()))


def service_withdrawn(service_id: UUID, version: int, now: datetime) -> Event:
    """Return the event that the public may no longer see a service (SD-1)."""
    return event(service_id, version, now, DirectoryEvent(service_withdrawn=ServiceWithdrawn()))


def event(key: UUID, version: int, now: datetime, message: DirectoryEvent) -> Event:
    """Return an event about `key`, whose row is locked and has this version now."""
    event_id = uuid4()
    message.event_id = str(event_id)
    message.event_time.FromDatetime(now)
    message.key = str(key)
    message.version = version
    return Event(event_id, key, version, message.SerializeToString())
