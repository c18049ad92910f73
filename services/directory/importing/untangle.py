"""A publisher's nested service taken apart into what the directory holds: organisation, locations, service. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid5

from kith.directory.v1.directory_pb2 import Service as ServiceMessage
from kith.directory.v1.entry_pb2 import (
    ENTRY_KIND_LOCATION,
    ENTRY_KIND_ORGANIZATION,
    ENTRY_KIND_SERVICE,
)
from services.directory.importing import json_text, kinds
from services.directory.importing.shape import Shaper
from services.directory.importing.source import LONGEST_PUBLISHER_ID, Problem, Record, Source

_COUNTRIES: Final = frozenset(
    {
        "uk",
        "united kingdom",
        "great britain",
        "england",
        "scotland",
        "wales",
        "northern ireland",
        "gbr",
        "eng",
    }
)
_MOST_LOCATIONS: Final = 200


@dataclass(slots=True)
class Untangled:
    """What came of one item: records, organisation and locations first, and the terms that nobody has mapped."""

    records: list[Record] = field(default_factory=list)
    unknown_terms: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(taxonomy, term) -> how often."""


def untangle(item: object, source: Source, position: str) -> Untangled:
    """Return the records of an item; `position` names it if it has no id. Never raises for what a publisher sends.

    An item that cannot be used is one record without a document, with the reason.
    """
    made = Untangled()
    publisher_id = _publisher_id(item)
    if not isinstance(item, dict) or not publisher_id:
        made.records.append(_unusable(uuid5(source.id, f"at {position}"), "", Problem("/id", "no_id")))
        return made
    id_ = source.entry_id("service", publisher_id)
    if found := json_text.fault(item):
        made.records.append(_unusable(id_, publisher_id, Problem(found[0], found[1].value)))
        return made
    _Untangling(item, publisher_id, source, made).run()
    return made


def unreadable(source: Source, publisher_id: str, reason: str) -> Record:
    """Return the record of a service that the publisher lists and does not hand out."""
    return _unusable(source.entry_id("service", publisher_id), publisher_id, Problem("", reason))


