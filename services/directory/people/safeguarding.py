"""Designated safeguarding leads and deputies, and when they are there for it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.directory.v1.organisation_contacts_pb2 import SafeguardingContact
from services.directory.people import local_time


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of an ISO weekday (1 is Monday), in minutes from midnight in Europe/London; the end is after the start."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SafeguardingLead:
    """A lead or deputy."""

    kind: SafeguardingContact.Kind
    practitioner_id: UUID
    hours: tuple[Hours, ...]

    def is_there(self, now: datetime) -> bool:
        """Whether a time in UTC is within the hours."""
        wall = now.astimezone(local_time.LONDON)
        minute = wall.hour * 60 + wall.minute
        return any(one.weekday == wall.isoweekday() and one.start <= minute < one.end for one in self.hours)
