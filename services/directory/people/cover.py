"""Who answers for a team now: the team by its rota, else the out-of-hours team, else nobody. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.directory.v1.duty_pb2 import DutyCover
from services.directory.people.duty import OnDuty, Shift


@dataclass(frozen=True, slots=True)
class Line:
    """A team as somebody who rings needs it."""

    id: UUID
    display_name: str
    phone: str
    email: str
    duty: OnDuty | None
    """Who answers now by its rota, None if it has none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers now. `practitioner_id` is whom the rota names, whether or not they are there."""

    state: DutyCover.State
    line: Line
    phone: str
    practitioner_id: UUID | None
    until: datetime | None


def answer(team: Line, out_of_hours: Line | None) -> Answer:
    """Return who answers for a team.

    A team of which no hours are known is given with its number, since nothing says that nobody is there. An
    out-of-hours team without hours answers whenever others do not.
    """
    own = team.duty
    if own is None:
        return Answer(DutyCover.STATE_UNSCHEDULED, team, team.phone, None, None)
    if own.shift is not None:
        return _answered(DutyCover.STATE_ANSWERED, team, own.shift, own.until)
    if out_of_hours is not None and out_of_hours.id != team.id:
        other = out_of_hours.duty
        if other is None:
            return _answered(DutyCover.STATE_OUT_OF_HOURS, out_of_hours, None, own.until)
        if other.shift is not None:
            soonest = min((time for time in (own.until, other.until) if time is not None), default=None)
            return _answered(DutyCover.STATE_OUT_OF_HOURS, out_of_hours, other.shift, soonest)
    return Answer(DutyCover.STATE_NOBODY, team, "", None, own.until)


def _answered(state: DutyCover.State, line: Line, shift: Shift | None, until: datetime | None) -> Answer:
    if shift is None:
        return Answer(state, line, line.phone, None, until)
    return Answer(state, line, shift.phone or line.phone, shift.practitioner_id, until)
