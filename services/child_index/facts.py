"""Facts as agencies write them, put into the matcher's words and back. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from google.type import date_pb2

from kith.childindex.v1 import child_pb2, match_pb2
from services.matching import Description, Name, PartialDate

_USES = {
    child_pb2.Name.USE_UNSPECIFIED: "usual",
    child_pb2.Name.USE_USUAL: "usual",
    child_pb2.Name.USE_OFFICIAL: "official",
    child_pb2.Name.USE_FORMER: "former",
    child_pb2.Name.USE_NICKNAME: "nickname",
    child_pb2.Name.USE_ALIAS: "alias",
}
_GENDERS = {child_pb2.Facts.GENDER_FEMALE: "female", child_pb2.Facts.GENDER_MALE: "male"}


@dataclass(frozen=True, slots=True)
class Record:
    """An opened source record: what one organisation's system wrote down, and when it last did."""

    facts: child_pb2.Facts
    update_time: datetime


def describe(facts: child_pb2.Facts) -> Description:
    """What one source record knows, for the matcher."""
    return Description(
        names=tuple(_name(name) for name in facts.names),
        birth_date=_birth_date(facts.birth_date.date) if facts.HasField("birth_date") else None,
        gender=_GENDERS.get(facts.gender),
        postcodes=tuple(address.postcode for address in facts.addresses if address.postcode),
        nhs_number=facts.nhs_number or None,
    )


def describe_child(records: Sequence[Record]) -> list[Description]:
    """What all records of a child know together: every name and postcode, once for each birth date and NHS number.

    Agencies disagree about a date of birth far more seldom than about a name or an address (MATCHING fact 5), so this
    is nearly always one description.
    """
    described = [describe(record.facts) for record in newest_first(records)]
    names = tuple(dict.fromkeys(name for one in described for name in one.names))
    postcodes = tuple(dict.fromkeys(code for one in described for code in one.postcodes))
    gender = next((one.gender for one in described if one.gender), None)
    numbers: Iterable[str | None] = dict.fromkeys(one.nhs_number for one in described if one.nhs_number)
    dates: Iterable[PartialDate | None] = dict.fromkeys(one.birth_date for one in described if one.birth_date)
    return [
        Description(names, date, gender, postcodes, number)
        for date in dates or [None]
        for number in numbers or [None]
    ]


def describe_query(query: match_pb2.Query) -> Description:
    """What a searcher knows, for the matcher."""
    return Description(
        names=(Name(query.given_name or None, query.family_name or None),),
        birth_date=_birth_date(query.birth_date.date) if query.HasField("birth_date") else None,
        gender=_GENDERS.get(query.gender),
        postcodes=(query.postcode,) if query.postcode else (),
    )


def newest_first(records: Iterable[Record]) -> list[Record]:
    """The records, the one last written first."""
    return sorted(records, key=lambda record: record.update_time, reverse=True)


def _name(name: child_pb2.Name) -> Name:
    return Name(
        name.given_name or None, name.family_name or None, name.other_given_names or None, _USES[name.use]
    )


def _birth_date(date: date_pb2.Date) -> PartialDate:
    return PartialDate(date.year or None, date.month or None, date.day or None)
