"""How things are said on the pages: dates, ages, grades, purposes. Pure."""

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from google.type import date_pb2

from kith.childindex.v1 import child_pb2, match_pb2
from services.gateway.forms import MONTHS

NOT_KNOWN: Final = "Not known"
LONDON: Final = ZoneInfo("Europe/London")
"""The clock by which people of the partnership work."""


class Purpose(NamedTuple):
    """A purpose as it is asked for."""

    label: str
    hint: str


PURPOSES: Final[Mapping[str, Purpose]] = {
    "provide-service": Purpose(
        "I provide a service to this child or family",
        "For example teaching, nursing, youth work or family support",
    ),
    "safeguard": Purpose("I am worried about this child’s welfare or safety", ""),
    "coordinate-support": Purpose(
        "I assess early help needs, or co-ordinate support",
        "For example an Early Help Assessment (CAF) or a team around the family",
    ),
}
"""The wire form of the `kith.access.v1.Purpose` that people may state when they look for a child."""

DESK_PURPOSES: Final[Mapping[str, Purpose]] = {
    "facilitate": Purpose("I answer a caller who cannot use Kith", "For the index desk"),
}

GRADES: Final = {
    match_pb2.GRADE_CERTAIN: ("Certain match", "certain"),
    match_pb2.GRADE_PROBABLE: ("Probable match", "probable"),
    match_pb2.GRADE_POSSIBLE: ("Possible match", "possible"),
}
GENDERS: Final = {
    child_pb2.Facts.GENDER_FEMALE: "Female",
    child_pb2.Facts.GENDER_MALE: "Male",
    child_pb2.Facts.GENDER_OTHER: "Other",
}
NAME_USES: Final = {
    child_pb2.Name.USE_OFFICIAL: "in official papers",
    child_pb2.Name.USE_FORMER: "former name",
    child_pb2.Name.USE_NICKNAME: "nickname",
    child_pb2.Name.USE_ALIAS: "also known as",
}
ADDRESS_USES: Final = {
    child_pb2.Address.USE_UNSPECIFIED: "Home address",
    child_pb2.Address.USE_HOME: "Home address",
    child_pb2.Address.USE_SECOND_HOME: "Second home",
    child_pb2.Address.USE_TEMPORARY: "Temporary address",
    child_pb2.Address.USE_FORMER: "Former address",
    child_pb2.Address.USE_NO_FIXED_ADDRESS: "No fixed address",
}
REGARDING: Final = {
    child_pb2.Involvement.REGARDING_CARER: "a parent or carer",
    child_pb2.Involvement.REGARDING_FAMILY: "the whole family",
}
ASK_NEXT: Final = {
    "given_name": "the given name",
    "family_name": "the family name",
    "birth_date": "the full date of birth",
    "postcode": "the postcode",
    "gender": "the gender",
    "other_given_names": "a middle name",
    "school_name": "the school",
    "carers": "a parent’s or carer’s name",
}


def full_name(name: child_pb2.Name) -> str:
    """The name as it is read out: `Amina Zahra Khan`."""
    parts = (name.given_name, name.other_given_names, name.family_name)
    return " ".join(part for part in parts if part) or "Name not known"


def short_name(name: child_pb2.Name) -> str:
    """The name without the given names between: `Amina Khan`."""
    return " ".join(part for part in (name.given_name, name.family_name) if part) or "Name not known"


def day(date: date_pb2.Date) -> str:
    """A date in words; parts that are 0 are left out: `3 March 2015`, `March 2015`; empty when all are."""
    month = MONTHS[date.month - 1].capitalize() if 1 <= date.month <= len(MONTHS) else ""
    parts = (str(date.day or ""), month, str(date.year or ""))
    return " ".join(part for part in parts if part)


def calendar_day(date: dt.date) -> str:
    """The same of a whole date."""
    return day(date_pb2.Date(year=date.year, month=date.month, day=date.day))


def age(date: date_pb2.Date, today: dt.date) -> str:
    """The age in words; empty unless the whole date is known and lies behind."""
    try:
        born = dt.date(date.year, date.month, date.day)
    except ValueError:
        return ""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 0:
        return ""
    if months == 0:
        return "under 1 month"
    if months < 24:  # noqa: PLR2004 - as people say it of the youngest
        return _many(months, "month")
    return _many(months // 12, "year")


def how_long_ago(then: dt.datetime, now: dt.datetime) -> str:
    """A time in the past in words: `today`, `yesterday`, `5 days ago`, `on 3 March 2026`."""
    days = (now.date() - then.date()).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days <= 31:  # noqa: PLR2004 - beyond it a date says more
        return f"{days} days ago"
    return f"on {calendar_day(then.date())}"


def moment(then: dt.datetime, now: dt.datetime) -> str:
    """A time to come, on the clock on the wall: `5pm`, `9am tomorrow`, `9:30am on Monday`, `9am on 3 March 2026`."""
    then, now = then.astimezone(LONDON), now.astimezone(LONDON)
    days = (then.date() - now.date()).days
    if days == 1 and (then.hour, then.minute) == (0, 0):
        return "midnight"
    if days == 0:
        return _clock(then)
    if days == 1:
        return f"{_clock(then)} tomorrow"
    if days < 7:  # noqa: PLR2004 - within a week the name of the day says which
        return f"{_clock(then)} on {then:%A}"
    return f"{_clock(then)} on {calendar_day(then.date())}"


def _clock(then: dt.datetime) -> str:
    if then.minute == 0 and then.hour in {0, 12}:
        return "midday" if then.hour else "midnight"
    minutes = f":{then.minute:02}" if then.minute else ""
    return f"{then.hour % 12 or 12}{minutes}{'am' if then.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


def count(number: int, noun: str, nouns: str = "") -> str:
    """The number with its noun: `1 match`, `2 matches`, `No matches`."""
    return f"{number or 'No'} {noun if number == 1 else nouns or noun + 's'}"


def listed(things: list[str], last: str = "or") -> str:
    """Things in a sentence: `a, b or c`."""
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} {last} {things[-1]}"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} old"
