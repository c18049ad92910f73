"""Schedules as recurrences by RFC 5545, from the fields in which HSDS spells them. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_LISTS: Final = ("byday", "bymonthday", "byweekno", "byyearday")
_DAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_MOST: Final[Mapping[str, int]] = {"bymonthday": 31, "byweekno": 53, "byyearday": 366}


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
    for name in _LISTS:
        if name in schedule and (why := _wrong(name, schedule)):
            yield name, why


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
