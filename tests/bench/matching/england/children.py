"""The truth: households with children of 0 to 18 (DOMAIN 4.1 and 4.2; rates of the demo town)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from rapidfuzz.distance import JaroWinkler

from deploy.demo import frequencies as rates
from deploy.demo.names import personal_family
from deploy.demo.weighted import Weighted
from tests.bench.matching.england.names import Names
from tests.bench.matching.england.postcodes import Postcodes

TODAY = date(2026, 9, 1)
"""Ages do not drift."""
_DAYS = 18 * 365 + 4
_CHILDREN = Weighted({1: 0.44, 2: 0.41, 3: 0.11, 4: 0.03, 5: 0.01})  # [P8]
_GAP = (300, 1_900)  # [E] days between siblings
_TRIES_ALIKE = 40
_DOUBLE = frozenset(("british", "irish", "caribbean"))
_ORIGINS = Weighted(rates.COMMUNITIES)
_PARTNERS = Weighted(rates.MIXED_PARTNERS)


@dataclass(frozen=True, slots=True)
class Child:
    """A child as it is. `former_family` and `usual` (what it is called) are '' where there is none."""

    number: int
    household: int
    origin: str
    given: str
    usual: str
    other: str
    family: str
    former_family: str
    gender: str
    born: date
    twin: int
    """0, or the place among those born together."""


@dataclass(frozen=True, slots=True)
class Household:
    """Children who live together."""

    number: int
    postcode: str
    children: tuple[Child, ...]


def households(names: Names, postcodes: Postcodes, chance: Random) -> Iterator[Household]:
    """Households without end, children numbered through."""
    number, child = 0, 0
    while True:
        made = tuple(_children(number, child, names, chance))
        yield Household(number, postcodes.home(chance), made)
        number, child = number + 1, child + len(made)


def _children(household: int, first: int, names: Names, chance: Random) -> Iterator[Child]:
    origin = _ORIGINS.pick(chance)
    # A mixed family draws given names from the one side and the family name from the other.
    given_origin = _PARTNERS.pick(chance) if origin == "mixed" else origin
    family_origin = "british" if origin == "mixed" else origin
    family = _family(names, family_origin, chance)
    father = names.father(given_origin, chance)
    taken: set[str] = set()
    born = TODAY - timedelta(days=chance.randrange(_DAYS))
    number, wanted = first, _CHILDREN.pick(chance)
    while number < first + wanted:
        together = 2 if chance.random() < rates.MULTIPLE_BIRTH else 1
        genders = [chance.choice(("female", "male"))] * 2
        if chance.random() >= rates.SAME_SEX_TWINS:
            genders[1] = "male" if genders[0] == "female" else "female"
        before = ""
        for place in range(together):
            gender = genders[place]
            given, other = _named(names, given_origin, gender, father, taken, chance)
            if before and genders[0] == genders[1] and chance.random() < rates.TWINS_NAMED_ALIKE:
                given = _alike(before, names, given_origin, gender, taken, chance)
            taken.add(given)
            before = given
            own = (
                family
                if number == first or chance.random() >= _OTHER_FAMILY
                else _family(names, family_origin, chance)
            )
            changed = chance.random() < rates.SURNAME_CHANGED_BY_17
            short = names.called(given)
            yield Child(
                number=number,
                household=household,
                origin=origin,
                given=given,
                usual=chance.choice(short)
                if short and chance.random() < rates.USUAL_NAME_IF_NICKNAME
                else "",
                other=other,
                family=personal_family(family_origin, gender, own, chance),
                former_family=_family(names, family_origin, chance) if changed else "",
                gender=gender,
                born=born,
                twin=place + 1 if together > 1 else 0,
            )
            number += 1
        born = _next_born(born, chance)


# [E] of later children: a half of those whose mother bears another name.
_OTHER_FAMILY = rates.MOTHER_OF_OTHER_SURNAME * rates.HALF_SIBLING


def _next_born(born: date, chance: Random) -> date:
    gap = timedelta(days=chance.randint(*_GAP))
    older, younger = born - gap, born + gap
    possible = [day for day in (older, younger) if TODAY - timedelta(days=_DAYS) <= day < TODAY]
    return chance.choice(possible) if possible else TODAY - timedelta(days=chance.randrange(_DAYS))


def _family(names: Names, origin: str, chance: Random) -> str:
    family = names.family(origin, chance)
    if origin in _DOUBLE and "-" not in family and chance.random() < rates.DOUBLE_BARRELLED:
        return f"{family}-{names.family(origin, chance)}"
    return family


def _named(
    names: Names, origin: str, gender: str, father: str, taken: set[str], chance: Random
) -> tuple[str, str]:
    """A given name that no sibling bears, and other given names. Short lists may leave only one that is taken."""
    given, other = names.given(origin, gender, father, chance)
    for _ in range(_TRIES_ALIKE):
        if given not in taken:
            break
        given, other = names.given(origin, gender, father, chance)
    return given, other


def _alike(before: str, names: Names, origin: str, gender: str, taken: set[str], chance: Random) -> str:
    """Of forty names the one most like the twin's, but not the same in another spelling: nobody names twins so."""
    drawn = {_named(names, origin, gender, "", taken, chance)[0] for _ in range(_TRIES_ALIKE)} - {before}
    others = sorted(name for name in drawn if not names.are_one(name, before))
    return max(others, key=lambda name: JaroWinkler.similarity(name, before), default=before + "a")
