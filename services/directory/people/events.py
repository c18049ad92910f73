"""The events about people, teams, contacts and panels: which changed, nothing of what it says. Pure."""

from datetime import datetime
from uuid import UUID

from kith.directory.v1 import directory_events_pb2 as pb
from services.chassis.outbox import Event
from services.directory.events import event
from services.directory.people.practitioner import Practitioner


def practitioner_left(practitioner: Practitioner) -> Event:
    """Return the event that the practitioner left (SD-7)."""
    return _of(practitioner, pb.DirectoryEvent(practitioner_left=pb.PractitionerLeft()))


def practitioner_moved(practitioner: Practitioner) -> Event:
    """Return the event that the practitioner moved to another service (SD-7)."""
    return _of(practitioner, pb.DirectoryEvent(practitioner_moved=pb.PractitionerMoved()))


def practitioner_changed(practitioner: Practitioner) -> Event:
    """Return the event that the practitioner is called or reached otherwise (SD-5)."""
    return _of(practitioner, pb.DirectoryEvent(contact_changed=pb.ContactChanged()))


def assessor_changed(practitioner: Practitioner) -> Event:
    """Return the event that the practitioner became, or is no longer, a competent assessor (CAF-3)."""
    return _of(practitioner, pb.DirectoryEvent(assessor_changed=pb.AssessorChanged()))


def contact_changed(key: UUID, version: int, time: datetime) -> Event:
    """Return the event that a team or an organisation is reached otherwise (SD-5)."""
    return event(key, version, time, pb.DirectoryEvent(contact_changed=pb.ContactChanged()))


def panel_changed(key: UUID, version: int, time: datetime) -> Event:
    """Return the event that a panel was made, changed or ended (SD-3)."""
    return event(key, version, time, pb.DirectoryEvent(panel_changed=pb.PanelChanged()))


def _of(practitioner: Practitioner, message: pb.DirectoryEvent) -> Event:
    return event(practitioner.id, practitioner.version, practitioner.update_time, message)
