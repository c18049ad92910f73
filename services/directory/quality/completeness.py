"""How much of what readers need an entry says, by the weights of the policy (SD-1, SD-6, SD-8). Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.directory.quality.checks import SHORTEST_DESCRIPTION, parts
from services.directory.quality.policy import Part

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completeness:
    """`score` in per cent of the weights that apply to the entry, and what is missing, the weightiest first."""

    score: int
    missing: tuple[Part, ...]


def of(table: Sequence[Part], document: Document, locations: Sequence[Document] = ()) -> Completeness:
    """Return how complete a document is; `locations` are those of the places it names.

    Raises KeyError for a part of the policy that is not known here: `unknown` tells before.
    """
    applying = [(part, said) for part in table if (said := _SAYS[part.code](document, locations)) is not None]
    whole = sum(part.weight for part, _ in applying)
    has = sum(part.weight for part, said in applying if said)
    missing = sorted((part for part, said in applying if not said), key=lambda part: -part.weight)
    return Completeness(100 * has // whole if whole else 100, tuple(missing))


def unknown(tables: Mapping[Any, Sequence[Part]]) -> list[str]:
    """Return the codes of a policy that nothing here looks for."""
    return [part.code for table in tables.values() for part in table if part.code not in _SAYS]


def _described(document: Document, _: Sequence[Document]) -> bool:
    return len((document.get("description") or "").strip()) >= SHORTEST_DESCRIPTION


def _reachable(document: Document, _: Sequence[Document]) -> bool:
    if document.get("email") or any(True for _ in parts(document, "phones")):
        return True
    contacts = [contact for contact, _ in parts(document, "contacts")]
    return any(contact.get("email") or contact.get("phones") for contact in contacts)


def _costs(document: Document, _: Sequence[Document]) -> bool:
    return bool(document.get("cost_options") or document.get("fees_description") or document.get("fees"))


def _placed(document: Document, _: Sequence[Document]) -> bool | None:
    if _confidential(document):
        return None
    online = any(schedule.get("attending_type") for schedule, _ in parts(document, "schedules"))
    return online or bool(document.get("service_at_locations"))


def _accessible(document: Document, locations: Sequence[Document]) -> bool | None:
    if "location_type" in document:
        return None if document["location_type"] == "virtual" else bool(document.get("accessibility"))
    physical = [place for place in locations if place.get("location_type") != "virtual"]
    if not physical:
        return None
    return all(place.get("accessibility") for place in physical)


def _addressed(document: Document, _: Sequence[Document]) -> bool | None:
    if _confidential(document):
        return None
    if document.get("location_type") == "virtual":
        return True
    return any(address.get("postal_code") for address in document.get("addresses") or ())


def _found_by_distance(document: Document, _: Sequence[Document]) -> bool | None:
    if _confidential(document) or document.get("location_type") == "virtual":
        return None
    return document.get("latitude") is not None and document.get("longitude") is not None


def _eligible(document: Document, _: Sequence[Document]) -> bool:
    described = bool(document.get("eligibility_description"))
    return described or any(
        "eligib" in (one.get("link_type") or "") for one in document.get("attributes") or ()
    )


def _assessment(document: Document, _: Sequence[Document]) -> bool:
    facts = document.get("kith") or {}
    # Whoever accepts one says which form is needed or how it goes on; a plain refusal is said in the route.
    return bool(facts.get("accepts_assessment") or facts.get("referral_form") or facts.get("referral_route"))


def _confidential(document: Document) -> bool:
    facts = document.get("kith") or {}
    confidential = facts.get("confidential")
    return bool(facts.get("kind") == "KIND_DOMESTIC_ABUSE" if confidential is None else confidential)


def _says(*names: str) -> Callable[[Document, Sequence[Document]], bool | None]:
    return lambda document, _: any(document.get(name) not in (None, "", [], ()) for name in names)


def _kith_says(name: str) -> Callable[[Document, Sequence[Document]], bool | None]:
    return lambda document, _: bool((document.get("kith") or {}).get(name))


# For each code of the policy whether a document says it; None where it does not apply.
_SAYS: Final[Mapping[str, Callable[[Document, Sequence[Document]], bool | None]]] = {
    "description": _described,
    "contact": _reachable,
    "ages": _says("minimum_age", "maximum_age"),
    "cost": _costs,
    "schedule": lambda document, _: any(True for _ in parts(document, "schedules")),
    "area": lambda document, _: any(True for _ in parts(document, "service_areas")),
    "place": _placed,
    "accessibility": _accessible,
    "eligibility": _eligible,
    "referral_route": lambda document, _: bool(
        document.get("application_process") or (document.get("kith") or {}).get("referral_route")
    ),
    "assessment": _assessment,
    "exclusions": _kith_says("exclusions"),
    "need": _says("attributes"),
    "languages": _says("languages", "interpretation_services"),
    "url": _says("url", "website"),
    "identifier": _says("organization_identifiers", "uri"),
    "address": _addressed,
    "coordinates": _found_by_distance,
    "transportation": _says("transportation"),
}
