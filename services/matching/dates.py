"""How two dates of birth, whole or partial, agree. A rule table in code: the first that fits is the level."""

from services.matching.features import Features


def birth_date_level(one: Features, other: Features) -> str:
    """The level of agreement: a name of `weights.birth_date` in the model, or "missing"."""
    if one.whole_date and other.whole_date:
        return _whole(one, other)
    return _partial(one, other)


def _whole(one: Features, other: Features) -> str:
    year, month, day = one.year == other.year, one.month == other.month, one.day == other.day
    agreeing = year + month + day
    if agreeing == 3:  # noqa: PLR2004 - all three parts
        return "first_of_january" if one.month == one.day == 1 else "exact"
    if year and one.month == other.day and one.day == other.month:
        return "swapped"
    if year and (one.month == one.day == 1 or other.month == other.day == 1):
        # A 1 January stands for "some day of that year" where no papers tell the day.
        return "estimated"
    if agreeing == 2:  # noqa: PLR2004 - one part differs
        return "one_digit" if _one_digit_apart(one, other) else "one_part"
    return "disagree"


def _one_digit_apart(one: Features, other: Features) -> bool:
    first = f"{one.year:04}{one.month:02}{one.day:02}"
    second = f"{other.year:04}{other.month:02}{other.day:02}"
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1


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
