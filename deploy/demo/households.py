"""The truth: households, children with siblings and twins, moves, changes of name.

One seeded random source per household.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from deploy.demo import frequencies as rates
from deploy.demo import names, places
from deploy.demo.identifiers import NhsNumbers
from deploy.demo.model import Home, TrueChild
from deploy.demo.weighted import Weighted

YEAR = 365.2425  # days
CHILDHOOD = 18 * YEAR
BRITISH_FAMILIES = frozenset({"british", "irish", "caribbean", "mixed"})
_COMMUNITIES = Weighted(rates.COMMUNITIES)
_PARTNERS = Weighted(rates.MIXED_PARTNERS)
_MATERNITIES = Weighted(rates.MATERNITIES)


@dataclass(frozen=True, slots=True)
class Family:
    """What the children of a household have in common."""

    key: str
    community: str
    given_list: str
    family: str
    mother_family: str
    father_given: str
    homes: tuple[Home, ...]
    second_home: Home | None
    arrived_on: date | None
    asylum: bool
    no_fixed_address: bool


def children(size: int, seed: int, reference: date) -> Iterator[TrueChild]:
    """Yields exactly `size` children, household by household, always the same for the same arguments."""
    numbers = NhsNumbers(seed)
    made = 0
    household = 0
    while made < size:
        household += 1
        for child in _household(household, size, seed, reference):
            if made == size:
                return
            made += 1
            yield replace(child, truth_id=f"t{made:07d}", nhs_number=numbers.next())


def _household(number: int, size: int, seed: int, reference: date) -> list[TrueChild]:
    rng = Random(f"{seed}:household:{number}")
    if rng.random() < rates.UNACCOMPANIED * 1.8:  # 1.8 children to a household, one here
        return [_unaccompanied(f"h{number:07d}", size, reference, rng)]
    births = _birth_dates(reference, rng)
    family = _family(f"h{number:07d}", births[0], size, reference, rng)
    taken: set[str] = set()
    born: list[TrueChild] = []
    for place, day in enumerate(births):
        together = births.count(day)
        elder = born[-1] if together > 1 and born and born[-1].birth_date == day else None
        born.append(_child(family, day, place, together > 1, elder, taken, reference, rng))
    return born


def _birth_dates(reference: date, rng: Random) -> list[date]:
    """Returns birth dates, eldest first, a date repeated for a multiple birth; everybody is born and under 18.

    The family stands at a random point of its life, so every age is equally likely: some children are grown up by now,
    some not born yet, and neither is in the town.
    """
    days: list[date] = []
    while not days:
        gaps = [max(320.0, rng.gauss(2.9, 1.3) * YEAR) for _ in range(_MATERNITIES.pick(rng) - 1)]
        age = rng.random() * (CHILDHOOD + sum(gaps))
        for gap in (0.0, *gaps):
            age -= gap
            several = rng.random() < rates.MULTIPLE_BIRTH
            count = (3 if rng.random() < rates.TRIPLETS else 2) if several else 1
            if 0 <= age < CHILDHOOD - 2:
                days.extend([reference - timedelta(days=int(age))] * count)
    return days


def _family(key: str, eldest: date, size: int, reference: date, rng: Random) -> Family:
    community = _COMMUNITIES.pick(rng)
    stock = _PARTNERS.pick(rng) if community == "mixed" else community
    given_list = ("british" if rng.random() < 0.5 else stock) if community == "mixed" else community
    family = (
        names.family_name(stock if rng.random() < 0.6 else "british", rng)
        if community == "mixed"
        else names.family_name(community, rng)
    )
    mother = family
    if rng.random() < rates.MOTHER_OF_OTHER_SURNAME:
        mother = names.family_name("british" if community == "mixed" else community, rng)
    if community in BRITISH_FAMILIES and rng.random() < rates.DOUBLE_BARRELLED:
        other = mother if mother != family else names.family_name("british", rng)
        family = f"{other}-{family}"
    arrived = _arrival(community, eldest, reference, rng)
    return Family(
        key=key,
        community=community,
        given_list=given_list,
        family=family,
        mother_family=mother,
        father_given=names.name_list(given_list).given("male", rng),
        homes=_homes(community, eldest, arrived, size, reference, rng),
        second_home=_second_home(eldest, size, reference, rng)
        if rng.random() < rates.SECOND_PARENTAL_ADDRESS
        else None,
        arrived_on=arrived,
        asylum=community in ("arabic", "somali") and rng.random() < 0.4,
        no_fixed_address=rng.random() < rates.NO_FIXED_ADDRESS,
    )


def _arrival(community: str, eldest: date, reference: date, rng: Random) -> date | None:
    lived = (reference - eldest).days
    if lived > 400 and rng.random() < rates.MIGRANT.get(community, 0):
        return eldest + timedelta(days=rng.randrange(200, lived - 60))
    return None


def _homes(
    community: str, eldest: date, arrived: date | None, size: int, reference: date, rng: Random
) -> tuple[Home, ...]:
    """Returns homes in time order, the last one in the town (unless it is a refuge)."""
    start = arrived or eldest - timedelta(days=300)
    yearly = rates.MOVES_PER_YEAR_MOBILE if rng.random() < rates.MOBILE_FAMILY else rates.MOVES_PER_YEAR
    moves: list[date] = []
    day = start
    while True:
        day += timedelta(days=max(30, int(rng.expovariate(yearly) * YEAR)))
        if day >= reference:
            break
        moves.append(day)
    days = [start, *moves]
    local = len(days) - 1
    while local and rng.random() >= rates.CAME_FROM_ELSEWHERE:
        local -= 1
    homes = [
        places.home_elsewhere(since, rng)
        if place < local
        else places.home(_postcode_number(community, size, rng), since, rng)
        for place, since in enumerate(days)
    ]
    if rng.random() < rates.REFUGE:
        homes[-1] = Home((), None, homes[-1].since)
    return tuple(homes)


def _postcode_number(community: str, size: int, rng: Random) -> int:
    """Returns a postcode number of the town: many communities live mostly in one sixth of it."""
    count = places.postcode_count(size)
    if community not in BRITISH_FAMILIES and rng.random() < rates.LIVES_AMONG_OWN_COMMUNITY:
        quarter = sum(map(ord, community)) % 6
        return (count * quarter // 6 + rng.randrange(max(1, count // 6))) % count
    return rng.randrange(count)


def _second_home(eldest: date, size: int, reference: date, rng: Random) -> Home:
    since = eldest + timedelta(days=rng.randrange(max(1, (reference - eldest).days)))
    return places.home(rng.randrange(places.postcode_count(size)), since, rng)


def _child(
    family: Family,
    day: date,
    place: int,
    multiple: bool,
    elder: TrueChild | None,
    taken: set[str],
    reference: date,
    rng: Random,
) -> TrueChild:
    gender = _gender(elder, rng)
    given, other = _given(family, gender, elder, taken, rng)
    shared = family.family
    if place and elder is None and family.mother_family != shared and rng.random() < rates.HALF_SIBLING:
        shared = family.mother_family
    surname = (
        elder.family
        if elder and elder.gender == gender
        else names.personal_family(family.given_list, gender, shared, rng)
    )
    former, changed, adopted = _change_of_name(family, surname, day, reference, rng)
    migrant = family.arrived_on is not None and day < family.arrived_on
    first = rates.FIRST_OF_JANUARY_ASYLUM if family.asylum else rates.FIRST_OF_JANUARY_MIGRANT
    estimated = migrant and not multiple and rng.random() < first
    return TrueChild(
        truth_id="",
        household=family.key,
        community=family.community,
        given=given,
        other_given=other,
        family=surname,
        gender=gender,
        birth_date=date(day.year, 1, 1)
        if estimated and (day.year, 1, 1) > _eighteen_years_before(reference)
        else day,
        usual_given=names.usual_given(family.given_list, given, other, rng),
        former_family=former,
        family_changed_on=changed,
        mother_family=family.mother_family,
        father_given=family.father_given,
        homes=family.homes,
        second_home=family.second_home,
        nhs_number=None,
        multiple_birth=multiple,
        birth_order=elder.birth_order + 1 if elder else 1,
        arrived_on=family.arrived_on if migrant else None,
        birth_date_estimated=estimated,
        unaccompanied=False,
        adopted=adopted,
        shielded=rng.random() < rates.SHIELDED,
        no_fixed_address=family.no_fixed_address,
    )


def _eighteen_years_before(reference: date) -> tuple[int, int, int]:
    return reference.year - 18, reference.month, reference.day


def _gender(elder: TrueChild | None, rng: Random) -> str:
    if elder and rng.random() < rates.SAME_SEX_TWINS:
        return elder.gender
    return "female" if rng.random() < 0.488 else "male"


def _given(
    family: Family, gender: str, elder: TrueChild | None, taken: set[str], rng: Random
) -> tuple[str, str]:
    """Returns given names that no sibling has; some twins are named alike (the same initial)."""
    alike = elder is not None and rng.random() < rates.TWINS_NAMED_ALIKE
    given, other = names.given_names(family.given_list, gender, family.father_given, rng)
    for _ in range(60):
        if given not in taken and (not alike or elder is None or given[0] == elder.given[0]):
            break
        given, other = names.given_names(family.given_list, gender, family.father_given, rng)
    taken.add(given)
    return given, other


def _change_of_name(
    family: Family, surname: str, day: date, reference: date, rng: Random
) -> tuple[str | None, date | None, bool]:
    """Returns the former family name, the day it changed, and whether by adoption."""
    lived = (reference - day).days
    adopted = lived > 700 and rng.random() < rates.ADOPTED
    if not adopted and rng.random() >= rates.SURNAME_CHANGED_BY_17 * lived / (17 * YEAR):
        return None, None, False
    former = names.family_name("british" if family.community == "mixed" else family.community, rng)
    if former == surname:
        return None, None, False
    return former, day + timedelta(days=rng.randrange(1, max(2, lived))), adopted


def _unaccompanied(key: str, size: int, reference: date, rng: Random) -> TrueChild:
    """Returns a child who sought asylum alone: 95 % boys, 87 % aged 16 and 17 [P16]."""
    community = rng.choice(("arabic", "arabic", "somali"))
    gender = "male" if rng.random() < 0.95 else "female"
    age = rng.uniform(16, 17.99) if rng.random() < 0.87 else rng.uniform(12, 16)
    born = reference - timedelta(days=int(age * YEAR))
    estimated = rng.random() < rates.FIRST_OF_JANUARY_ASYLUM and (born.year, 1, 1) > _eighteen_years_before(
        reference
    )
    father = names.name_list(community).given("male", rng)
    given, other = names.given_names(community, gender, father, rng)
    family = names.family_name(community, rng)
    arrived = reference - timedelta(days=rng.randrange(30, 500))
    return TrueChild(
        truth_id="",
        household=key,
        community=community,
        given=given,
        other_given=other,
        family=family,
        gender=gender,
        birth_date=date(born.year, 1, 1) if estimated else born,
        usual_given=None,
        former_family=None,
        family_changed_on=None,
        mother_family=family,
        father_given=father,
        homes=(places.home(rng.randrange(places.postcode_count(size)), arrived, rng),),
        second_home=None,
        nhs_number=None,
        multiple_birth=False,
        birth_order=1,
        arrived_on=arrived,
        birth_date_estimated=estimated,
        unaccompanied=True,
        adopted=False,
        shielded=False,
        no_fixed_address=False,
    )
