"""What the public pages say of services: one that was found and why, and one in full. Pure, from HSDS JSON."""

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from kith.directory.v1.publication_service_pb2 import Origin, ServiceResult, WordMatch
from services.gateway import service_search, service_wording, wording
from services.gateway.service_wording import Checked, Object, parts

_PARTS: Final = {
    WordMatch.PART_NAME: "in its name",
    WordMatch.PART_TAXONOMY: "among what it is listed under",
    WordMatch.PART_DESCRIPTION: "in what it says of itself",
    WordMatch.PART_ORGANIZATION: "in the name of its organisation",
    WordMatch.PART_LOCATION: "where it takes place",
}
_CLOSED: Final = "temporarily closed"
_LONGEST_EXTRACT: Final = 220
_ACCEPTS: Final = "accepts-assessment"
_CONFIDENTIAL: Final = "confidential-address"
_DOMESTIC_ABUSE: Final = "kind-domestic-abuse"
"""Codes of terms of Kith's taxonomy, of which the directory makes attributes."""


@dataclass(frozen=True, slots=True)
class Found:
    """A service on the page of results."""

    id: str
    name: str
    organisation: str
    extract: str
    ages: str
    when: list[str]
    where: list[str]
    """Town and distance of the nearest place; empty where it is told to nobody."""
    checked: Checked
    alert: str
    is_closed: bool
    why: list[str]


@dataclass(frozen=True, slots=True)
class Results:
    """The page of results. `notes` are sentences above them."""

    heading: str
    searched: list[str]
    services: list[Found]
    notes: list[str]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Link:
    """A text with where it leads; no link if `href` is empty."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place where a service is."""

    name: str
    lines: list[str]
    access: list[str]
    when: list[str]


@dataclass(slots=True)
class ServicePage:
    """A service in full."""

    name: str
    organisation: Link
    description: list[str]
    alert: str
    is_closed: bool
    checked: Checked
    ages: str
    eligibility: str
    accepts_assessment: bool
    is_confidential: bool
    may_leave: bool
    """Whether whoever reads this may have to hide that they do."""
    kinds: list[str]
    levels: list[str]
    capacity: str
    when: list[str]
    costs: list[str]
    languages: list[str]
    apply: list[str]
    places: list[Place]
    phones: list[tuple[str, str]]
    emails: list[str]
    links: list[str]
    does_not: list[str] = field(default_factory=list)
    forms: list[Link] = field(default_factory=list)


