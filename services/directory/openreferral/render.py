"""Entries as the public reads them: the only maker of public JSON. Pure.

HSDS 3.0 in full, with the names that Open Referral UK uses besides; it validates against the profile's schemas.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID, uuid5

from google.protobuf.descriptor import Descriptor

from kith.directory.v1 import entry_pb2
from kith.directory.v1.publication_service_pb2 import PUBLICATION_KIND_SERVICE_AT_LOCATION
from services.directory.editing.entry import Entry
from services.directory.openreferral import confidentiality, vocabulary
from services.directory.openreferral.reading import OBJECTS, Document
from services.directory.openreferral.rules import is_mail_address
from services.directory.openreferral.shape import EMBEDDED, fields

SERVICE_AT_LOCATION: Final = int(PUBLICATION_KIND_SERVICE_AT_LOCATION)

_LEFT_OUT: Final = frozenset({"metadata", "last_modified", "assured_date", "assurer_email"})
"""Kith's own history stands in for a publisher's; the others are Kith's to say."""

# What HSDS 3.0 calls by one name and Open Referral UK by another, either of which a reader may look for.
_ALSO_CALLED: Final[Mapping[str, tuple[str, str]]] = {
    "Service": ("fees_description", "fees"),
    "ServiceArea": ("name", "service_area"),
    "Accessibility": ("description", "accessibility"),
    "TaxonomyTerm": ("name", "term"),
}
_TEMPORARILY_CLOSED: Final = "temporarily closed"

# Outside the list form: what has a list or an object of its own.
_SERVICE: Final = OBJECTS[entry_pb2.ENTRY_KIND_SERVICE]
_ORGANIZATION: Final = OBJECTS[entry_pb2.ENTRY_KIND_ORGANIZATION]
_LOCATION: Final = OBJECTS[entry_pb2.ENTRY_KIND_LOCATION]
_TERM: Final = OBJECTS[entry_pb2.ENTRY_KIND_TAXONOMY_TERM]

_VOCABULARY: Final = {
    **{one.id: vocabulary.term(one) for one in vocabulary.TERMS},
    **vocabulary.TAXONOMIES,
}

VOCABULARY_IDS: Final = frozenset(UUID(one) for one in _VOCABULARY)
"""Kith's own taxonomies and terms, which are shown as the program has them."""


@dataclass(frozen=True)
class Publication:
    """One object that the public may read. `kind` is a PublicationKind."""

    kind: int
    id: UUID
    entry_id: UUID
    organization_id: UUID | None
    full: dict[str, Any]
    list: dict[str, Any]

    @cached_property
    def etag(self) -> str:
        """What changes whenever the object does."""
        says = json.dumps([self.full, self.list], ensure_ascii=False, separators=(",", ":"))
        return blake2b(says.encode(), digest_size=16).hexdigest()

    def texts(self, modified_time: datetime) -> tuple[str, str]:
        """Return the full and the list form as JSON, services with the time at which they last changed."""
        stamp = modified_time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return self._text(self.full, stamp), self._text(self.list, stamp)

    def _text(self, value: dict[str, Any], stamp: str) -> str:
        if self.kind == entry_pb2.ENTRY_KIND_SERVICE:
            value = {**value, "last_modified": stamp}
        elif self.kind == SERVICE_AT_LOCATION:
            value = {**value, "service": {**value["service"], "last_modified": stamp}}
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def publications(entry: Entry, document: Document, linked: Mapping[str, Document]) -> list[Publication]:
    """Return what the public may read of an entry that may be shown: itself, and a service at each of its locations.

    `linked` are the documents of the entries it names, by id, of those that may be shown. Nothing at all is given of
    a confidential location, and of a service whose organization is not among them.
    """
    if confidentiality.is_confidential(entry.kind, document):
        if entry.kind == entry_pb2.ENTRY_KIND_LOCATION:
            return []
        # What editing refuses and importing takes out is held back here once more.
        document, _ = confidentiality.without({**document, "service_at_locations": []})
    if entry.kind == entry_pb2.ENTRY_KIND_SERVICE:
        return _services(entry, document, linked) if document["organization_id"] in linked else []
    shown = _Showing(linked)
    full = shown.object(OBJECTS[entry.kind], document, None)
    organization = (
        full["id"] if entry.kind == entry_pb2.ENTRY_KIND_ORGANIZATION else full.get("organization_id")
    )
    listed = shown.listed(OBJECTS[entry.kind], full)
    return [
        Publication(
            entry.kind, entry.id, entry.id, UUID(organization) if organization else None, full, listed
        )
    ]


