"""A consent and its life: given, then perhaps withdrawn (CON-1, CON-3, CON-11). Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from google.type.date_pb2 import Date

from kith.consent.v1 import consent_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.consent.refusals import ConsentWithdrawn


@dataclass(frozen=True, slots=True)
class Consent:
    """That somebody agreed to something about a child being shared; what was said or shown is not here.

    `child_id` is the internal id. `version` grows by one with each event about the consent, from 1.
    """

    id: UUID
    child_id: UUID
    recording_organisation_id: UUID
    scope: pb.Consent.Scope
    recipient_organisation_ids: frozenset[UUID]
    giver: pb.Consent.Giver
    method: pb.Consent.Method
    wording_version: str
    start_date: date
    expire_date: date
    state: pb.Consent.State
    version: int
    update_time: datetime

    def withdrawn(self, now: datetime) -> "Consent":
        """Return the consent as withdrawn. Raises ConsentWithdrawn if it was withdrawn before."""
        if self.state == pb.Consent.STATE_WITHDRAWN:
            raise ConsentWithdrawn
        return replace(self, state=pb.Consent.STATE_WITHDRAWN, version=self.version + 1, update_time=now)


def period(start: Date, expire: Date, today: date) -> tuple[date, date]:
    """Return the first and the last day a consent holds. Raises InvalidArgument naming each day at fault.

    It must not be over already. It may begin later than `today`: midnight comes earlier there than in UTC.
    """
    violations: list[tuple[str, str]] = []
    first, last = _day("start_date", start, violations), _day("expire_date", expire, violations)
    if last is not None and last < today:
        violations.append(("expire_date", "must not have passed"))
    if first is not None and last is not None and last < first:
        violations.append(("expire_date", "must not be before start_date"))
    if violations or first is None or last is None:
        raise InvalidArgument(violations)
    return first, last


def _day(field: str, day: Date, violations: list[tuple[str, str]]) -> date | None:
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        violations.append((field, "must be a day of the calendar, with year, month and day"))
        return None
