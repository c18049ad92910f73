"""Who answers for a team now: the team by its rota, else the out-of-hours team, else nobody. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.directory.v1.duty_pb2 import DutyCover
from services.directory.people.duty import OnDuty, Rota, on_duty


@dataclass(frozen=True, slots=True)
class Line:
    """A team as somebody who rings needs it."""

    id: UUID
    display_name: str
    phone: str
    email: str
    rota: Rota


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers now. `practitioner_id` is whom the rota names, whether or not they are there."""

    state: DutyCover.State
    line: Line
    phone: str
    practitioner_id: UUID | None
    until: datetime | None


def answer(team: Line, out_of_hours: Line | None, now: datetime) -> Answer:
    """Return who answers for a team at a time in UTC.

    A team of which no hours are known is given with its number, since nothing says that nobody is there. An
    out-of-hours team without hours answers whenever others do not.
    """
    if team.rota.is_empty:
        return Answer(DutyCover.STATE_UNSCHEDULED, team, team.phone, None, None)
    own = on_duty(team.rota, now)
    if own.shift is not None:
        return _answered(DutyCover.STATE_ANSWERED, team, own)
    if out_of_hours is not None and out_of_hours.id != team.id:
        other = OnDuty(None, None) if out_of_hours.rota.is_empty else on_duty(out_of_hours.rota, now)
        if out_of_hours.rota.is_empty or other.shift is not None:
            soonest = min((time for time in (own.until, other.until) if time is not None), default=None)
            return _answered(DutyCover.STATE_OUT_OF_HOURS, out_of_hours, OnDuty(other.shift, soonest))
    return Answer(DutyCover.STATE_NOBODY, team, "", None, own.until)


def _answered(state: DutyCover.State, line: Line, duty: OnDuty) -> Answer:
    shift = duty.shift
    if shift is None:
        return Answer(state, line, line.phone, None, duty.until)
    return Answer(state, line, shift.phone or line.phone, shift.practitioner_id, duty.until)
