"""Days as requests say them: days of the calendar, or absent. Pure."""

from datetime import date, timedelta
from typing import Any, Final

from google.type.date_pb2 import Date

from services.chassis.errors import InvalidArgument

MIDNIGHTS: Final = timedelta(days=1)
"""The caller's midnight comes at most this much earlier than that in UTC."""
# Of everybody around a child now, and of all that the rules reckon from it; other years are slips of the keyboard.
_YEARS: Final = range(1900, 2200)


def day(field: str, said: Date) -> date:
    """Return a day of the calendar. Raises InvalidArgument naming the field."""
    violations: list[tuple[str, str]] = []
    found = day_or_violation(field, said, violations)
    if found is None:
        raise InvalidArgument(violations)
    return found


def absent_or_day(message: Any, name: str, within: str = "") -> date | None:
    """Return a day of a message, None where it is absent. Raises InvalidArgument naming the field.

    `within` is the path of the message in the request, where it is not the request itself.
    """
    path = f"{within}.{name}" if within else name
    return day(path, getattr(message, name)) if message.HasField(name) else None


def day_or_violation(field: str, said: Date, violations: list[tuple[str, str]]) -> date | None:
    """Return a day of the calendar; if it is none, add that to the violations and return None."""
    try:
        found = date(said.year, said.month, said.day)
    except ValueError:
        violations.append((field, "must be a day of the calendar, with year, month and day"))
        return None
    if found.year not in _YEARS:
        violations.append((field, f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}"))
        return None
    return found
