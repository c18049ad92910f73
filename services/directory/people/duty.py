"""Duty rotas: who answers for a team at a moment, and until when. Pure.

Shifts are times of the clock on the wall; what is computed is in UTC. Every day has the shifts of its weekday, or of
the exception for that day; those of the day before that go on past midnight go on. Of several at the same time the one
that began last counts, of those that began together the last in the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from services.directory.people import local_time
from services.directory.people.local_time import DAY_MINUTES

HORIZON_DAYS: Final = 8
"""How far ahead the end of what is so now is looked for: a week comes round within it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A time in which somebody answers, in minutes from midnight. Not after its start, it ends on the next day."""

    start: int
    end: int
    practitioner_id: UUID | None = None
    """Who answers; None for the team."""
    phone: str = ""
    """The number to ring; empty for the team's."""

    @property
    def who(self) -> tuple[UUID | None, str]:
        """What somebody who rings notices of it."""
        return self.practitioner_id, self.phone


@dataclass(frozen=True, slots=True)
class Rota:
    """When a team answers: by ISO weekday (1 is Monday) and, where they differ, by day."""

    weekly: Mapping[int, Sequence[Shift]] = field(default_factory=dict)
    exceptions: Mapping[date, Sequence[Shift]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of when the team answers."""
        return not any(self.weekly.values()) and not self.exceptions

    @property
    def practitioner_ids(self) -> frozenset[UUID]:
        """All whom it names."""
        shifts = [shift for day in (*self.weekly.values(), *self.exceptions.values()) for shift in day]
        return frozenset(shift.practitioner_id for shift in shifts if shift.practitioner_id is not None)

    def on(self, day: date) -> Sequence[Shift]:
        """Return the shifts that begin on a day."""
        found = self.exceptions.get(day)
        return found if found is not None else self.weekly.get(day.isoweekday(), ())


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who answers at a moment: a shift, or None for nobody; and until when, None if that is beyond the horizon."""

    shift: Shift | None
    until: datetime | None


class _Span(NamedTuple):
    start: datetime
    end: datetime
    shift: Shift


def on_duty(rota: Rota, now: datetime) -> OnDuty:
    """Return who answers now (UTC), and when the next one does, or nobody."""
    today = local_time.today(now)
    before, begun = _spans(rota, today - timedelta(days=1)), _spans(rota, today)
    current = _at([*before, *begun], now)
    who = current.who if current else None
    horizon = now + timedelta(days=HORIZON_DAYS)
    for ahead in range(HORIZON_DAYS + 1):
        # No shift is longer than a day: at any moment of this one only those of two days can be running.
        spans = [*before, *begun]
        midnight = local_time.begins(today + timedelta(days=ahead), DAY_MINUTES)
        for turn in sorted({time for span in spans for time in span[:2] if now < time < midnight}):
            after = _at(spans, turn)
            if (after.who if after else None) != who:
                return OnDuty(current, turn if turn < horizon else None)
        before, begun = begun, _spans(rota, today + timedelta(days=ahead + 1))
        after = _at([*before, *begun], midnight)
        if (after.who if after else None) != who:
            return OnDuty(current, midnight if midnight < horizon else None)
    return OnDuty(current, None)


def _spans(rota: Rota, day: date) -> list[_Span]:
    """Return the shifts that begin on a day, in the order in which they count less."""
    return [
        _Span(
            local_time.begins(day, shift.start),
            local_time.ends(day, shift.end if shift.end > shift.start else shift.end + DAY_MINUTES),
            shift,
        )
        for shift in rota.on(day)
    ]


def _at(spans: Sequence[_Span], moment: datetime) -> Shift | None:
    found: _Span | None = None
    for span in spans:
        if span.start <= moment < span.end and (found is None or span.start >= found.start):
            found = span
    return found.shift if found else None
