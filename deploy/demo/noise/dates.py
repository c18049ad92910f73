"""Ways a date of birth is written wrongly or in part (DOMAIN 4.4)."""

from calendar import monthrange
from datetime import date
from random import Random

from deploy.demo.model import PartialDate

KNOWN = "AAA"
UNKNOWN = "UUU"
FIRST_OF_JANUARY = "UUA"  # day and month unknown, the year is good
_MONTH_HEARD = {1: 6, 3: 5, 5: 3, 6: 7, 7: 6, 9: 11, 11: 9}  # Jan/Jun, Mar/May, Jun/Jul, Sept/Nov


def written(day: date) -> PartialDate:
    """Returns a date as its parts."""
    return day.year, day.month, day.day


def day_month_swapped(day: date) -> date:
    """Returns the date with day and month in each other's place, where that is another date."""
    return date(day.year, day.day, day.month) if day.day <= 12 else day


def digit_slipped(day: date, rng: Random) -> date:
    """Returns the date with one digit of the day or month hit wrongly, always a possible date."""
    if rng.random() < 0.7:
        tens, ones = divmod(day.day, 10)
        days = [tens * 10 + digit for digit in range(10) if digit != ones] + [
            other * 10 + ones for other in range(4) if other != tens
        ]
        return day.replace(day=rng.choice([d for d in days if 1 <= d <= monthrange(day.year, day.month)[1]]))
    months = [
        month for month in (day.month - 1, day.month + 1, day.month + 10, day.month - 10) if 1 <= month <= 12
    ]
    return _clamped(day.year, rng.choice(months), day.day)


def year_off(day: date, rng: Random) -> date:
    """Returns the date one year too early or too late."""
    return _clamped(day.year + rng.choice((-1, 1)), day.month, day.day)


def month_misheard(day: date) -> date:
    """Returns the date with a month that sounds alike, as when spoken over the telephone."""
    return _clamped(day.year, _MONTH_HEARD.get(day.month, day.month), day.day)


def year_only(day: date) -> PartialDate:
    """Returns the year alone, as from an age."""
    return day.year, None, None


def _clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
