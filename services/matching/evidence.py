"""One term of a score, and the sentence that says it to a reader: never a value, only what was found."""

from dataclasses import dataclass

_NAMES = {
    "exact": "the same",
    "spelling": "the same in another spelling",
    "variant": "another form or spelling of the same name",
    "other_form": "another form or spelling of the name, and a name of its own",
    "part": "part of the other's",
    "slip": "a slip of the pen away",
    "short_slip": "a letter away, in a short name",
    "sounds": "sounds alike",
    "initial": "the same initial",
    "middle_as_first": "the other's middle name",
    "similar": "looks alike, but may be another name",
    "resembles": "looks a little alike",
    "disagree": "differs",
}
_LEVELS: dict[str, tuple[str, dict[str, str]]] = {
    "given_name": ("given name", _NAMES),
    "family_name": ("family name", _NAMES),
    "name_order": (
        "given and family name",
        {"swapped": "in each other's place", "straight": "each in its place"},
    ),
    "name_use": (
        "matched",
        {"former": "on a former name", "alias": "on an alias", "nickname": "on a nickname"},
    ),
    "other_given_names": (
        "other given names",
        {"exact": "the same", "similar": "similar", "initial": "the same initial", "disagree": "differ"},
    ),
    "birth_date": (
        "date of birth",
        {
            "exact": "the same",
            "first_of_january": "the same, but 1 January is often an estimate",
            "swapped": "the same with day and month swapped",
            "one_digit": "one digit apart",
            "two_digits": "two digits apart",
            "one_part": "the same but for the day, the month or the year",
            "estimated": "in the same year, one of the two perhaps an estimate",
            "year_and_month": "the same as far as known (year and month)",
            "day_and_month": "the same as far as known (day and month)",
            "same_year": "in the same year, with another day and month",
            "year": "the same as far as known (year)",
            "years": "within the years that are possible",
            "near_year": "a year apart as far as known",
            "disagree": "differs",
        },
    ),
    "postcode": (
        "postcode",
        {
            "exact": "the same",
            "slip": "a slip of the pen away",
            "sector": "in the same sector",
            "outcode": "in the same district",
            "area": "in the same postal area",
            "disagree": "differs",
        },
    ),
    "gender": ("gender", {"exact": "the same", "disagree": "differs"}),
    "nhs_number": ("NHS number", {"exact": "the same", "conflict": "differs, so this may be another child"}),
    "school": (
        "school",
        {"exact": "the same", "part": "of a similar name", "disagree": "differs"},
    ),
    "carers": (
        "parents and carers",
        {
            "exact": "one of the same name",
            "part": "one of the same name as far as known",
            "given": "one of the same given name",
            "disagree": "of other names",
        },
    ),
    "twin_rule": (
        "twin rule",
        {"applied": "same family name, date of birth and home but another given name, so likely a twin"},
    ),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one field says: `bits` is log2(m/u), 0 when missing; `field` and `level` as in the model."""

    field: str
    level: str
    bits: float
    sentence: str


def sentence(field: str, level: str, *, common: bool = False) -> str:
    """Says in plain English what was found, without any personal value."""
    subject, levels = _LEVELS[field]
    if level == "missing":
        return f"{subject} not compared"
    joint = ": " if field == "twin_rule" else " "
    return f"{subject}{joint}{levels[level]}{' (a common name)' if common else ''}"
