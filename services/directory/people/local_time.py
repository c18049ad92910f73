"""The clock on the wall in Europe/London, by which people work. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
DAY_MINUTES: Final = 24 * 60


def today(now: datetime) -> date:
    """Return the day it is in Europe/London at a time in UTC."""
    return now.astimezone(LONDON).date()


def begins(day: date, minutes: int) -> datetime:
    """Return in UTC when the clock first shows a time of a day, in minutes from midnight, up to 24:00.

    Of a time that the clock leaps over in spring: when it would have come had the clock not leapt.
    """
    return _at(day, minutes).astimezone(UTC)


def ends(day: date, minutes: int) -> datetime:
    """Return in UTC when the clock last shows a time of a day.

    In autumn an hour comes twice: what ends in it ends the second time, so that between two shifts nobody is missing.
    """
    wall = _at(day, minutes)
    return max(wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))


def _at(day: date, minutes: int) -> datetime:
    further, rest = divmod(minutes, DAY_MINUTES)
    wall = time(rest // 60, rest % 60, tzinfo=LONDON)
    return datetime.combine(day + timedelta(days=further), wall)
