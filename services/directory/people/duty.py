"""Duty rotas: who answers for a team at a moment, and until when. Pure.

Shifts are times of the clock on the wall; what is computed is in UTC. Every day has the shifts of its weekday, or of
the exception for that day; those of the day before that go on past midnight go on. Of several at the same time the one
that began last counts, of those that began together the last in the list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
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


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime
    shift: Shift


def on_duty(rota: Rota, now: datetime) -> OnDuty:
    """Return who answers now (UTC), and when the next one does, or nobody."""
    spans = list(_spans(rota, local_time.today(now)))
    current = _at(spans, now)
    who = current.who if current else None
    for turn in sorted({time for span in spans for time in (span.start, span.end) if time > now}):
        after = _at(spans, turn)
        if (after.who if after else None) != who:
            # What is beyond the horizon has not been laid out, so its first turn says nothing.
            return OnDuty(current, turn if turn < now + timedelta(days=HORIZON_DAYS) else None)
    return OnDuty(current, None)


def _spans(rota: Rota, today: date) -> Iterator[_Span]:
    # From yesterday, for what goes on past midnight; in the order in which it counts less, so that the last one wins.
    for ahead in range(-1, HORIZON_DAYS + 2):
        day = today + timedelta(days=ahead)
        for shift in rota.on(day):
            end = shift.end if shift.end > shift.start else shift.end + DAY_MINUTES
            yield _Span(local_time.begins(day, shift.start), local_time.ends(day, end), shift)


def _at(spans: Sequence[_Span], moment: datetime) -> Shift | None:
    found: _Span | None = None
    for span in spans:
        if span.start <= moment < span.end and (found is None or span.start >= found.start):
            found = span
    return found.shift if found else None
