"""Entries and revisions as the contract shows them, and documents in both forms. Pure."""

from typing import Any, Final
from uuid import UUID

from google.protobuf import json_format
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from kith.directory.v1 import entry_pb2
from services.directory.editing.entry import Entry, Revision
from services.directory.openreferral.reading import KITH, Document

_OBJECTS: Final = {
    "organization": entry_pb2.ENTRY_KIND_ORGANIZATION,
    "service": entry_pb2.ENTRY_KIND_SERVICE,
    "location": entry_pb2.ENTRY_KIND_LOCATION,
    "taxonomy": entry_pb2.ENTRY_KIND_TAXONOMY,
    "taxonomy_term": entry_pb2.ENTRY_KIND_TAXONOMY_TERM,
}
_NAMES: Final = {kind: name for name, kind in _OBJECTS.items()}
_FACTS: Final = {
    entry_pb2.ENTRY_KIND_SERVICE: "service_facts",
    entry_pb2.ENTRY_KIND_LOCATION: "location_facts",
}


def value(document: entry_pb2.Document) -> tuple[entry_pb2.EntryKind, dict[str, Any]]:
    """Return the kind of a document of the contract, which has been validated, and its JSON, still to be read."""
    name = document.WhichOneof("object")
    if name is None:
        raise ValueError("a document without an object")
    kind = _OBJECTS[name]
    found = _json(getattr(document, name))
    for of_kind, field in _FACTS.items():
        if document.HasField(field):
            # Facts of another kind are a fault that the reader finds.
            found[KITH if of_kind == kind else field] = _json(getattr(document, field))
    return kind, found


def document(kind: entry_pb2.EntryKind, stored: Document) -> entry_pb2.Document:
    """Return a stored document as the contract has it."""
    message = entry_pb2.Document()
    own = {name: inner for name, inner in stored.items() if name != KITH}
    json_format.ParseDict(own, getattr(message, _NAMES[kind]))
    if kind in _FACTS:
        facts = getattr(message, _FACTS[kind])
        facts.SetInParent()
        json_format.ParseDict(stored.get(KITH, {}), facts)
    return message


def entry(one: Entry, display_name: str) -> entry_pb2.Entry:
    """Return the entry's message."""
    message = entry_pb2.Entry(
        id=str(one.id),
        kind=one.kind,
        organisation_id=_id(one.organisation_id),
        source_id=_id(one.source_id),
        display_name=display_name,
        state=one.state,
        published_revision=one.published_revision or 0,
        latest_revision=one.latest_revision,
        etag=one.etag,
    )
    for field, time in (
        ("visible_start_time", one.visible_from),
        ("visible_end_time", one.visible_until),
        ("assured_time", one.assured_time),
        ("vanished_time", one.vanished_time),
        ("update_time", one.update_time),
    ):
        if time is not None:
            getattr(message, field).FromDatetime(time)
    if (due := one.review_due_date) is not None:
        message.review_due_date.CopyFrom(Date(year=due.year, month=due.month, day=due.day))
    if one.capacity is not None:
        message.capacity.state = one.capacity
        message.capacity.waiting_weeks = one.waiting_weeks or 0
        if one.capacity_time is not None:
            message.capacity.confirm_time.FromDatetime(one.capacity_time)
    return message


def revision(one: Revision, kind: entry_pb2.EntryKind | None = None) -> entry_pb2.Revision:
    """Return the revision's message; with its document if the kind of its entry is given."""
    message = entry_pb2.Revision(
        entry_id=str(one.entry_id),
        number=one.number,
        state=one.state,
        author=one.author,
        author_organisation_id=_id(one.author_organisation_id),
        note=one.note,
        reviewer=one.reviewer or "",
        review_note=one.review_note or "",
    )
    message.create_time.FromDatetime(one.create_time)
    if one.review_time is not None:
        message.review_time.FromDatetime(one.review_time)
    for pointer, origin in sorted(one.provenance.items()):
        year, month, day = (int(part) for part in origin["date"].split("-"))
        message.provenance.add(
            pointer=pointer, source=origin["source"], date=Date(year=year, month=month, day=day)
        )
    if kind is not None:
        message.document.CopyFrom(document(kind, one.document))
    return message


def _json(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _id(one: UUID | None) -> str:
    return "" if one is None else str(one)
