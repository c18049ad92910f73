"""Facts as agencies write them, put into the matcher's words and back. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kith.childindex.v1 import child_pb2, match_pb2
from services.matching import Description, Name, PartialDate, born_at_age

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
        # Lists, not generators: this is done for every record of every candidate.
        names=tuple([_name(name) for name in facts.names]),
        birth_date=_birth_date(facts.birth_date),
        gender=_GENDERS.get(facts.gender),
        postcodes=tuple([address.postcode for address in facts.addresses if address.postcode]),
        nhs_number=facts.nhs_number or None,
        school=facts.school_name or None,
        carers=_carers(facts.carers) if facts.carers else (),
        estimated="E" in facts.birth_date.accuracy,
    )


def describe_child(records: Sequence[Record]) -> list[Description]:
    """What all records of a child know together: every name and postcode, once for each birth date and NHS number.

    Agencies disagree about a date of birth far more seldom than about a name or an address (MATCHING fact 5), so this
    is nearly always one description.
    """
    described = [describe(record.facts) for record in newest_first(records)]
    if len(described) == 1:
        return described
    names = tuple(dict.fromkeys(name for one in described for name in one.names))
    postcodes = tuple(dict.fromkeys(code for one in described for code in one.postcodes))
    carers = tuple(dict.fromkeys(name for one in described for name in one.carers))
    gender = next((one.gender for one in described if one.gender), None)
    school = next((one.school for one in described if one.school), None)
    numbers: Iterable[str | None] = dict.fromkeys(one.nhs_number for one in described if one.nhs_number)
    # A date that one agency knows is no estimate because another only guessed it.
    dates: dict[PartialDate | None, bool] = {}
    for one in described:
        if one.birth_date:
            dates[one.birth_date] = dates.get(one.birth_date, True) and one.estimated
    return [
        Description(names, born, gender, postcodes, number, school=school, carers=carers, estimated=estimated)
        for born, estimated in (dates or {None: False}).items()
        for number in numbers or [None]
    ]


def describe_query(query: match_pb2.Query, today: date) -> Description:
    """What a searcher knows on a day, for the matcher."""
    asked = Name(query.given_name or None, query.family_name or None, query.other_given_names or None)
    return Description(
        names=(asked, *(_name(name) for name in query.other_names)),
        birth_date=_birth_date(query.birth_date),
        gender=_GENDERS.get(query.gender),
        postcodes=(query.postcode,) if query.postcode else (),
        school=query.school_name or None,
        carers=_carers(query.carers),
        born=born_at_age(query.age, today) if query.HasField("age") else None,
        estimated="E" in query.birth_date.accuracy,
    )


def newest_first(records: Iterable[Record]) -> list[Record]:
    """The records, the one last written first."""
    return sorted(records, key=lambda record: record.update_time, reverse=True)


def _name(name: child_pb2.Name) -> Name:
    return Name(
        name.given_name or None, name.family_name or None, name.other_given_names or None, _USES[name.use]
    )


def _carers(carers: Iterable[child_pb2.Carer]) -> tuple[Name, ...]:
    return tuple(
        Name(carer.given_name or None, carer.family_name or None)
        for carer in carers
        if carer.given_name or carer.family_name
    )


def _birth_date(born: child_pb2.BirthDate) -> PartialDate | None:
    return PartialDate.known(born.date.year, born.date.month, born.date.day, born.accuracy)
