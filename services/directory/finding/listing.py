"""What can be found of a publication: its words by part, and what filters ask. Read from its HSDS JSON. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from kith.directory.v1.entry_pb2 import Capacity
from services.directory.finding import postcodes
from services.directory.finding.schedules import Opening, openings
from services.directory.openreferral import vocabulary

Json = Mapping[str, Any]

# Kith's own facts of a service, which it tells as terms.
_MARKS: Final = {
    vocabulary.ACCEPTS_ASSESSMENT.id: "accepts_caf",
    vocabulary.CAPACITIES[Capacity.STATE_OPEN].id: "capacity_open",
    **{term.id: f"level:{level}" for level, term in vocabulary.LEVELS.items()},
}
_CONFIDENTIAL: Final = vocabulary.CONFIDENTIAL.id
_DESCRIPTIONS: Final = (
    "description",
    "additional_information",
    "eligibility_description",
    "application_process",
)
_FREE: Final = ("free", "no charge", "no cost")
_LARGEST_LATITUDE, _LARGEST_LONGITUDE = 90, 180


class Part(StrEnum):
    """A part of a publication that has words. In the order of how much a word there tells."""

    NAME = "name"
    TAXONOMY = "taxonomy"
    ORGANIZATION = "organization"
    DESCRIPTION = "description"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class Listing:
    """A publication as the index keeps it."""

    name: str
    words: Mapping[Part, str]
    accessibility: str
    term_ids: frozenset[str]
    taxonomy_ids: frozenset[str]
    organization_id: str
    parent_id: str
    minimum_age: float | None
    maximum_age: float | None
    openings: frozenset[Opening]
    marks: frozenset[str]
    """Single words for what holds or does not: `free`, `language:pl`, and Kith's own facts."""
    points: tuple[tuple[float, float], ...]
    """Latitude and longitude of each of its locations that has them."""
    districts: frozenset[tuple[str, tuple[float, float]]]
    """Postcode district and point of each of its locations that has both."""


def read(json: Json, organization_id: str, today: date) -> Listing:
    """Return the listing of any kind of HSDS object: what a kind does not have is empty.

    A service at a location is found by all its service says, at that one location.
    """
    told = _told(json)
    service, locations = told.service, told.locations
    schedules = [each for one in _once([*told.objects, *locations]) for each in _dicts(one, "schedules")]
    term_ids = frozenset(_text(term, "id") for term in told.terms)
    low, high = ages(json)
    return Listing(
        name=_text(service, "name") or _text(json, "name"),
        words=_words(told),
        accessibility=_joined(
            _text(each, key)
            for one in locations
            for each in _dicts(one, "accessibility")
            for key in ("description", "details", "accessibility")
        ),
        term_ids=term_ids,
        taxonomy_ids=frozenset(filter(None, [*map(_taxonomy_id, told.terms), _taxonomy_id(json)])),
        organization_id=organization_id,
        parent_id=_text(json, "parent_id"),
        minimum_age=low,
        maximum_age=high,
        openings=frozenset(one for each in schedules for one in openings(each, today)),
        marks=frozenset([*_marks(service), *(mark for term, mark in _MARKS.items() if term in term_ids)]),
        points=tuple(point for one in locations if (point := _point(one))),
        districts=frozenset(
            (district, point)
            for one in locations
            if (point := _point(one))
            for each in _dicts(one, "addresses")
            if (district := postcodes.district(_text(each, "postal_code")))
        ),
    )


def words(json: Json) -> Mapping[Part, str]:
    """Return the words of an HSDS object by part, as in its listing."""
    return _words(_told(json))


def ages(json: Json) -> tuple[float | None, float | None]:
    """Return the least and the greatest age that a service is for; None where it states none."""
    service = _service(json)
    return _number(service.get("minimum_age")), _number(service.get("maximum_age"))


@dataclass(frozen=True, slots=True)
class _Told:
    """What an object tells, from all over it."""

    service: Json
    objects: list[Json]
    locations: list[Json]
    terms: list[Json]


def _service(json: Json) -> Json:
    inner = json.get("service")
    return inner if isinstance(inner, dict) else json


def _told(json: Json) -> _Told:
    service = _service(json)
    at_locations = _dicts(json, "service_at_locations") if service is json else [json]
    locations = [one["location"] for one in at_locations if isinstance(one.get("location"), dict)]
    if "latitude" in json:
        locations.append(json)
    terms = list(_terms([service, *at_locations]))
    if any(term.get("id") == _CONFIDENTIAL for term in terms):
        # It is published without a place; were it not, it would still not be found by where it is.
        locations = []
    return _Told(service, [service, *at_locations], locations, terms)


def _words(told: _Told) -> Mapping[Part, str]:
    service = told.service
    organization = service.get("organization")
    return {
        Part.NAME: _joined([_text(service, "name"), _text(service, "alternate_name")]),
        Part.TAXONOMY: _joined(_text(term, "name") for term in told.terms),
        Part.ORGANIZATION: _text(organization, "name") if isinstance(organization, dict) else "",
        Part.DESCRIPTION: _joined(_text(service, key) for key in _DESCRIPTIONS),
        Part.LOCATION: _joined(
            text
            for one in told.locations
            for text in (_text(one, "name"), *(_text(each, "city") for each in _dicts(one, "addresses")))
        ),
    }


def _terms(objects: Iterable[Json]) -> Iterator[Json]:
    for one in objects:
        for attribute in _dicts(one, "attributes"):
            if isinstance(term := attribute.get("taxonomy_term"), dict):
                yield term


def _taxonomy_id(term: Json) -> str:
    detail = term.get("taxonomy_detail")
    return _text(term, "taxonomy_id") or (_text(detail, "id") if isinstance(detail, dict) else "")


def _marks(service: Json) -> Iterator[str]:
    fees = (_text(service, "fees") or _text(service, "fees_description")).lower()
    if fees.startswith(_FREE) or any(
        _number(one.get("amount")) == 0 for one in _dicts(service, "cost_options")
    ):
        yield "free"
    for language in _dicts(service, "languages"):
        for key in ("code", "name"):
            if said := _text(language, key):
                yield f"language:{said.lower()}"


def _point(location: Json) -> tuple[float, float] | None:
    lat, lon = _number(location.get("latitude")), _number(location.get("longitude"))
    if lat is None or lon is None or abs(lat) > _LARGEST_LATITUDE or abs(lon) > _LARGEST_LONGITUDE:
        return None
    return lat, lon


def _once(objects: Iterable[Json]) -> Iterable[Json]:
    return {id(one): one for one in objects}.values()


def _dicts(json: Json, key: str) -> list[Json]:
    found = json.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(json: Json, key: str) -> str:
    found = json.get(key)
    return found if isinstance(found, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _joined(texts: Iterable[str]) -> str:
    # The full stop keeps phrases from reaching over; it is not a word.
    return ". ".join(filter(None, texts))
