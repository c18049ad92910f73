"""What people type, read and checked. Pure: every message says what to do, and nothing typed is ever thrown away."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Errors: TypeAlias = dict[str, str]
"""Sentences by the id of the field they belong to, in the order of the page."""

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORTEST_MONTH_WORD: Final = 3
_OLDEST_YEAR: Final = 1900
_FIND_FIELDS: Final = (
    "given_name", "family_name", "day", "month", "year", "postcode",
    "age", "other_given_names", "school", "carer", "purpose",
)  # fmt: skip
_INVOLVEMENT_FIELDS: Final = ("service", "role", "day", "month", "year")
_LONGEST_ROLE: Final = 100
_OLDEST: Final = 25
_LONGEST_TYPED: Final = 1000
_A_LEAP_YEAR: Final = 2000


class BadDate(Exception):
    """What was typed is no date; `sentence` says what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad date")
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which each part may be 0: not known."""

    day: int
    month: int
    year: int

    @property
    def accuracy(self) -> str:
        """Three letters for day, month and year: A for accurate, U for unknown."""
        return "".join("A" if part else "U" for part in (self.day, self.month, self.year))


@dataclass(frozen=True, slots=True)
class Search:
    """A search that can be made. `birth_date` is None when nothing of it is known."""

    given_name: str
    family_name: str
    birth_date: PartialDate | None
    postcode: str
    age: int | None = None
    other_given_names: str = ""
    school: str = ""
    carer: str = ""


@dataclass(frozen=True, slots=True)
class InvolvementAnswers:
    """An involvement as answered; `service` is the handle of the chosen one."""

    service: str
    role: str
    start_date: dt.date


def typed_search(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed into the search, to be kept."""
    return {name: fields.get(name, "")[:_LONGEST_TYPED] for name in _FIND_FIELDS}


def typed_involvement(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed about an involvement, to be kept."""
    return {name: fields.get(name, "")[:_LONGEST_TYPED] for name in _INVOLVEMENT_FIELDS}


def read_search(
    typed: Mapping[str, str], purposes: Collection[str], today: dt.date
) -> tuple[Search | None, Errors]:
    """Return the search, or None and what is wrong. Whether it is enough to search on, the search service says."""
    errors: Errors = {}
    birth_date = None
    try:
        birth_date = read_date(typed["day"], typed["month"], typed["year"], today)
    except BadDate as problem:
        errors["birth_date-day"] = f"Date of birth {problem.sentence}"
    # What was typed may be of an earlier version of the form.
    more = {name: typed.get(name, "") for name in ("age", "other_given_names", "school", "carer")}
    age = _number(more["age"])
    if more["age"] and (age is None or age > _OLDEST):
        errors["age"] = f"Age must be a whole number of years from 0 to {_OLDEST}"
    if typed["purpose"] not in purposes:
        errors["purpose"] = "Select why you are looking for this child"
    if errors:
        return None, errors
    return (
        Search(
            typed["given_name"],
            typed["family_name"],
            birth_date,
            typed["postcode"],
            age,
            more["other_given_names"],
            more["school"],
            more["carer"],
        ),
        {},
    )


def read_involvement(typed: Mapping[str, str], today: dt.date) -> tuple[InvolvementAnswers | None, Errors]:
    """Return the answers, or None and what is wrong."""
    errors: Errors = {}
    if not typed["service"]:
        errors["service"] = "Select the service that is involved"
    if not typed["role"]:
        errors["role"] = "Enter your role, such as School nurse"
    elif len(typed["role"]) > _LONGEST_ROLE:
        errors["role"] = f"Role must be {_LONGEST_ROLE} characters or fewer"
    start = None
    try:
        start = read_whole_date(typed["day"], typed["month"], typed["year"], today)
    except BadDate as problem:
        errors["start_date-day"] = f"The day your involvement began {problem.sentence}"
    if errors or start is None:
        return None, errors
    return InvolvementAnswers(typed["service"], typed["role"], start), {}


def read_date(day: str, month: str, year: str, today: dt.date) -> PartialDate | None:
    """Return the date typed, with 0 for parts left empty; None if all are. Raises BadDate."""
    if not (day or month or year):
        return None
    found = PartialDate(_day(day), _month(month), _year(year))
    if found.year > today.year:
        raise BadDate("must be in the past")
    if found.day and not _exists(found):
        raise BadDate("must be a real date")
    # With its unknown parts at their least, a date of the present year may still lie behind.
    if found.year and dt.date(found.year, found.month or 1, found.day or 1) > today:
        raise BadDate("must be in the past")
    return found


def read_whole_date(day: str, month: str, year: str, today: dt.date) -> dt.date:
    """Return the date typed, of which no part may be missing. Raises BadDate."""
    found = read_date(day, month, year, today)
    if found is None:
        raise BadDate("must be entered")
    if 0 in {found.day, found.month, found.year}:
        raise BadDate("must have a day, a month and a year")
    return dt.date(found.year, found.month, found.day)


def from_violations(violations: Iterable[tuple[str, str]], fields: Mapping[str, tuple[str, str]]) -> Errors:
    """Return a service's field violations as errors of a page.

    `fields` gives, for the beginning of a field's path in the request, the field's id on the page and its label; the
    entry "" is for all others.
    """
    errors: Errors = {}
    for path, description in violations:
        known = max((start for start in fields if path.startswith(start)), key=len)
        field, label = fields[known]
        # Advice is a sentence of its own; a broken rule ("must be …") is the rest of one.
        sentence = description if description[:1].isupper() else f"{label} {description}"
        errors.setdefault(field, sentence.rstrip("."))
    return errors


def _day(text: str) -> int:
    if not text:
        return 0
    number = _number(text)
    if number is None or not 1 <= number <= 31:  # noqa: PLR2004 - days of a month
        raise BadDate("must have a day from 1 to 31")
    return number


def _month(text: str) -> int:
    if not text:
        return 0
    word = text.casefold().rstrip(".")
    if len(word) >= _SHORTEST_MONTH_WORD and word.isalpha():
        # So that "sept" is September; no month begins like another for three letters.
        for number, month in enumerate(MONTHS, start=1):
            if month.startswith(word):
                return number
    number_typed = _number(text)
    if number_typed is None or not 1 <= number_typed <= len(MONTHS):
        raise BadDate("must have a month, such as 3 or March")
    return number_typed


def _year(text: str) -> int:
    if not text:
        return 0
    number = _number(text)
    if number is None or number < _OLDEST_YEAR:
        raise BadDate("must have a year with four numbers, such as 2015")
    return number


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None  # noqa: PLR2004 - as a year


def _exists(date: PartialDate) -> bool:
    try:
        # Without a year 29 February may be right; without a month any day may.
        dt.date(date.year or _A_LEAP_YEAR, date.month or 1, date.day)
    except ValueError:
        return False
    return True
