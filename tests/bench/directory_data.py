"""A made-up directory: services for children over the towns of England, as rows of the directory's tables.

Everything is drawn with one seed. The HSDS objects have the size and shape of real ones; what they say is put together
from phrases, so that frequent and rare words are as in a real directory.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from kith.directory.v1.publication_service_pb2 import (
    PUBLICATION_KIND_LOCATION,
    PUBLICATION_KIND_ORGANIZATION,
    PUBLICATION_KIND_SERVICE,
    PUBLICATION_KIND_SERVICE_AT_LOCATION,
    PUBLICATION_KIND_TAXONOMY,
    PUBLICATION_KIND_TAXONOMY_TERM,
)

COLUMNS: Final = (
    "kind", "id", "entry_id", "organization_id", "full_json", "list_json", "etag", "modified_time", "version",
)  # fmt: skip
"""Of the table `publication`, in the order of a row."""
SERVICES_PER_ORGANIZATION: Final = 10

_NEEDS: Final = (
    "autism", "ADHD", "anxiety", "bereavement", "speech and language", "short breaks", "parenting",
    "counselling", "special educational needs", "domestic abuse", "substance misuse", "young carers", "housing",
    "debt advice", "mental health", "health visiting", "school nursing", "breastfeeding", "childcare",
    "youth work", "fostering", "adoption", "kinship care", "eating disorders", "self-harm", "bullying",
    "exclusion from school", "sleep", "sensory needs", "physiotherapy", "occupational therapy", "sight loss",
    "hearing loss", "wheelchair sports", "swimming", "music", "drama", "football", "forest school",
    "holiday activities", "breakfast club", "after school club", "English classes", "asylum", "welfare rights",
    "food bank", "money advice", "mediation", "dads", "baby massage", "stay and play", "toddlers",
)  # fmt: skip
_FORMS: Final = (
    "group", "drop-in", "helpline", "course", "clinic", "team", "project", "club", "service", "hub", "network",
    "workshop",
)  # fmt: skip
_AUDIENCES: Final = (
    "parents and carers", "children", "teenagers", "families", "young people", "babies", "under fives",
    "siblings", "grandparents", "schools", "professionals",
)  # fmt: skip
_SENTENCES: Final = (
    "We meet every week during term time and everybody is welcome.",
    "You can refer yourself, or ask your school, GP or health visitor to refer you.",
    "A friendly worker will ring you within five working days to talk about what would help.",
    "Sessions are run by qualified and experienced staff, with volunteers who have been through it themselves.",
    "There is a small waiting list at the moment; please get in touch all the same.",
    "We do not offer emergency support. If a child is in danger ring the front door, or 999.",
    "Interpreters can be arranged, and the building has level access and an accessible toilet.",
    "The first visit is for getting to know each other; nothing is decided without you.",
    "We work closely with early help, children's social care and the local hospital.",
    "Refreshments are provided. Brothers and sisters may come too.",
)
_TOWNS: Final = (
    ("Leeds", "LS1", 53.7974, -1.5437), ("Bradford", "BD1", 53.7938, -1.7564),
    ("York", "YO1", 53.9583, -1.0803), ("Sheffield", "S1", 53.3811, -1.4701), ("Hull", "HU1", 53.7443, -0.3325),
    ("Wakefield", "WF1", 53.6833, -1.4977), ("Halifax", "HX1", 53.7210, -1.8630),
    ("Harrogate", "HG1", 53.9921, -1.5418), ("Doncaster", "DN1", 53.5228, -1.1285),
    ("Manchester", "M1", 53.4808, -2.2426), ("Liverpool", "L1", 53.4084, -2.9916),
    ("Birmingham", "B1", 52.4862, -1.8904), ("Bristol", "BS1", 51.4545, -2.5879),
    ("London", "SE1", 51.5072, -0.1276), ("Newcastle", "NE1", 54.9783, -1.6178),
)  # fmt: skip
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LANGUAGES: Final = (
    ("en", "English"),
    ("pl", "Polish"),
    ("ur", "Urdu"),
    ("pa", "Punjabi"),
    ("bfi", "British Sign Language"),
)
_BEGAN: Final = datetime(2025, 1, 1, tzinfo=UTC)
_TAXONOMY: Final = uuid5(NAMESPACE_URL, "https://kith.test/needs")


@dataclass(frozen=True, slots=True)
class Publication:
    """A row of the table `publication`."""

    kind: int
    id: UUID
    organization_id: UUID | None
    full: dict[str, Any]
    short: dict[str, Any]
    modified: datetime

    def row(self) -> tuple[Any, ...]:
        """Return the values of COLUMNS."""
        return (
            self.kind, self.id, self.id, self.organization_id, json.dumps(self.full), json.dumps(self.short),
            uuid4().hex, self.modified, 1,
        )  # fmt: skip


def publications(services: int, seed: int = 7) -> Iterator[Publication]:
    """Give so many services with their organizations, locations, services at locations and the terms of a taxonomy."""
    draw = random.Random(seed)
    yield from _taxonomy()
    organization: Publication | None = None
    for number in range(services):
        if organization is None or number % SERVICES_PER_ORGANIZATION == 0:
            organization = _organization(draw, number // SERVICES_PER_ORGANIZATION)
            yield organization
        yield from _service(draw, organization)


def term_id(need: str) -> UUID:
    """Return the id of the term for a need."""
    return uuid5(_TAXONOMY, need)


def needs() -> tuple[str, ...]:
    """Return what services are for."""
    return _NEEDS


def towns() -> tuple[tuple[str, str, float, float], ...]:
    """Return name, postal district and coordinates of the towns."""
    return _TOWNS


def _id(draw: random.Random) -> UUID:
    return UUID(int=draw.getrandbits(128), version=4)


def _taxonomy() -> Iterator[Publication]:
    taxonomy = {"id": str(_TAXONOMY), "name": "Needs", "description": "What services are for", "version": "1"}
    yield Publication(PUBLICATION_KIND_TAXONOMY, _TAXONOMY, None, taxonomy, taxonomy, _BEGAN)
    for need in _NEEDS:
        term = _term(need)
        yield Publication(PUBLICATION_KIND_TAXONOMY_TERM, term_id(need), None, term, term, _BEGAN)


def _term(need: str) -> dict[str, Any]:
    return {
        "id": str(term_id(need)),
        "name": need.capitalize(),
        "description": f"Services for {need}",
        "taxonomy": "Needs",
        "taxonomy_id": str(_TAXONOMY),
        "term_uri": "https://kith.test/needs",
    }


def _organization(draw: random.Random, number: int) -> Publication:
    town, *_ = draw.choice(_TOWNS)
    organization_id = _id(draw)
    kind = draw.choice(
        ("Council", "Children's Trust", "NHS Foundation Trust", "Community Association", "Charity")
    )
    short = {
        "id": str(organization_id),
        "name": f"{town} {draw.choice(_NEEDS).capitalize()} {kind} {number}",
        "description": " ".join(draw.sample(_SENTENCES, 3)),
        "email": "hello@kith.test",
        "website": "https://kith.test",
    }
    return Publication(
        PUBLICATION_KIND_ORGANIZATION, organization_id, organization_id, short, short, _moment(draw)
    )


def _service(draw: random.Random, organization: Publication) -> Iterator[Publication]:
    service_id = _id(draw)
    need, audience, form = draw.choice(_NEEDS), draw.choice(_AUDIENCES), draw.choice(_FORMS)
    low = draw.choice((None, 0, 0, 4, 5, 8, 11, 13, 16))
    modified = _moment(draw)
    short: dict[str, Any] = {
        "id": str(service_id),
        "name": f"{need.capitalize()} {form} for {audience}",
        "description": f"A {form} for {audience} on {need}. " + " ".join(draw.sample(_SENTENCES, 6)),
        "url": "https://kith.test/service",
        "email": "service@kith.test",
        "status": "active",
        "fees": draw.choice(("Free", "Free for families", "£3 a session", "", "Ask us")),
        "assured_date": modified.date().isoformat(),
        "last_modified": modified.isoformat(),
        "organization": organization.short,
    }
    if low is not None:
        short |= {"minimum_age": low, "maximum_age": low + draw.choice((3, 5, 7, 11, 18))}
    locations = [_location(draw) for _ in range(draw.choice((1, 1, 1, 2)))]
    full = short | {
        "schedules": [_schedule(draw) for _ in range(draw.choice((1, 1, 2)))],
        "service_areas": [
            {"id": str(_id(draw)), "name": "The borough", "description": "Families who live here"}
        ],
        "languages": [
            {"id": str(_id(draw)), "code": code, "name": name} for code, name in draw.sample(_LANGUAGES, 2)
        ],
        "cost_options": [{"id": str(_id(draw)), "option": "A session", "amount": draw.choice((0, 3, 5))}],
        "contacts": [{"id": str(_id(draw)), "name": "Front desk", "email": "desk@kith.test"}],
        "phones": [{"id": str(_id(draw)), "number": "0300 000 0000", "description": "Office hours"}],
        "attributes": [_attribute(draw, each) for each in {need, draw.choice(_NEEDS)}],
    }
    at_locations: list[dict[str, Any]] = [{"id": str(_id(draw)), "location": one} for one in locations]
    yield Publication(
        PUBLICATION_KIND_SERVICE,
        service_id,
        organization.id,
        full | {"service_at_locations": at_locations},
        short,
        modified,
    )
    for each in at_locations:
        location = each["location"]
        place = {key: location[key] for key in ("id", "name", "location_type", "latitude", "longitude")}
        yield Publication(
            PUBLICATION_KIND_LOCATION, UUID(location["id"]), organization.id, location, place, modified
        )
        yield Publication(
            PUBLICATION_KIND_SERVICE_AT_LOCATION,
            UUID(each["id"]),
            organization.id,
            each | {"service": full},
            {"id": each["id"], "location": place, "service": short},
            modified,
        )


def _attribute(draw: random.Random, need: str) -> dict[str, Any]:
    return {"id": str(_id(draw)), "link_type": "need", "taxonomy_term": _term(need)}


def _schedule(draw: random.Random) -> dict[str, Any]:
    opens = draw.choice((8, 9, 9, 10, 13, 15, 16, 18))
    return {
        "id": str(_id(draw)),
        "freq": "WEEKLY",
        "interval": 1,
        "byday": ",".join(sorted(draw.sample(_DAYS, draw.choice((1, 1, 2, 5))), key=_DAYS.index)),
        "dtstart": "2025-01-06",
        "opens_at": f"{opens:02}:{draw.choice(('00', '30'))}:00",
        "closes_at": f"{opens + draw.choice((1, 2, 4)):02}:00:00",
    }


def _location(draw: random.Random) -> dict[str, Any]:
    town, district, latitude, longitude = draw.choice(_TOWNS)
    return {
        "id": str(_id(draw)),
        "location_type": "physical",
        "name": f"{draw.choice(('Family', 'Community', 'Health', 'Youth'))} Centre {draw.randrange(1000)}",
        "description": "Near the bus station.",
        "latitude": round(draw.gauss(latitude, 0.06), 6),
        "longitude": round(draw.gauss(longitude, 0.1), 6),
        "addresses": [
            {
                "id": str(_id(draw)),
                "address_1": f"{draw.randrange(1, 200)} High Street",
                "city": town,
                "postal_code": f"{district} {draw.randrange(10)}AA",
                "country": "GB",
                "address_type": "physical",
            }
        ],
        "accessibility": [
            {
                "id": str(_id(draw)),
                "description": draw.choice(("Wheelchair access", "Hearing loop", "Step-free entrance")),
            }
        ],
    }


def _moment(draw: random.Random) -> datetime:
    return _BEGAN + timedelta(minutes=draw.randrange(500_000))
