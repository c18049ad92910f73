"""When a schedule of HSDS takes place: enough of RFC 5545 to tell one that never does. Pure.

Day by day over five years, so that the answer takes a millisecond at most. Those of dateutil look for a day that never
comes until the year 9999: a third of a second in which nobody is answered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from services.directory.openreferral.recurrence import WEEKDAYS
from services.directory.quality.finding import Finding, FindingKind

_BYDAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
# A leap year is found in it wherever it begins, except around 1900 and 2100.
_HORIZON_DAYS: Final = 5 * 366
_MIDNIGHT: Final = time()


@dataclass(frozen=True, slots=True)
class Recurrence:
    """On which days a schedule takes place. Empty sets mean that nothing is said."""

    monthly: bool
    interval: int
    first: date | None
    last: date | None
    count: int | None
    weekdays: frozenset[tuple[int, int]]
    """(which of the month, 0 for every; weekday from Monday 0)."""
    month_days: frozenset[int]
    week_start: int

    def days(self, since: date) -> Iterator[date]:
        """Give the days from `since` on which it takes place, over the five years after that or its first day."""
        start = self.first or since
        # What happened before `since` matters only for a count.
        began = start if self.count is not None or start > since else since
        left = self.count
        for offset in range(_HORIZON_DAYS):
            day = began + timedelta(days=offset)
            if (self.last is not None and day > self.last) or left == 0:
                return
            if self._on(day, start):
                left = None if left is None else left - 1
                if day >= since:
                    yield day

    def _on(self, day: date, start: date) -> bool:
        if self.monthly:
            return self._month_fits(day, start)
        weeks = (self._monday(day) - self._monday(start)).days // 7
        wanted = {weekday for _, weekday in self.weekdays} or {start.weekday()}
        return weeks % self.interval == 0 and day.weekday() in wanted

    def _month_fits(self, day: date, start: date) -> bool:
        months = (day.year - start.year) * 12 + day.month - start.month
        if months % self.interval:
            return False
        length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
        if self.month_days and not {day.day, day.day - length - 1} & self.month_days:
            return False
        if self.weekdays:
            which = {0, (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)}
            return any((number, day.weekday()) in self.weekdays for number in which)
        return bool(self.month_days) or day.day == start.day

    def _monday(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)


def findings(schedule: Mapping[str, Any], pointer: str, today: date) -> Iterator[Finding]:
    """Find what is impossible in a schedule of HSDS at this place of the document."""
    try:
        span = (_day(schedule.get("valid_from")), _day(schedule.get("valid_to")))
        rule = (_day(schedule.get("dtstart")), _day(schedule.get("until")))
        hours = (_time(schedule.get("opens_at")), _time(schedule.get("closes_at")))
        recurrence = read(schedule)
    except ValueError:
        yield Finding(pointer, FindingKind.SCHEDULE_UNREADABLE)
        return
    yield from _hours(hours, pointer)
    if any(start is not None and end is not None and end < start for start, end in (span, rule)):
        yield Finding(pointer, FindingKind.SCHEDULE_REVERSED)
        return
    last = min((day for day in (span[1], rule[1]) if day is not None), default=None)
    if last is not None and last < today:
        yield Finding(pointer, FindingKind.SCHEDULE_OVER)
    elif recurrence is not None and next(recurrence.days(max(today, span[0] or today)), None) is None:
        begun = recurrence.first is not None and recurrence.first < today
        over = begun and recurrence.count is not None and any(recurrence.days(recurrence.first or today))
        yield Finding(pointer, FindingKind.SCHEDULE_OVER if over else FindingKind.SCHEDULE_NEVER_OCCURS)


def read(schedule: Mapping[str, Any]) -> Recurrence | None:
    """Return the recurrence of a schedule; None if it has none, or one whose days are not to be known from it.

    Raises ValueError for one that cannot be read.
    """
    freq = schedule.get("freq")
    if freq is None:
        return None
    if freq not in {"WEEKLY", "MONTHLY"}:
        raise ValueError("freq")
    first = _day(schedule.get("dtstart")) or _day(schedule.get("valid_from"))
    lasts = [day for name in ("until", "valid_to") if (day := _day(schedule.get(name))) is not None]
    weekdays = frozenset(map(_weekday, _list(schedule.get("byday"))))
    month_days = frozenset(map(int, _list(schedule.get("bymonthday"))))
    if first is None and not weekdays and not month_days:
        return None
    return Recurrence(
        monthly=freq == "MONTHLY",
        interval=_positive(schedule.get("interval")) or 1,
        first=first,
        last=min(lasts, default=None),
        count=_positive(schedule.get("count")),
        weekdays=weekdays,
        month_days=month_days,
        week_start=WEEKDAYS.index(schedule.get("wkst") or "MO"),
    )


def _hours(hours: tuple[time | None, time | None], pointer: str) -> Iterator[Finding]:
    opens, closes = hours
    if opens is None or closes is None:
        return
    # To midnight is written as its beginning, and from midnight to midnight is all day.
    if closes == opens != _MIDNIGHT:
        yield Finding(pointer, FindingKind.HOURS_EMPTY)
    elif closes < opens and closes != _MIDNIGHT:
        yield Finding(pointer, FindingKind.HOURS_REVERSED)


def _weekday(text: str) -> tuple[int, int]:
    found = _BYDAY.fullmatch(text)
    if found is None:
        raise ValueError("byday")
    return int(found[1] or 0), WEEKDAYS.index(found[2])


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _positive(number: float | None) -> int | None:
    if number is None:
        return None
    if number < 1:
        raise ValueError("below 1")
    return int(number)


def _day(text: str | None) -> date | None:
    # iCalendar's own form has no hyphens, and either may carry a time.
    return date.fromisoformat(text[:8] if text[:8].isdecimal() else text[:10]) if text else None


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text).replace(tzinfo=None) if text else None
