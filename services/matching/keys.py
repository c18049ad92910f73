"""Blocking keys: two records of one child share several, whichever field is wrong (MATCHING 1.2).

A key is a namespace and values, `given+date:jsf|2014-03-04`. It is personal data until it is hashed. Names enter by
their skeleton (`sounds.py`), so that spellings of one sound are one key.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from services.matching.family_names import FamilyName
from services.matching.features import Features, NameForm
from services.matching.frequent import frequent_family, frequent_given, frequent_name
from services.matching.given_names import GivenName
from services.matching.postcodes import Postcode
from services.matching.sounds import skeleton

KEY_SCHEMA = 2
"""Raised by every change that makes other keys from the same description; the index is then rebuilt."""

# Integer boosts in the order of how few children share such a key; they rank the candidates that are fetched.
_BOOSTS = {
    "number": 20,
    "names+date": 8,
    "postcode": 8,
    "date+outcode": 7,
    "names+outcode": 6,
    "names+month+year": 6,
    "given+carer": 6,
    "names+day+month": 5,
    "names+year": 5,
    "given+date": 5,
    "family+date": 5,
    "family+school": 5,
    "date+area": 4,
    "given+school": 4,
    "carer+year": 4,
    "names": 4,
    "family+sector": 4,
    "initials+date": 3,
    "given+sector": 3,
    "postcode slip": 3,
    "family+outcode+year": 3,
    "given+outcode+year": 2,
    "family+given part": 3,
    "given+family part": 3,
}
_MOST_DOCUMENT_KEYS = 40
_MOST_QUERY_KEYS = 100
_MOST_FORMS = 4
_MOST_POSTCODES = 3
_MOST_SKELETONS = 3
_MOST_OTHER = 2
_MOST_CARERS = 2
_MOST_YEARS = 5
_STRONG_FORMS = 2
_STRONG_POSTCODES = 2
_PART = 4
_GIVEN_PART = 3
_UK_INWARD = 3

_Key = tuple[str, str]


def document_keys(features: Features) -> frozenset[str]:
    """The keys under which a child is found: about 30 for one name and one postcode, at most 40."""
    made = sorted(set(_keys(features)), key=lambda key: (-_BOOSTS[key[0]], key))
    return frozenset(f"{namespace}:{value}" for namespace, value in made[:_MOST_DOCUMENT_KEYS])


def query_keys(features: Features) -> dict[str, int]:
    """The keys to look under, with boosts, at most 100: the document keys, swapped names, a birth year more or less."""
    boosts: dict[str, int] = {}

    def add(keys: Iterable[_Key], less: int) -> None:
        for namespace, value in keys:
            key = f"{namespace}:{value}"
            boosts[key] = max(boosts.get(key, 1), _BOOSTS[namespace] - less)

    add(_keys(features), 0)
    add(_swapped_keys(features), 1)
    if features.year:
        for year in (features.year - 1, features.year + 1):
            add(_year_keys(features, year), 2)
    if len(boosts) <= _MOST_QUERY_KEYS:
        return boosts
    kept = sorted(boosts.items(), key=lambda entry: (-entry[1], entry[0]))
    return dict(kept[:_MOST_QUERY_KEYS])


def strong_keys(features: Features) -> frozenset[str]:
    """At most six keys, of which two registrations that should link as CERTAIN nearly always share one.

    Meant for locks: they need not be selective, only the same on both sides whatever else is wrong. CERTAIN
    needs the NHS number, or the date of birth (day and month in any order) with family name or postcode, or both names
    and the postcode.
    """
    strong = {f"number:{features.nhs_number}"} if features.nhs_number else set()
    whole = [place.full for place in features.postcodes if place.full]
    strong |= {f"postcode:{place}" for place in whole[:_STRONG_POSTCODES]}
    date = _date(features)
    if not date:
        return frozenset(strong)
    families = dict.fromkeys(form.family.skeletons[0] for form in features.forms if form.family)
    strong |= {f"family+date:{sound}|{date}" for sound in tuple(families)[:_STRONG_FORMS]}
    if not families:
        given = (sound for form in features.forms[:1] for sound in _given_sounds(form))
        strong |= {f"given+date:{sound}|{date}" for sound in given}
    return frozenset(strong)


def _keys(features: Features) -> Iterator[_Key]:
    date = _date(features)
    if features.nhs_number:
        yield "number", features.nhs_number
    places = features.postcodes[:_MOST_POSTCODES]
    for place in places:
        yield from _postcode_keys(place, date)
    for sound in (skeleton(name) for name in features.other_given[:_MOST_OTHER]):
        if date:
            yield "given+date", f"{sound}|{date}"
    for form in features.forms[:_MOST_FORMS]:
        if date:
            yield from _date_keys(form, date)
        for place in places:
            yield from _place_keys(form, place)
        yield from _name_keys(features, form)
        yield from _circle_keys(features, form)
    for year in features.years[:_MOST_YEARS]:
        yield from _year_keys(features, year)


def _postcode_keys(place: Postcode, date: str) -> Iterator[_Key]:
    if date:
        # 1 January is the estimated birthday of many.
        if not date.endswith("-01-01"):
            yield "date+area", f"{date}|{place.area}"
        yield "date+outcode", f"{date}|{place.outcode}"
    if not place.full:
        return
    # A postcode is some 15 homes: few children, whatever else is wrong.
    yield "postcode", place.full
    if len(place.full) - len(place.outcode) != _UK_INWARD:
        return
    # And without its district or its sector, for a slip there. For one in the unit there are keys of the sector.
    inward, unit = place.full[-3:], place.full[-2:]
    yield "postcode slip", f"{place.area}?{inward}"
    yield "postcode slip", f"{place.outcode}?{unit}"


def _date_keys(form: NameForm, date: str) -> Iterator[_Key]:
    given, family = _given_sounds(form), _family_sounds(form)
    for pair in _pairs(given, family):
        yield "names+date", f"{pair}|{date}"
    for sound in given:
        yield "given+date", f"{sound}|{date}"
    for sound in family:
        yield "family+date", f"{sound}|{date}"
    if form.given and form.family and not date.endswith("-01-01"):
        yield "initials+date", f"{_ordered(form.given.whole[0], form.family.core[0])}|{date}"


def _place_keys(form: NameForm, place: Postcode) -> Iterator[_Key]:
    given, family = _given_sounds(form), _family_sounds(form)
    for pair in _pairs(given, family):
        yield "names+outcode", f"{pair}|{place.outcode}"
    if place.sector:
        for sound in given:
            yield "given+sector", f"{sound}|{place.sector}"
        for sound in family:
            yield "family+sector", f"{sound}|{place.sector}"


def _name_keys(features: Features, form: NameForm) -> Iterator[_Key]:
    """Names with parts of the date, or with nothing: for a wrong part together with a move."""
    if form.given is None or form.family is None:
        return
    frequent = frequent_name(form)
    for pair in _pairs(_given_sounds(form), _family_sounds(form)):
        if features.month and features.day:
            low, high = sorted((features.month, features.day))
            yield "names+day+month", f"{pair}|{low:02}-{high:02}"
        if not frequent:
            yield "names", pair
        elif features.month and features.year:
            yield "names+month+year", f"{pair}|{features.year}-{features.month:02}"
    if not frequent_family(form):
        yield from _part_keys(form.given, form.family, frequent_given(form))


def _part_keys(given: GivenName, family: FamilyName, common: bool) -> Iterator[_Key]:
    """One name whole and a part of the other: for a slip where neither date nor postcode is known."""
    sound, other = family.skeletons[0], given.skeletons[0]
    yield "family+given part", f"{sound}|{given.lead[:1]}"
    yield "family+given part", f"{sound}|-{given.lead[-_GIVEN_PART:]}"
    if not common:
        yield "given+family part", f"{other}|{family.core[:_PART]}"
        yield "given+family part", f"{other}|-{family.core[-_PART:]}"


def _circle_keys(features: Features, form: NameForm) -> Iterator[_Key]:
    """A name with the school or with a carer's names."""
    for word in features.school[:1]:
        for sound in _given_sounds(form)[:1]:
            yield "given+school", f"{sound}|{word}"
        for sound in _family_sounds(form)[:1]:
            yield "family+school", f"{sound}|{word}"
    for carer in _carer_sounds(features):
        for sound in _given_sounds(form)[:1]:
            yield "given+carer", f"{sound}|{carer}"


