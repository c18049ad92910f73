"""Schedules as recurrences by RFC 5545, from the fields in which HSDS spells them. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_FREQUENCIES: Final = {"WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
_LISTS: Final = ("byday", "bymonthday", "byweekno", "byyearday")
_DAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_MOST: Final[Mapping[str, int]] = {"bymonthday": 31, "byweekno": 53, "byyearday": 366}
# For a recurrence that is judged without its beginning: any day does.
_SOME_DAY: Final = date(2024, 1, 1)


def faults(schedule: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give (field, why) of what is no recurrence; lists of days are put into their standard form in place."""
    for name in _LISTS:
        if name in schedule:
            schedule[name] = ",".join(part.strip().upper() for part in schedule[name].split(","))
    if "freq" not in schedule:
        yield from (
            (name, "needs freq") for name in (*_LISTS, "interval", "count", "until") if name in schedule
        )
        return
    if "count" in schedule and "until" in schedule:
        yield "until", "must not stand beside count (RFC 5545)"
    wrong = [(name, why) for name in _LISTS if name in schedule and (why := _wrong(name, schedule))]
    yield from wrong
    if not wrong and schedule["freq"] in _FREQUENCIES and _has_days(schedule):
        try:
            rule(schedule)
        except (ValueError, TypeError, OverflowError):
            yield "freq", "is no recurrence by RFC 5545 with the fields beside it"


def rule(schedule: Mapping[str, Any], start: date | None = None) -> rrule:
    """Return the recurrence of a valid schedule that has a `freq`; without `dtstart` it begins on `start`."""
    first = _date(schedule.get("dtstart")) or _date(schedule.get("valid_from")) or start or _SOME_DAY
    last = _date(schedule.get("until")) or _date(schedule.get("valid_to"))
    return rrule(
        _FREQUENCIES[schedule["freq"]],
        dtstart=datetime(first.year, first.month, first.day),  # noqa: DTZ001 - days of the calendar, nowhere in particular
        interval=schedule.get("interval", 1),
        wkst=_weekday(schedule["wkst"]) if "wkst" in schedule else None,
        count=schedule.get("count"),
        until=datetime(last.year, last.month, last.day) if last and "count" not in schedule else None,  # noqa: DTZ001 - as above
        byweekday=_each(schedule, "byday", _weekday),
        bymonthday=_each(schedule, "bymonthday", int),
        byweekno=_each(schedule, "byweekno", int),
        byyearday=_each(schedule, "byyearday", int),
    )


def _each(schedule: Mapping[str, Any], name: str, read: Callable[[str], Any]) -> list[Any] | None:
    return [read(part) for part in schedule[name].split(",")] if name in schedule else None


def _wrong(name: str, schedule: Mapping[str, Any]) -> str | None:
    parts = schedule[name].split(",")
    if name != "byday":
        most = _MOST[name]
        numbers = [int(part) if _NUMBER.fullmatch(part) else 0 for part in parts]
        return (
            None
            if all(0 < abs(one) <= most for one in numbers)
            else f"must be numbers from 1 to {most} or below 0"
        )
    days = [_DAY.fullmatch(part) for part in parts]
    if not all(days):
        return "must be days of the week, such as MO,WE"
    if schedule["freq"] == "WEEKLY" and any(day and day[1] for day in days):
        return "may have numbers only with freq MONTHLY (RFC 5545)"
    return None


def _weekday(day: str) -> weekday:
    number = int(day[:-2]) if len(day) > len("MO") else None
    return weekday(WEEKDAYS.index(day[-2:]), number)


def _has_days(schedule: Mapping[str, Any]) -> bool:
    """Whether its days exist; that they do not is a fault of theirs."""
    try:
        for name in ("dtstart", "valid_from", "until", "valid_to"):
            _date(schedule.get(name))
    except ValueError:
        return False
    return True


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
