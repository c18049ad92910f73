"""When a service is open, as far as its schedules say it by day of the week. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""The days as RRULE names them, in the order of the days of the week."""

_DAY: Final = re.compile(r"[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_TIME: Final = re.compile(r"(\d{2}):(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Opening:
    """A day on which it is open, and from when to when in minutes of the day; None where it does not say."""

    day: str
    opens: int | None
    closes: int | None

    @property
    def token(self) -> str:
        """It in one word."""
        return f"{self.day}.{'' if self.opens is None else self.opens}.{'' if self.closes is None else self.closes}"

    def within(self, start: int | None, end: int | None) -> bool:
        """Whether it opens at `start` or later and closes by `end`; what it does not say is not so."""
        if start is not None and (self.opens is None or self.opens < start):
            return False
        return end is None or (self.closes is not None and self.closes <= end and not self._past_midnight)

    def covers(self, days: frozenset[str], minute: int) -> bool:
        """Whether it is open at that minute of one of the days."""
        if self.opens is None or self.closes is None:
            return False
        if not self._past_midnight:
            return self.day in days and self.opens <= minute < self.closes
        next_day = DAYS[(DAYS.index(self.day) + 1) % len(DAYS)]
        return (self.day in days and minute >= self.opens) or (next_day in days and minute < self.closes)

    @property
    def _past_midnight(self) -> bool:
        return self.opens is not None and self.closes is not None and self.closes <= self.opens


def openings(schedule: Mapping[str, Any], today: date) -> Iterator[Opening]:
    """Give the openings of an HSDS schedule; none if it is over or names no day."""
    if (over := _date(schedule.get("valid_to"))) and over < today:
        return
    opens, closes = _minute(schedule.get("opens_at")), _minute(schedule.get("closes_at"))
    for day in _days(schedule):
        yield Opening(day, opens, closes)


def _days(schedule: Mapping[str, Any]) -> list[str]:
    named = _DAY.findall(str(schedule.get("byday") or "").upper())
    if named:
        return sorted(set(named), key=DAYS.index)
    freq = str(schedule.get("freq") or "").upper()
    if freq == "DAILY":
        return list(DAYS)
    began = _date(schedule.get("dtstart"))
    return [DAYS[began.weekday()]] if freq == "WEEKLY" and began else []


def _minute(text: object) -> int | None:
    """Return the minute of the day; seconds and zone, which is that of the place, are left out."""
    found = _TIME.match(text) if isinstance(text, str) else None
    return int(found[1]) * 60 + int(found[2]) if found else None


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None