def _services(entry: Entry, document: Document, linked: Mapping[str, Document]) -> list[Publication]:
    shown = _Showing(linked)
    full = shown.object(_SERVICE, document, None)
    organization = linked[document["organization_id"]]
    if confidentiality.is_confidential(entry.kind, document):
        # Where it has its seat may be where the refuge is, whatever its own page shows.
        organization, _ = confidentiality.without(organization)
    full["organization"] = shown.object(_ORGANIZATION, organization, None)
    full["attributes"] = [*full.get("attributes", ()), *_kith_attributes(entry, document, shown)]
    if entry.state == entry_pb2.Entry.STATE_TEMPORARILY_CLOSED:
        full["status"] = _TEMPORARILY_CLOSED
    if entry.assured_time is not None:
        full["assured_date"] = entry.assured_time.date().isoformat()
        if entry.assurer and is_mail_address(entry.assurer):
            full["assurer_email"] = entry.assurer
    if entry.unconfirmed_since is not None:
        since = f"Not confirmed as correct since {entry.unconfirmed_since:%-d %B %Y}."
        full["alert"] = f"{since} {full['alert']}" if "alert" in full else since
    listed = shown.listed(_SERVICE, full)
    listed["organization"] = shown.listed(_ORGANIZATION, full["organization"])
    organization_id = UUID(document["organization_id"])
    found = [Publication(entry.kind, entry.id, entry.id, organization_id, full, listed)]
    service = {name: value for name, value in full.items() if name != "service_at_locations"}
    for place in full.get("service_at_locations", ()):
        at_list = shown.listed(_AT_LOCATION, place)
        at_list |= {"location": shown.listed(_LOCATION, place["location"]), "service": listed}
        found.append(
            Publication(
                SERVICE_AT_LOCATION,
                UUID(place["id"]),
                entry.id,
                organization_id,
                {**place, "service": service},
                at_list,
            )
        )
    return found


def _kith_attributes(entry: Entry, document: Document, shown: "_Showing") -> list[dict[str, Any]]:
    terms = list(vocabulary.attributes(document))
    if entry.capacity is not None:
        terms.append((vocabulary.CAPACITIES[entry.capacity], _capacity(entry)))
    return [
        shown.attribute(
            {
                "id": str(uuid5(entry.id, f"{term.code} {value}")),
                "taxonomy_term_id": term.id,
                "link_type": term.link_type,
                **({"value": value} if value else {}),
            },
            str(entry.id),
            "service",
        )
        for term, value in terms
    ]


def _capacity(entry: Entry) -> str:
    waiting = [f"{entry.waiting_weeks} weeks"] if entry.waiting_weeks else []
    confirmed = [f"confirmed {entry.capacity_time.date().isoformat()}"] if entry.capacity_time else []
    return ", ".join(waiting + confirmed)


class _Showing:
    """Objects for the public, with those inside them that have entries of their own."""

    def __init__(self, linked: Mapping[str, Document]) -> None:
        self._linked = {**_VOCABULARY, **linked}

    def object(
        self, message: Descriptor, value: Mapping[str, Any], parent: tuple[str, str] | None
    ) -> dict[str, Any]:
        """Return the object; `parent` is the name and id of the one it is a part of."""
        embedded = EMBEDDED.get(message.name, {})
        me = (_snake(message.name), value["id"])
        shown: dict[str, Any] = {}
        for name, field in fields(message).items():
            if name in value and name not in embedded and name not in _LEFT_OUT:
                inner = value[name]
                if field.message is None:
                    shown[name] = inner
                elif not field.repeated:
                    shown[name] = self.object(field.message, inner, me)
                elif parts := self._parts(field.message, inner, me):
                    shown[name] = parts
            elif parent is not None and name == f"{parent[0]}_id":
                shown[name] = parent[1]
        _complete(message.name, shown)
        if message.name == _TERM.name and (taxonomy := self._linked.get(shown.get("taxonomy_id", ""))):
            shown["taxonomy"] = taxonomy["name"]
        return shown

    def listed(self, message: Descriptor, full: Mapping[str, Any]) -> dict[str, Any]:
        """Return the list form of an object in full: without what has parts."""
        own = _scalars(message)
        return {name: value for name, value in full.items() if name in own}

    def attribute(self, value: Mapping[str, Any], link_id: str, link_entity: str) -> dict[str, Any]:
        """Return a link to a term, with the term, which must be there."""
        shown = {"id": value["id"], "link_id": link_id, "link_entity": link_entity}
        shown |= {name: value[name] for name in fields(_ATTRIBUTE) if name in value and name not in _LEFT_OUT}
        shown["taxonomy_term"] = self.object(_TERM, self._linked[value["taxonomy_term_id"]], None)
        return shown

    def _parts(self, message: Descriptor, values: Any, me: tuple[str, str]) -> list[dict[str, Any]]:
        if message.name == _ATTRIBUTE.name:
            return [
                self.attribute(one, me[1], me[0]) for one in values if one["taxonomy_term_id"] in self._linked
            ]
        if message.name == _AT_LOCATION.name:
            return [
                self.object(message, one, me)
                | {"location": self.object(_LOCATION, self._linked[one["location_id"]], None)}
                for one in values
                if one["location_id"] in self._linked
            ]
        return [self.object(message, one, me) for one in values]


def _complete(name: str, shown: dict[str, Any]) -> None:
    if name in _ALSO_CALLED:
        for one, other in (_ALSO_CALLED[name], _ALSO_CALLED[name][::-1]):
            if one in shown:
                shown.setdefault(other, shown[one])
    if name == "Address":
        # Required by the standard, and nothing that an address in the United Kingdom has.
        shown.setdefault("state_province", "")


_AT_LOCATION: Final = fields(_SERVICE)["service_at_locations"].message or _SERVICE
_ATTRIBUTE: Final = fields(_SERVICE)["attributes"].message or _SERVICE


@cache
def _scalars(message: Descriptor) -> frozenset[str]:
    return frozenset(name for name, field in fields(message).items() if field.message is None)


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
