"""Who works with a child, and since when: universal services for nearly all, more for some (frequencies.py)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from deploy.demo import frequencies as rates
from deploy.demo.directory import Directory
from deploy.demo.model import Caf, TrueChild
from deploy.demo.weighted import Weighted

ANY_EXTRA = 1 - rates.EXTRA_AGENCIES[0]
_EXTRA_COUNT = Weighted({count: share for count, share in rates.EXTRA_AGENCIES.items() if count})
_EXTRA_SERVICES = {
    "early_help": "svc-early-help",
    "voluntary": "svc-family-support",
    "police": "svc-police",
    "hospital": "svc-paediatrics",
    "speech": "svc-speech-therapy",
    "housing": "svc-housing",
    "young_carers": "svc-young-carers",
    "youth_justice": "svc-youth-justice",
    "mentoring": "svc-mentoring",
    "family_centre": "svc-family-hub",
    "social_care": "svc-social-care",
}
_SENSITIVE = {"svc-camhs": 0.6, "svc-substance-misuse": 0.2, "svc-sexual-health": 0.2}  # [E]


@dataclass(frozen=True, slots=True)
class Engagement:
    """A service at work with a child. `end` is None while it lasts; `form` names a family-level record."""

    service: str
    start: date
    end: date | None
    caf: Caf | None = None
    lead_at_school: bool = False
    lead_named: bool = False
    subject: str = "child"
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Schooling:
    """Where a child goes, and went, to school; keys of organisations."""

    current: str | None
    earlier: str | None
    practice: str
    first_school: str
    first_entry: date
    entry: date


def entry_day(born: date, years: int) -> date:
    """Returns the 1 September on which a child starts the school year of an age (4 for reception, 11 for year 7)."""
    return date(born.year + years + (born.month >= 9), 9, 1)


def schooling(child: TrueChild, directory: Directory, reference: date, rng: Random) -> Schooling:
    """Returns the school and the practice of a child; siblings mostly share them."""
    household = int(child.household[1:])
    primary = _nearby(directory.primaries, household, 0.8, rng)
    secondary = _nearby(directory.secondaries, household, 0.8, rng)
    practice = _nearby(directory.practices, household, 0.88, rng)
    left = rng.choice(directory.primaries)
    here = child.arrived_on or date.min
    reception, year_7 = (max(entry_day(child.birth_date, years), here) for years in (4, 11))
    if year_7 <= reference:
        return Schooling(secondary, primary, practice, primary, reception, year_7)
    if reception <= reference:
        return Schooling(primary, left if left != primary else None, practice, primary, reception, reception)
    return Schooling(None, None, practice, primary, reception, reception)


def _nearby(keys: tuple[str, ...], household: int, share: float, rng: Random) -> str:
    return keys[household % len(keys)] if rng.random() < share else rng.choice(keys)


def engagements(
    child: TrueChild,
    school: Schooling,
    directory: Directory,
    form: Engagement | None,
    reference: date,
    rng: Random,
) -> list[Engagement]:
    """Returns everybody who works or worked with a child, each service once.

    `form` is a family-level record of the household.
    """
    universal = list(_universal(child, school, directory, reference, rng))
    at_school = school.current is not None and any(
        e.service == _service(school.current) and not e.end for e in universal
    )
    extra = _extra(child, directory, at_school, reference, rng)
    holder = next((e for e in extra if e.caf), None)
    if holder and at_school and rng.random() < rates.CAF_HELD_BY_SCHOOL:
        extra = [replace(e, caf=None, lead_named=False) if e is holder else e for e in extra]
        universal = [
            replace(e, caf=holder.caf, lead_named=holder.lead_named)
            if school.current and e.service == _service(school.current)
            else e
            for e in universal
        ]
    if (
        form
        and form.start > child.birth_date
        and not any(e.service == form.service for e in extra)
        and rng.random() < rates.SIBLING_ON_FORM
    ):
        extra.append(replace(form, caf=None, lead_named=False))
    return universal + extra


def _service(organisation: str) -> str:
    return organisation.replace("org-", "svc-", 1)


def _universal(
    child: TrueChild, school: Schooling, directory: Directory, reference: date, rng: Random
) -> Iterator[Engagement]:
    age = child.age(reference)
    here = min(max(child.birth_date + timedelta(days=10), child.arrived_on or date.min), reference)
    fifth = _birthday(child.birth_date, 5)
    if age < 5 and rng.random() < rates.HEALTH_VISITING:
        yield Engagement("svc-health-visiting", here, None)
    if 5 <= age < 8 and here < fifth and rng.random() < rates.HEALTH_VISITING_PAST:
        yield Engagement("svc-health-visiting", here, fifth)
    if age == 3 and rng.random() < rates.NURSERY:
        nursery = _nearby(directory.nurseries, int(child.household[1:]), 0.8, rng)
        yield Engagement(_service(nursery), max(_birthday(child.birth_date, 3), here), None)
    if school.current and rng.random() < (rates.SCHOOL if age < 16 else rates.SCHOOL_SIXTH_FORM):
        yield Engagement(_service(school.current), min(school.entry, reference), None)
    if school.earlier and age >= 5 and not child.arrived_on and rng.random() < rates.SCHOOL_PAST:
        start = entry_day(child.birth_date, 4)
        yield Engagement(
            _service(school.earlier),
            start,
            start + timedelta(days=rng.randrange(90, max(91, (reference - start).days))),
        )
    if rng.random() < rates.GENERAL_PRACTICE:
        yield Engagement(_service(school.practice), here, None)
    if age >= 5 and school.current and rng.random() < rates.SCHOOL_NURSE:
        yield Engagement("svc-school-nursing", max(fifth, here), None)


def _birthday(born: date, years: int) -> date:
    day = 28 if (born.month, born.day) == (2, 29) else born.day
    return date(born.year + years, born.month, day)


def _extra(
    child: TrueChild, directory: Directory, at_school: bool, reference: date, rng: Random
) -> list[Engagement]:
    """Returns the extra services. Rates that hold for all children are divided by the share that has any extra."""
    if rng.random() >= ANY_EXTRA:
        return []
    count = _EXTRA_COUNT.pick(rng)
    age = child.age(reference)
    found: dict[str, Engagement] = {}
    if rng.random() < rates.CAF_OPEN / ANY_EXTRA:
        found["svc-early-help"] = _assessed(child, at_school, True, reference, rng)
    elif rng.random() < rates.CAF_CLOSED_BY_17 * age / 17 / ANY_EXTRA:
        found["svc-early-help"] = _assessed(child, at_school, False, reference, rng)
    if rng.random() < rates.LOOKED_AFTER / ANY_EXTRA:
        found["svc-looked-after"] = _lasting("svc-looked-after", child, 0, reference, rng)
    elif rng.random() < (rates.CHILD_IN_NEED - rates.LOOKED_AFTER) / ANY_EXTRA:
        found["svc-social-care"] = _lasting("svc-social-care", child, 0, reference, rng)
    if age >= 11 and rng.random() < rates.SENSITIVE_11_TO_17 / ANY_EXTRA:
        service = Weighted(
            {key: weight for key, weight in _SENSITIVE.items() if directory.service[key].min_age <= age}
        ).pick(rng)
        found[service] = _some_time(service, child, directory.service[service].min_age, reference, rng)
    possible = {
        service: rates.EXTRA_WEIGHTS[kind]
        for kind, service in _EXTRA_SERVICES.items()
        if directory.service[service].min_age <= age <= directory.service[service].max_age
        and service not in found
    }
    while len(found) < count and possible:
        service = Weighted(possible).pick(rng)
        del possible[service]
        if not (service == "svc-social-care" and "svc-looked-after" in found):
            found[service] = _some_time(service, child, directory.service[service].min_age, reference, rng)
    return list(found.values())


def _lasting(service: str, child: TrueChild, min_age: int, reference: date, rng: Random) -> Engagement:
    earliest = max(_birthday(child.birth_date, min_age), child.arrived_on or date.min)
    span = max(1, (reference - earliest).days)
    return Engagement(service, reference - timedelta(days=min(span, int(rng.expovariate(1 / 500)) + 1)), None)


def _some_time(service: str, child: TrueChild, min_age: int, reference: date, rng: Random) -> Engagement:
    made = _lasting(service, child, min_age, reference, rng)
    lasted = (reference - made.start).days
    if lasted > 30 and rng.random() < rates.EXTRA_ENDED:
        made = replace(made, end=made.start + timedelta(days=rng.randrange(20, lasted)))
    if service == "svc-early-help" and rng.random() < rates.FAMILY_FORM:
        made = replace(made, subject="family", form=child.household)
    return made


def _assessed(child: TrueChild, at_school: bool, is_open: bool, reference: date, rng: Random) -> Engagement:
    """Returns early help that holds a common assessment; a closed one closed with the involvement."""
    made = _lasting("svc-early-help", child, 0, reference, rng)
    lasted = (reference - made.start).days
    version = 1 + min(lasted // 200, rng.randrange(4))
    if not is_open:
        closed = made.start + timedelta(days=rng.randrange(lasted)) if lasted else reference
        return replace(made, end=closed, caf=Caf("closed", made.start, version, None))
    on = made.start + timedelta(days=rng.randrange(min(lasted, 60) + 1))
    review = max(on, reference - timedelta(days=rng.randrange(200))) + timedelta(days=182)
    named = rng.random() < rates.LEAD_PROFESSIONAL_NAMED
    lead_at_school = at_school and rng.random() < rates.LEAD_PROFESSIONAL_AT_SCHOOL
    family = rng.random() < rates.FAMILY_FORM
    return replace(
        made,
        caf=Caf("open", on, version, review),
        lead_named=named,
        lead_at_school=lead_at_school,
        subject="family" if family else "child",
        form=child.household if family else None,
    )