class _Untangling:
    def __init__(self, item: dict[str, Any], publisher_id: str, source: Source, made: Untangled) -> None:
        self._item = item
        self._publisher_id = publisher_id
        self._source = source
        self._made = made
        self._problems: list[Problem] = []
        self._kinds: list[ServiceMessage.Kind] = []
        self._shaper = Shaper(source, self._terms)

    def run(self) -> None:
        item, source = self._item, self._source
        given = item.get("organization")
        organization = given if isinstance(given, dict) else {}
        its_organization = self._organization(organization)
        id_ = source.entry_id("service", self._publisher_id)
        flat = {
            name: value
            for name, value in item.items()
            if name not in {"organization", "service_at_locations"}
        }
        document = self._shaper.whole("Service", flat, id_, "")
        hides = kinds.hides_its_place(item, organization)
        kind = kinds.kind_of(hides, self._kinds, source.default_kind)
        confidential = kind == ServiceMessage.KIND_DOMESTIC_ABUSE
        if its_organization is not None:
            document["organization_id"] = str(its_organization.id)
            if its_organization.document is not None:
                # Staging keeps one that also runs a service in the open.
                its_organization.confidential = confidential
                self._made.records.append(its_organization)
        if places := self._locations(id_, confidential=confidential):
            document["service_at_locations"] = places
        document["kith"] = {"kind": ServiceMessage.Kind.Name(kind)}
        if confidential:
            self._problems.append(Problem("", "place_left_out", fatal=False))
        self._made.records.append(
            Record(
                id_,
                ENTRY_KIND_SERVICE,
                self._publisher_id,
                _name(document),
                document,
                confidential,
                self._problems,
            )
        )

    def _organization(self, given: dict[str, Any]) -> Record | None:
        """Return the organization, without a document if it is only named; None if it is not even that."""
        publisher_id = _publisher_id(given) or _text(self._item.get("organization_id"))
        if not publisher_id:
            self._problems.append(Problem("/organization", "no_id"))
            return None
        id_ = self._source.entry_id("organization", publisher_id)
        if not given:
            return Record(id_, ENTRY_KIND_ORGANIZATION, publisher_id, "", None)
        document = self._shaper.whole("Organization", given, id_, "/organization")
        # HSDS requires one and publishers leave it out.
        document.setdefault("description", document.get("name", ""))
        return Record(id_, ENTRY_KIND_ORGANIZATION, publisher_id, _name(document), document)

    def _locations(self, service_id: UUID, *, confidential: bool) -> list[dict[str, Any]]:
        given = self._item.get("service_at_locations")
        made: list[dict[str, Any]] = []
        for index, link in enumerate(given[:_MOST_LOCATIONS] if isinstance(given, list) else ()):
            pointer = f"/service_at_locations/{index}"
            if not isinstance(link, dict):
                self._problems.append(Problem(pointer, "type"))
                continue
            location_id = self._location(link, pointer, confidential=confidential)
            if location_id is None:
                continue
            flat = {name: value for name, value in link.items() if name not in {"location", "service"}}
            shaped = self._shaper.whole(
                "ServiceAtLocation", flat, uuid5(service_id, f"at {location_id} {link.get('id')}"), pointer
            )
            shaped["location_id"] = str(location_id)
            shaped.pop("service_id", None)
            if shaped["id"] in {one["id"] for one in made}:
                self._problems.append(Problem(pointer, "duplicate_id", fatal=False))
                continue
            made.append(shaped)
        return made

    def _location(self, link: dict[str, Any], pointer: str, *, confidential: bool) -> UUID | None:
        given = link.get("location")
        place = given if isinstance(given, dict) else {}
        publisher_id = _publisher_id(place) or _text(link.get("location_id"))
        if not publisher_id:
            self._problems.append(Problem(f"{pointer}/location", "no_id"))
            return None
        id_ = self._source.entry_id("location", publisher_id)
        if place:
            document = self._shaper.whole("Location", place, id_, f"{pointer}/location")
            for address in document.get("addresses", ()):
                _in_the_united_kingdom(address)
            if confidential:
                document["kith"] = {"confidential": True}
            self._add(id_, ENTRY_KIND_LOCATION, publisher_id, document, confidential=confidential)
        return id_

    def _add(
        self, id_: UUID, kind: int, publisher_id: str, document: dict[str, Any], *, confidential: bool = False
    ) -> None:
        self._made.records.append(Record(id_, kind, publisher_id, _name(document), document, confidential))

    def _terms(self, given: Any, pointer: str) -> Any:
        """Replace the publisher's terms by ours; note those that nobody has mapped, and what kinds some stand for."""
        if not isinstance(given, list):
            return given
        made = []
        for index, attribute in enumerate(given):
            if not isinstance(attribute, dict):
                made.append(attribute)
                continue
            names, taxonomy = _names(attribute)
            known = self._source.known_terms
            found = next(
                (
                    known[key]
                    for within in (taxonomy.casefold(), "")
                    for name in names
                    if (key := (within, name.casefold())) in known
                ),
                None,
            )
            if found is None:
                self._problems.append(Problem(f"{pointer}/{index}", "unknown_term", fatal=False))
                self._made.unknown_terms[taxonomy[:200], (names[-1] if names else "")[:200]] += 1
                continue
            if found.kind:
                self._kinds.append(found.kind)
            if found.taxonomy_term_id is not None:
                link = _attribute(attribute, found.taxonomy_term_id)
                # Several terms of theirs may be one of ours.
                made += [link] if link not in made else []
        return made


def _names(attribute: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return by what a term may be known, its best name last, and its taxonomy."""
    term = attribute.get("taxonomy_term")
    if not isinstance(term, dict):
        term = {}
    fields = (attribute.get("taxonomy_term_id"), term.get("id"), term.get("term_uri"), term.get("code"))
    names = [text for value in (*fields, term.get("term"), term.get("name")) if (text := _text(value))]
    return names, _text(term.get("taxonomy")) or _text(term.get("taxonomy_id"))


def _attribute(given: Mapping[str, Any], term_id: UUID) -> dict[str, Any]:
    """Return a link to our term, without an id: it gets one by what it says."""
    link_type = _text(given.get("link_type"))
    return {"taxonomy_term_id": str(term_id)} | ({"link_type": link_type} if link_type else {})


def _in_the_united_kingdom(address: dict[str, Any]) -> None:
    """Fill in what the standard requires and publishers of this country leave out."""
    if str(address.get("country", "GB")).casefold() in _COUNTRIES:
        address["country"] = "GB"
    address.setdefault("country", "GB")
    address.setdefault("state_province", "-")
    address.setdefault("address_type", "physical")


def _unusable(id_: UUID, publisher_id: str, problem: Problem) -> Record:
    return Record(id_, ENTRY_KIND_SERVICE, publisher_id, "", None, problems=[problem])


def _publisher_id(item: object) -> str:
    return _text(item.get("id")) if isinstance(item, dict) else ""


def _text(value: object) -> str:
    """Return an id or a name as text; empty if it is none that can be kept."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text.strip() if len(text) <= LONGEST_PUBLISHER_ID and json_text.storable(text) else ""


def _name(document: Mapping[str, Any]) -> str:
    return str(document.get("name", ""))[:200]
