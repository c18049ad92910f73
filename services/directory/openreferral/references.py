"""Which other entries a document names. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.directory.openreferral import reading
from services.directory.openreferral.faults import step


class Reference(NamedTuple):
    """A named entry: where it is named, which it is and of which kind it has to be."""

    pointer: str
    id: UUID
    kind: entry_pb2.EntryKind


_NAMED = {
    ("Organization", "parent_organization_id"): entry_pb2.ENTRY_KIND_ORGANIZATION,
    ("Service", "organization_id"): entry_pb2.ENTRY_KIND_ORGANIZATION,
    ("ServiceAtLocation", "location_id"): entry_pb2.ENTRY_KIND_LOCATION,
    ("Location", "organization_id"): entry_pb2.ENTRY_KIND_ORGANIZATION,
    ("Attribute", "taxonomy_term_id"): entry_pb2.ENTRY_KIND_TAXONOMY_TERM,
    ("TaxonomyTerm", "parent_id"): entry_pb2.ENTRY_KIND_TAXONOMY_TERM,
    ("TaxonomyTerm", "taxonomy_id"): entry_pb2.ENTRY_KIND_TAXONOMY,
}


def references(kind: int, document: dict[str, Any]) -> Iterator[Reference]:
    """Give the entries that a document without faults names."""
    for message, part, pointer in reading.parts(reading.OBJECTS[kind], document, ""):
        for (name, field), named in _NAMED.items():
            if message.name == name and field in part:
                yield Reference(step(pointer, field), UUID(part[field]), named)
