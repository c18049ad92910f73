"""Shielded children, and the questions of somebody who guesses at what is hidden: hits, and misses of the same form."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kith.childindex.v1 import match_pb2
from tests.fixtures.partnership import new_family_name
from tests.service.child_index.index import Index, agency, child, person, query

REFUGE, SCHOOL = agency(1), agency(2)
GIVEN: Final = ("Ottilie", "Rosalind", "Barnaby", "Mohammed", "Grace", "Tomasz")


@dataclass(frozen=True)
class Hidden:
    """A shielded child as whoever knows it would look for it."""

    given: str
    family: str
    alias: str
    born: tuple[int, int, int]
    postcode: str


def _postcode(rng: random.Random) -> str:
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return f"Z{rng.choice('WXYZ')}{rng.randint(1, 9)} {rng.randint(1, 9)}{rng.choice(letters)}{rng.choice(letters)}"


def somebody(rng: random.Random) -> Hidden:
    """A child like nobody else."""
    born = (rng.randint(2009, 2022), rng.randint(1, 12), rng.randint(1, 28))
    return Hidden(rng.choice(GIVEN), new_family_name(), new_family_name(), born, _postcode(rng))


def questions(one: Hidden, other: Hidden) -> Iterator[match_pb2.Query]:
    """What is asked of hidden facts of `one`: with those of `other` in their place it is a miss."""
    yield query(one.given, other.alias, postcode=other.postcode)
    yield query(one.given, one.family, one.born, other.postcode)
    yield query(one.given, other.alias, one.born, other.postcode)
    by_school = query(one.given, one.family, one.born)
    by_school.school_name = f"{other.alias} School"
    yield by_school
    by_carer = query(one.given, one.family, one.born)
    by_carer.carers.add(given_name="Wilhelmina", family_name=other.alias)
    yield by_carer


async def plant(index: Index, hidden: Hidden, *, shield: bool) -> None:
    """Register a child of whom all but name, date of birth and gender has another word in it; shield it."""
    facts = child(hidden.given, hidden.family, alias=hidden.alias, born=hidden.born, postcode=hidden.postcode)
    facts.school_name = f"{hidden.alias} School"
    facts.carers[0].family_name = hidden.alias
    made = await index.register(REFUGE if shield else SCHOOL, facts)
    if shield:
        await index.decide(person(REFUGE), "ShieldChild", made)