def results(
    answer: publication_pb2.SearchServicesResponse, typed: Mapping[str, str], page: int, today: dt.date
) -> Results:
    """Return the page of results."""
    total = answer.total_items
    return Results(
        heading=f"{wording.count(total, 'service')} found",
        searched=service_search.summary(typed),
        services=[_found(one, answer.origin, typed, today) for one in answer.results],
        notes=list(_notes(answer, typed)),
        page=page,
        pages=-(-total // answer.per_page) if answer.per_page else 0,
    )


def service_page(service: Object, today: dt.date) -> ServicePage:
    """Return the page of a service, from its full HSDS object."""
    organisation = service.get("organization", {})
    links = [service_wording.web_link(one) for one in (service.get("url"), organisation.get("website"))]
    attributes = list(_attributes(service))
    codes = {code for code, *_ in attributes}
    forms = [value or name for code, _, name, value in attributes if code == "referral-form"]
    return ServicePage(
        name=service["name"],
        organisation=Link(
            organisation.get("name", ""), service_wording.web_link(organisation.get("website"))
        ),
        description=_paragraphs(service.get("description", "")),
        alert=service.get("alert", ""),
        is_closed=service.get("status") == _CLOSED,
        checked=service_wording.checked(service, today),
        ages=service_wording.ages(service),
        eligibility=service.get("eligibility_description", ""),
        accepts_assessment=_ACCEPTS in codes,
        is_confidential=_CONFIDENTIAL in codes,
        may_leave=not codes.isdisjoint({_CONFIDENTIAL, _DOMESTIC_ABUSE}),
        kinds=[name for _, link, name, _ in attributes if link == "service_kind"],
        levels=[name for _, link, name, _ in attributes if link == "threshold_level"],
        capacity=next((_with(name, value) for _, link, name, value in attributes if link == "capacity"), ""),
        when=_when(service),
        costs=_costs(service),
        languages=[one.get("name") or one.get("code", "") for one in parts(service, "languages")],
        apply=service_wording.once(
            [*_paragraphs(service.get("application_process", "")), *_values(attributes, "referral-route")]
        ),
        places=[_place(one) for one in _places(service, codes)],
        phones=_phones(service),
        emails=_emails(service),
        links=list(dict.fromkeys(link for link in links if link)),
        does_not=_values(attributes, "exclusions"),
        forms=[Link(form, service_wording.web_link(form)) for form in forms],
    )


def _found(result: ServiceResult, origin: Origin, typed: Mapping[str, str], today: dt.date) -> Found:
    service: Object = json.loads(result.publication.json)
    codes = {code for code, *_ in _attributes(service)}
    places = _places(service, codes)
    towns = service_wording.towns([one.get("location", {}) for one in places], _point(origin))
    is_near = result.HasField("distance") and _CONFIDENTIAL not in codes
    far = service_wording.distance(result.distance) if is_near else ""
    return Found(
        id=service["id"],
        name=service["name"],
        organisation=service.get("organization", {}).get("name", ""),
        extract=_extract(service.get("description", "")),
        ages=service_wording.ages(service),
        when=service_wording.once([*_when(service), *(line for one in places for line in _when(one))]),
        where=[part for part in (towns, far) if part],
        checked=service_wording.checked(service, today),
        alert=service.get("alert", ""),
        is_closed=service.get("status") == _CLOSED,
        why=[*map(_word, result.words), *_filters(result, typed)],
    )


def _word(match: WordMatch) -> str:
    where = _PARTS.get(match.part, "")
    if match.how == WordMatch.HOW_SYNONYM:
        return f"Has ‘{match.found}’, another word for ‘{match.asked}’, {where}"
    if match.how == WordMatch.HOW_SPELLING:
        return f"Has ‘{match.found}’, spelt nearly like ‘{match.asked}’, {where}"
    return f"Has ‘{match.found}’ {where}"


def _filters(result: ServiceResult, typed: Mapping[str, str]) -> Iterator[str]:
    said = {
        "age": (f"Is open to age {typed['age']}", "Does not say for which ages it is"),
        "days": (
            f"Is open on {service_search.DAYS.get(typed['day'], '')}",
            "Does not say on which days it is open",
        ),
        "free": ("Is free", "Does not say what it costs"),
        "languages": (f"Is offered in {typed['language']}", "Does not say in which languages it is offered"),
        "accessibility": (f"Says of its access: {typed['access']}", "Does not say how one gets in"),
        "accepts_caf": ("Takes an Early Help Assessment (CAF)", ""),
    }
    for match in result.filters:
        if sentence := said.get(match.filter, ("", ""))[match.not_stated]:
            yield sentence


def _notes(answer: publication_pb2.SearchServicesResponse, typed: Mapping[str, str]) -> Iterator[str]:
    if answer.unknown_words:
        words = wording.listed([f"‘{word}’" for word in answer.unknown_words])
        yield f"No service says {words}: these are for the other words."
    if answer.HasField("origin") and answer.origin.precision in {
        Origin.PRECISION_DISTRICT,
        Origin.PRECISION_SECTOR,
    }:
        postcode = typed["postcode"].upper()
        yield f"Distances are from the middle of the area of {postcode}, in a straight line."


def _attributes(service: Object) -> Iterator[tuple[str, str, str, str]]:
    """Code and kind of link, name of the term and value, of what Kith says of a service."""
    for one in parts(service, "attributes"):
        term = one.get("taxonomy_term", {})
        yield term.get("code", ""), one.get("link_type", ""), term.get("name", ""), one.get("value", "")


def _values(attributes: list[tuple[str, str, str, str]], wanted: str) -> list[str]:
    return [line for code, _, _, value in attributes if code == wanted for line in _paragraphs(value)]


def _with(name: str, value: str) -> str:
    return f"{name} ({service_wording.in_words(value)})" if value else name


def _when(thing: Object) -> list[str]:
    said = []
    for one in parts(thing, "schedules"):
        said += [text for text in (service_wording.schedule(one), one.get("description", "")) if text]
    return list(dict.fromkeys(said))


def _costs(service: Object) -> list[str]:
    options = [service_wording.cost(one) for one in parts(service, "cost_options")]
    return service_wording.once([*options, service.get("fees_description") or service.get("fees", "")])


def _places(service: Object, codes: Collection[str]) -> Sequence[Object]:
    """The places that may be shown: the directory gives none that is confidential, and if it did it were not shown."""
    return () if _CONFIDENTIAL in codes else parts(service, "service_at_locations")


def _point(origin: Origin) -> tuple[float, float] | None:
    if not origin.HasField("coordinates"):
        return None
    return origin.coordinates.latitude, origin.coordinates.longitude


def _place(at_location: Object) -> Place:
    location: Object = at_location.get("location", {})
    name = location.get("name", "")
    if location.get("location_type") == "virtual":
        name = f"{name} (online)" if name else "Online"
    access = [one.get("description") or one.get("details", "") for one in parts(location, "accessibility")]
    when = [*_when(at_location), *_when(location)]
    return Place(name, service_wording.address(location), [one for one in access if one], when)


def _phones(service: Object) -> list[tuple[str, str]]:
    """Numbers with what they are for; those of contacts and places too, each once."""
    found: dict[str, str] = {}
    for phone in parts(service, "phones"):
        found.setdefault(phone.get("number", ""), phone.get("description", ""))
    for contact in parts(service, "contacts"):
        for phone in parts(contact, "phones"):
            found.setdefault(phone.get("number", ""), contact.get("title") or contact.get("name", ""))
    for at_location in parts(service, "service_at_locations"):
        for phone in (*parts(at_location, "phones"), *parts(at_location.get("location", {}), "phones")):
            found.setdefault(phone.get("number", ""), phone.get("description", ""))
    for phone in parts(service.get("organization", {}), "phones"):
        found.setdefault(phone.get("number", ""), phone.get("description") or "The organisation")
    return [(number, what) for number, what in found.items() if number]


def _emails(service: Object) -> list[str]:
    found = [service.get("email"), *(one.get("email") for one in parts(service, "contacts"))]
    return list(dict.fromkeys(one for one in found if one))


def _paragraphs(text: Any) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _extract(text: str) -> str:
    flat = " ".join(text.split())
    if len(flat) <= _LONGEST_EXTRACT:
        return flat
    return flat[:_LONGEST_EXTRACT].rpartition(" ")[0] + " …"
