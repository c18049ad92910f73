"""How two dates of birth, whole or partial, agree. A rule table in code: the first that fits is the level."""

from datetime import date, timedelta

from rapidfuzz.distance import Hamming

from services.matching.features import Features

SAME_DAY = frozenset(("exact", "first_of_january"))
_NEAR_YEARS = 1
_WIDE_YEARS = 3
_WEEK = timedelta(days=366)
_LAST_MONTH = 12


def birth_date_level(one: Features, other: Features) -> str:
    """The level of agreement: a level of `birth_date` in the model, or "missing"."""
    first, second = one.digits, other.digits
    if first and second:
        if first == second:
            return "first_of_january" if first.endswith("0101") else "exact"
        return _whole(one, other)
    if one.born or other.born:
        return _within(one, other)
    return _partial(one, other)


def _whole(one: Features, other: Features) -> str:
    """Two whole dates that are not the same."""
    year = one.year == other.year
    if year and one.month == other.day and one.day == other.month:
        return "swapped"
    if one.estimated or other.estimated:
        return "estimated" if abs(one.year - other.year) <= _NEAR_YEARS else "disagree"
    apart = Hamming.distance(one.digits, other.digits)
    if apart == 1:
        return "one_digit"
    if year and (one.month == one.day == 1 or other.month == other.day == 1):
        # A 1 January stands for "some day of that year" where no papers tell the day.
        return "estimated"
    if year + (one.month == other.month) + (one.day == other.day) == 2:  # noqa: PLR2004 - one part differs
        return "one_part"
    if apart == 2:  # noqa: PLR2004 - two slips, or two digits swapped
        return "two_digits"
    return "same_year" if year else "disagree"


def _partial(one: Features, other: Features) -> str:
    compared = [
        (name, a == b)
        for name, a, b in (
            ("year", one.year, other.year),
            ("month", one.month, other.month),
            ("day", one.day, other.day),
        )
        if a and b
    ]
    names = [name for name, _ in compared]
    if not names or ("year" not in names and len(names) == 1):
        return "missing"
    if all(agrees for _, agrees in compared):
        if "year" not in names:
            return "day_and_month"
        return "year_and_month" if "month" in names else "year"
    return "near_year" if one.year and other.year and abs(one.year - other.year) <= 1 else "disagree"


def _within(one: Features, other: Features) -> str:
    """An age or a range of dates against another or against a date."""
    first, second = _span(one), _span(other)
    if first is None or second is None:
        return "missing"
    gap = max(first[0], second[0]) - min(first[1], second[1])
    if gap > timedelta(0):
        return "near_year" if gap <= _WEEK else "disagree"
    widest = max(first[1] - first[0], second[1] - second[0])
    if widest > _WEEK * _WIDE_YEARS:
        return "missing"
    return "year" if widest <= _WEEK else "years"


def _span(one: Features) -> tuple[date, date] | None:
    if one.born:
        return one.born
    if not 1 <= one.year <= date.max.year:
        return None
    if not 1 <= one.month <= _LAST_MONTH:
        return date(one.year, 1, 1), date(one.year, 12, 31)
    # The last days of a month do not matter here.
    day = min(one.day, 28)
    return date(one.year, one.month, day or 1), date(one.year, one.month, day or 28)
