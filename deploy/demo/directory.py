"""The town's service directory.

Organisations, services, practitioners, their systems and the people who can log in (SD-1, SD-5, SD-7).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import ceil
from random import Random

from deploy.demo import names, places
from deploy.demo.catalogue import (
    FIXED_PRACTITIONERS,
    ORGANISATIONS,
    PEOPLE,
    SENSITIVE_KINDS,
    SERVICES,
    SYSTEMS,
    UNIVERSAL_ROLES,
    ServiceEntry,
)
from deploy.demo.model import Address, AgencySystem, Contact, DemoPerson, Organisation, Practitioner, Service
from deploy.demo.weighted import Weighted

OFFICE_HOURS = "Monday to Friday, 9am to 5pm"
ROUND_THE_CLOCK = "24 hours, every day"
MIN_SCHOOLS = 6
CHILDREN_PER_PRACTICE = 900
CHILDREN_PER_NURSERY = 2_500
PUPILS_PER_FOUR_SCHOOLS = 1_840  # one secondary of 1,000 with three primaries of 280
SCHOOL_AGED = 14 / 18
_SAINTS = ("St Bride", "St Oswin", "St Hilda", "St Aldate", "St Winnoc", "St Cedd", "St Petroc", "St Alkmund")
_GROUNDS = (
    "Riverside",
    "Hilltop",
    "Meadow",
    "Canal",
    "Parkside",
    "Orchard",
    "Beacon",
    "Lakeside",
    "Heathfield",
    "Northgate",
    "Southway",
    "Eastbank",
    "Westfold",
)
_STAFF_COMMUNITIES = Weighted(
    {
        "british": 0.66,
        "pakistani": 0.08,
        "indian": 0.08,
        "irish": 0.06,
        "west_african": 0.07,
        "caribbean": 0.05,
    }
)


@dataclass(frozen=True)
class Directory:
    """Everything in the directory, in the order in which it can be created."""

    organisations: tuple[Organisation, ...]
    services: tuple[Service, ...]
    practitioners: tuple[Practitioner, ...]
    systems: tuple[AgencySystem, ...]
    people: tuple[DemoPerson, ...]

    @cached_property
    def organisation(self) -> dict[str, Organisation]:
        """Organisations by key."""
        return {organisation.key: organisation for organisation in self.organisations}

    @cached_property
    def service(self) -> dict[str, Service]:
        """Services by key."""
        return {service.key: service for service in self.services}

    @cached_property
    def practitioner(self) -> dict[str, Practitioner]:
        """Practitioners by key."""
        return {practitioner.key: practitioner for practitioner in self.practitioners}

    @cached_property
    def staff(self) -> dict[str, tuple[Practitioner, ...]]:
        """Practitioners by the key of their service."""
        found: dict[str, list[Practitioner]] = {service.key: [] for service in self.services}
        for practitioner in self.practitioners:
            found[practitioner.service].append(practitioner)
        return {service: tuple(staff) for service, staff in found.items()}

    @cached_property
    def primaries(self) -> tuple[str, ...]:
        """Keys of the primary schools."""
        return tuple(o.key for o in self.organisations if o.phase == "primary")

    @cached_property
    def secondaries(self) -> tuple[str, ...]:
        """Keys of the secondary schools."""
        return tuple(o.key for o in self.organisations if o.phase == "secondary")

    @cached_property
    def nurseries(self) -> tuple[str, ...]:
        """Keys of the nurseries."""
        return tuple(o.key for o in self.organisations if o.phase == "nursery")

    @cached_property
    def practices(self) -> tuple[str, ...]:
        """Keys of the general practices."""
        return tuple(o.key for o in self.organisations if o.kind == "gp")


def directory(size: int, seed: int) -> Directory:
    """Returns the directory of a town of `size` children. Keys of the fixed part are the same at any size and seed."""
    rng = Random(f"{seed}:directory")
    organisations = [
        _organisation(place, *entry, rng) for place, entry in enumerate([*ORGANISATIONS, *_scaled(size)])
    ]
    services = [_service(entry) for entry in [*SERVICES, *_universal(organisations)]]
    practitioners = list(_practitioners(size, services, rng))
    systems = [
        AgencySystem(f"system-{o.key.removeprefix('org-')}", o.key, o.system, f"{o.name}: {o.system}")
        for o in organisations
    ]
    by_key = {practitioner.key: practitioner for practitioner in practitioners}
    people = [
        DemoPerson(
            key,
            by_key[staff].name,
            by_key[staff].email,
            by_key[staff].organisation,
            staff,
            role,
            by_key[staff].role,
        )
        for key, staff, role in PEOPLE
    ]
    return Directory(
        tuple(organisations), tuple(services), tuple(practitioners), tuple(systems), tuple(people)
    )


def _scaled(size: int) -> Iterator[tuple[str, str, str, str]]:
    """Yields key, kind, name, phase of the organisations whose number grows with the town.

    The first school is a secondary.
    """
    for number in range(max(MIN_SCHOOLS, ceil(size * SCHOOL_AGED / PUPILS_PER_FOUR_SCHOOLS * 4))):
        phase = "primary" if number % 4 else "secondary"
        yield f"org-school-{number + 1:02d}", "school", _school_name(number, phase), phase
    for number in range(max(1, ceil(size / CHILDREN_PER_NURSERY))):
        yield f"org-nursery-{number + 1:02d}", "school", f"{_ground(number + 3)} Nursery", "nursery"
    for number in range(max(3, ceil(size / CHILDREN_PER_PRACTICE))):
        yield (
            f"org-gp-{number + 1:02d}",
            "gp",
            f"{_ground(number + 6)} {'Surgery' if number % 2 else 'Medical Practice'}",
            "",
        )


def _ground(number: int) -> str:
    round_, place = divmod(number, len(_GROUNDS))
    return _GROUNDS[place] if not round_ else f"{_GROUNDS[place]} {places.street(round_ * 13 + place)}"


def _school_name(number: int, phase: str) -> str:
    if number == 0:
        return f"{places.TOWN} High School"
    if phase == "primary" and number % 3 == 1:
        saint = _SAINTS[number // 3 % len(_SAINTS)]
        return (
            f"{saint}'s {places.street(number)} Primary School"
            if number >= 3 * len(_SAINTS)
            else f"{saint}'s Primary School"
        )
    return f"{_ground(number)} {'Primary School' if phase == 'primary' else 'Academy'}"


def _organisation(place: int, key: str, kind: str, name: str, phase: str, rng: Random) -> Organisation:
    domain = key.removeprefix("org-")
    always = kind in ("social_care", "police")
    duty = Contact(
        "Duty desk",
        places.landline(place * 3 + 1),
        f"duty@{domain}.example.org",
        ROUND_THE_CLOCK if always else OFFICE_HOURS,
    )
    adviser = Contact(
        _person(rng),
        places.landline(place * 3 + 2),
        f"information.sharing@{domain}.example.org",
        OFFICE_HOURS,
    )
    office = places.home(rng.randrange(20), date(2000, 1, 1), rng)
    address = Address(
        (f"{rng.randint(1, 90)} {office.lines[-2].split(' ', 1)[1]}", places.TOWN), office.postcode, "work"
    )
    return Organisation(
        key, kind, name, domain, places.landline(place * 3), address, SYSTEMS[kind], duty, adviser, phase
    )


def _universal(organisations: list[Organisation]) -> Iterator[ServiceEntry]:
    """Yields the one service of each school, nursery and practice."""
    for o in organisations:
        key = o.key.replace("org-", "svc-", 1)
        if o.kind == "gp":
            yield ServiceEntry(
                key, o.key, "general_practice", o.name, "Family doctors and practice nurses.", 0, 18, 700
            )
        elif o.phase == "nursery":
            yield ServiceEntry(
                key,
                o.key,
                "early_years",
                o.name,
                "Funded places for two, three and four year olds.",
                2,
                4,
                1_700,
            )
        elif o.kind == "school":
            ages = (4, 10) if o.phase == "primary" else (11, 18)
            text = "Teaching, pastoral care and the designated safeguarding lead."
            yield ServiceEntry(key, o.key, "school", o.name, text, *ages, 1_700)


def _service(entry: ServiceEntry) -> Service:
    sensitivity = "sensitive" if entry.kind in SENSITIVE_KINDS else "standard"
    number = sum(map(ord, entry.key)) * 7
    slug, domain = entry.key.removeprefix("svc-"), entry.organisation.removeprefix("org-")
    return Service(
        entry.key,
        entry.organisation,
        entry.kind,
        entry.name,
        entry.description,
        entry.min_age,
        entry.max_age,
        sensitivity,
        places.freephone(number),
        f"{slug}@{domain}.example.org",
    )


def _practitioners(size: int, services: list[Service], rng: Random) -> Iterator[Practitioner]:
    entries = {entry.key: entry for entry in SERVICES}
    taken: set[str] = set()
    serial = 0
    for service in services:
        entry = entries.get(service.key)
        universal = service.kind in UNIVERSAL_ROLES
        roles = UNIVERSAL_ROLES[service.kind] if universal else (entry.role if entry else "",)
        count = len(roles) if universal or entry is None else max(3, ceil(size / entry.children_per_worker))
        domain = service.organisation.removeprefix("org-")
        for number in range(count):
            key = f"prac-{service.key.removeprefix('svc-')}-{number + 1:02d}"
            name, role = FIXED_PRACTITIONERS.get(key, ("", roles[number % len(roles)]))
            address = places.email(name or (name := _person(rng)), domain)
            while address in taken:
                name = _person(rng)
                address = places.email(name, domain)
            taken.add(address)
            serial += 1
            phone = places.mobile(serial) if serial % 2 else places.landline(900 + serial)
            yield Practitioner(key, name, role, service.organisation, service.key, phone, address)


def _person(rng: Random) -> str:
    community = _STAFF_COMMUNITIES.pick(rng)
    gender = "female" if rng.random() < 0.75 else "male"
    return f"{names.name_list(community).given(gender, rng)} {names.family_name(community, rng)}"