def _year_keys(features: Features, year: int) -> Iterator[_Key]:
    outcodes = tuple(dict.fromkeys(place.outcode for place in features.postcodes[:_MOST_POSTCODES]))
    for form in features.forms[:_MOST_FORMS]:
        given, family = _given_sounds(form), _family_sounds(form)
        # Two very common names and a year would gather hundreds: finer keys with district or month instead.
        if not frequent_name(form):
            for pair in _pairs(given, family):
                yield "names+year", f"{pair}|{year}"
        for sound, outcode in product(given, outcodes):
            yield "given+outcode+year", f"{sound}|{outcode}|{year}"
        for sound, outcode in product(family, outcodes):
            yield "family+outcode+year", f"{sound}|{outcode}|{year}"
    for carer in _carer_sounds(features):
        yield "carer+year", f"{carer}|{year}"


def _swapped_keys(features: Features) -> Iterator[_Key]:
    """Keys of one name alone, made as if given and family name had been written in each other's place."""
    date = _date(features)
    sectors = [place.sector for place in features.postcodes[:1] if place.sector]
    for form in features.forms[:_MOST_FORMS]:
        for sound in _family_sounds(form):
            if date:
                yield "given+date", f"{sound}|{date}"
            for sector in sectors:
                yield "given+sector", f"{sound}|{sector}"
        for sound in _given_sounds(form):
            if date:
                yield "family+date", f"{sound}|{date}"
            for sector in sectors:
                yield "family+sector", f"{sound}|{sector}"


def _date(features: Features) -> str:
    """The date of birth with day and month in order of size, so that a swap makes no other key."""
    if not features.whole_date:
        return ""
    low, high = sorted((features.month, features.day))
    return f"{features.year}-{low:02}-{high:02}"


def _given_sounds(form: NameForm) -> tuple[str, ...]:
    """The skeletons of the formal names that the given name may stand for: Joe is keyed as Joseph."""
    return form.given.skeletons[:_MOST_SKELETONS] if form.given else ()


def _family_sounds(form: NameForm) -> tuple[str, ...]:
    return form.family.skeletons[:_MOST_SKELETONS] if form.family else ()


def _carer_sounds(features: Features) -> list[str]:
    return [
        _ordered(carer.given.skeletons[0], carer.family.skeletons[0])
        for carer in features.carers[:_MOST_CARERS]
        if carer.given and carer.family
    ]


def _pairs(given: tuple[str, ...], family: tuple[str, ...]) -> Iterator[str]:
    return (_ordered(*pair) for pair in product(given, family))


def _ordered(one: str, other: str) -> str:
    """The same for given/family and family/given."""
    return f"{one}/{other}" if one <= other else f"{other}/{one}"
