"""Blocking keys: two records of one child share several, whichever one field is wrong (MATCHING 1.2).

A key is a namespace and values, `date+postcode:2014-03-04|NE14XX`. It is personal data until it is hashed.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from doublemetaphone import doublemetaphone

from services.matching.features import Features, NameForm
from services.matching.frequent import frequent_family, frequent_name

KEY_SCHEMA = 1
"""Raised by every change that makes other keys from the same description; the index is then rebuilt."""

# Integer boosts in the order of how few children share such a key; they rank the candidates that are fetched.
_BOOSTS = {
    "number": 12,
    "names+date": 9,
    "date+postcode": 8,
    "names+postcode": 7,
    "starts+date": 6,
    "date+sector": 5,
    "given+outcode+date": 5,
    "family+outcode+date": 5,
    "names+month+year": 5,
    "names+outcode+year": 5,
    "names+day+month": 5,
    "given+postcode": 5,
    "starts+postcode": 5,
    "given+date": 4,
    "family+date": 4,
    "names+year": 4,
    "initials+date": 3,
    "postcode+year": 3,
    "family+postcode": 3,
    "given+outcode+year": 3,
    "family+outcode+year": 2,
}
_MOST_DOCUMENT_KEYS = 40
_MOST_FORMS = 4
_MOST_POSTCODES = 3
_MOST_FORMAL = 3
_MOST_HALVES = 2
_STRONG_FORMS = 2
_STRONG_POSTCODES = 2

_Key = tuple[str, str]


def document_keys(features: Features) -> frozenset[str]:
    """The keys under which a child is found: about 20 for one name and one postcode, at most 40."""
    made = sorted(set(_keys(features)), key=lambda key: (-_BOOSTS[key[0]], key))
    return frozenset(f"{namespace}:{value}" for namespace, value in made[:_MOST_DOCUMENT_KEYS])


def query_keys(features: Features) -> dict[str, int]:
    """The keys to look under, with boosts: the document keys, swapped names, a birth year more or less."""
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
    return boosts


def strong_keys(features: Features) -> frozenset[str]:
    """At most six keys, of which two registrations that should link as CERTAIN nearly always share one.

    Meant for locks: they need not be selective, only the same on both sides whatever else is wrong. CERTAIN
    needs the NHS number, or the date of birth (day and month in any order) with family name or postcode.
    """
    strong = {f"number:{features.nhs_number}"} if features.nhs_number else set()
    date = _date(features)
    if not date:
        return frozenset(strong)
    whole = [place.full for place in features.postcodes if place.full]
    strong |= {f"date+postcode:{date}|{place}" for place in whole[:_STRONG_POSTCODES]}
    families = dict.fromkeys(form.family.sounds[0] for form in features.forms if form.family)
    strong |= {f"family+date:{sound}|{date}" for sound in tuple(families)[:_STRONG_FORMS]}
    if not families:
        given = (sound for form in features.forms[:1] for sound in _given_sounds(form))
        strong |= {f"given+date:{sound}|{date}" for sound in given}
    return frozenset(strong)


def _keys(features: Features) -> Iterator[_Key]:
    date = _date(features)
    if features.nhs_number:
        yield "number", features.nhs_number
    for place in features.postcodes[:_MOST_POSTCODES]:
        if date and place.full:
            yield "date+postcode", f"{date}|{place.full}"
        if date and place.sector:
            yield "date+sector", f"{date}|{place.sector}"
    for form in features.forms[:_MOST_FORMS]:
        if date:
            yield from _date_keys(form, date)
        yield from _place_keys(features, form, date)
    yield from _month_keys(features)
    if features.year:
        yield from _year_keys(features, features.year)


def _date_keys(form: NameForm, date: str) -> Iterator[_Key]:
    given, family = _given_sounds(form), _family_sounds(form)
    for pair in _pairs(given, family):
        yield "names+date", f"{pair}|{date}"
    for sound in given:
        yield "given+date", f"{sound}|{date}"
    for sound in family:
        yield "family+date", f"{sound}|{date}"
    if form.given and form.family:
        yield "starts+date", f"{_ordered(form.given.lead[:2], form.family.core[:2])}|{date}"
        # 1 January is the estimated birthday of many.
        if not date.endswith("-01-01"):
            yield "initials+date", f"{_ordered(form.given.whole[0], form.family.core[0])}|{date}"


def _place_keys(features: Features, form: NameForm, date: str) -> Iterator[_Key]:
    given, family = _given_sounds(form), _family_sounds(form)
    for place in features.postcodes[:_MOST_POSTCODES]:
        if date and form.given:
            yield "given+outcode+date", f"{form.given.lead[:2]}|{place.outcode}|{date}"
        if date and form.family:
            yield "family+outcode+date", f"{form.family.core[:2]}|{place.outcode}|{date}"
        if not place.full:
            continue
        for pair in _pairs(given, family):
            yield "names+postcode", f"{pair}|{place.full}"
        for sound in given:
            yield "given+postcode", f"{sound}|{place.full}"
        for sound in family:
            yield "family+postcode", f"{sound}|{place.full}"
        if form.given and form.family:
            yield "starts+postcode", f"{_ordered(form.given.lead[:2], form.family.core[:2])}|{place.full}"


def _month_keys(features: Features) -> Iterator[_Key]:
    """Names with parts of the date: for a wrong part together with a move."""
    for form in features.forms[:_MOST_FORMS]:
        for pair in _pairs(_given_sounds(form), _family_sounds(form)):
            if features.month and features.day:
                low, high = sorted((features.month, features.day))
                yield "names+day+month", f"{pair}|{low:02}-{high:02}"
            if features.month and features.year and frequent_name(form):
                yield "names+month+year", f"{pair}|{features.year}-{features.month:02}"


def _year_keys(features: Features, year: int) -> Iterator[_Key]:
    for place in features.postcodes[:_MOST_POSTCODES]:
        if place.full:
            yield "postcode+year", f"{place.full}|{year}"
    outcodes = tuple(dict.fromkeys(place.outcode for place in features.postcodes[:_MOST_POSTCODES]))
    for form in features.forms[:_MOST_FORMS]:
        given, family = _given_sounds(form), _family_sounds(form)
        pairs = tuple(_pairs(given, family))
        # Two very common names and a year would gather hundreds: finer keys with district or month instead.
        if not frequent_name(form):
            for pair in pairs:
                yield "names+year", f"{pair}|{year}"
        for pair, outcode in product(pairs, outcodes):
            yield "names+outcode+year", f"{pair}|{outcode}|{year}"
        for sound, outcode in product(given, outcodes):
            yield "given+outcode+year", f"{sound}|{outcode}|{year}"
        for sound, outcode in product(() if frequent_family(form) else family, outcodes):
            yield "family+outcode+year", f"{sound}|{outcode}|{year}"


def _swapped_keys(features: Features) -> Iterator[_Key]:
    """Keys of one name alone, made as if given and family name had been written in each other's place."""
    date = _date(features)
    for form in features.forms[:_MOST_FORMS]:
        for sound in _family_sounds(form):
            if date:
                yield "given+date", f"{sound}|{date}"
        for sound in _given_sounds(form):
            if date:
                yield "family+date", f"{sound}|{date}"


def _date(features: Features) -> str:
    """The date of birth with day and month in order of size, so that a swap makes no other key."""
    if not features.whole_date:
        return ""
    low, high = sorted((features.month, features.day))
    return f"{features.year}-{low:02}-{high:02}"


def _given_sounds(form: NameForm) -> tuple[str, ...]:
    """The sounds of the formal names that the given name may stand for: Joe is keyed as Joseph."""
    if form.given is None:
        return ()
    return tuple(dict.fromkeys(_sound(name) for name in sorted(form.given.formal)[:_MOST_FORMAL]))


def _family_sounds(form: NameForm) -> tuple[str, ...]:
    if form.family is None:
        return ()
    names = dict.fromkeys((form.family.core, *sorted(form.family.halves)))
    return tuple(dict.fromkeys(_sound(name) for name in tuple(names)[: _MOST_HALVES + 1]))


def _sound(name: str) -> str:
    return doublemetaphone(name)[0] or name


def _pairs(given: tuple[str, ...], family: tuple[str, ...]) -> Iterator[str]:
    return (_ordered(*pair) for pair in product(given, family))


def _ordered(one: str, other: str) -> str:
    """The same for given/family and family/given."""
    return f"{one}/{other}" if one <= other else f"{other}/{one}"
