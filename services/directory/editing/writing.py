"""Documents taken in: read, held to the rules of confidential places, their references looked up."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.chassis.database import Connection
from services.directory.editing import store
from services.directory.editing.entry import Entry, Revision
from services.directory.openreferral import confidentiality, reading
from services.directory.openreferral.faults import Fault, step
from services.directory.openreferral.reading import Document
from services.directory.openreferral.references import references
from services.directory.openreferral.vocabulary import TAXONOMIES, TERMS
from services.directory.refusals import ConfidentialPlace, DocumentInvalid, UnknownReference

_OWN_VOCABULARY = {UUID(term.id): entry_pb2.ENTRY_KIND_TAXONOMY_TERM for term in TERMS} | {
    UUID(one): entry_pb2.ENTRY_KIND_TAXONOMY for one in TAXONOMIES
}


def taken(kind: int, value: Mapping[str, Any], entry_id: UUID, note: str = "") -> Document:
    """Return the document in its standard form. Raises DocumentInvalid, ConfidentialPlace.

    Of a confidential place nothing is taken that tells where it is, in the note neither.
    """
    found = reading.read(kind, value, entry_id)
    if found.faults:
        raise DocumentInvalid(found.faults)
    if confidentiality.is_confidential(kind, found.document):
        telling = confidentiality.telling(found.document)
        if confidentiality.tells(note):
            telling.append(Fault("note", "confidential", "tells where a confidential place is"))
        if telling:
            raise ConfidentialPlace(telling)
    return found.document


async def check_references(connection: Connection, kind: int, document: Document) -> None:
    """Raise UnknownReference where the document names what is not there, or a place that a refuge may not name.

    A confidential service is only at locations that are confidential too, or nowhere on the ground.
    """
    named = list(references(kind, document))
    known = await store.entries(connection, [reference.id for reference in named])
    kinds = {one: entry.kind for one, entry in known.items()} | _OWN_VOCABULARY
    faults = [
        Fault(reference.pointer, "reference", "is not there")
        for reference in named
        if kinds.get(reference.id) != reference.kind
    ]
    if faults:
        raise UnknownReference(faults)
    if confidentiality.is_confidential(kind, document):
        locations = [one for one in named if one.kind == entry_pb2.ENTRY_KIND_LOCATION]
        # Nobody gives one an address meanwhile.
        await store.hold(connection, [one.id for one in locations])
        told = await store.latest_documents(connection, [one.id for one in locations])
        telling = [
            Fault(one.pointer, "confidential", "tells where a confidential place is")
            for one in locations
            if not _nowhere(told[one.id])
        ]
        if telling:
            raise ConfidentialPlace(telling)


def _nowhere(location: Document) -> bool:
    """Whether a location tells nothing of where it is."""
    confidential = confidentiality.is_confidential(entry_pb2.ENTRY_KIND_LOCATION, location)
    return confidential or (location["location_type"] == "virtual" and not confidentiality.telling(location))


def new_entry(
    entry_id: UUID, kind: entry_pb2.EntryKind, organisation_id: UUID | None, now: datetime
) -> Entry:
    """Return an entry that was never published, with one revision."""
    return Entry(
        id=entry_id,
        kind=kind,
        organisation_id=organisation_id,
        source_id=None,
        state=entry_pb2.Entry.STATE_DRAFT,
        published_revision=None,
        latest_revision=1,
        visible_from=None,
        visible_until=None,
        assured_time=None,
        assurer=None,
        review_due_date=None,
        unconfirmed_since=None,
        vanished_time=None,
        capacity=None,
        waiting_weeks=None,
        capacity_time=None,
        update_time=now,
    )


def new_revision(
    entry: Entry,
    document: Document,
    *,
    author: str,
    organisation_id: UUID | None,
    note: str,
    provenance: Mapping[str, Any],
) -> Revision:
    """Return the latest revision of the entry, a draft."""
    return Revision(
        entry_id=entry.id,
        number=entry.latest_revision,
        document=document,
        state=entry_pb2.Revision.STATE_DRAFT,
        author=author,
        author_organisation_id=organisation_id,
        submitter=None,
        note=note,
        create_time=entry.update_time,
        reviewer=None,
        review_note=None,
        review_time=None,
        provenance=provenance,
    )


def provenance(organisation_id: UUID | None, now: datetime) -> dict[str, Any]:
    """Return that the whole document comes from an organisation, None for the operator."""
    source = str(organisation_id) if organisation_id is not None else ""
    return {"": {"source": source, "date": now.date().isoformat()}}


def edited(
    before: Revision | None, document: Document, organisation_id: UUID | None, now: datetime
) -> dict[str, Any]:
    """Return where the parts of an edited document come from: what the edit left as it was comes from where it did.

    A part is a member of the document, or of Kith's facts in it.
    """
    origin = provenance(organisation_id, now)
    if before is None:
        return origin
    kept = dict(before.provenance)
    was, is_now = dict(_members(before.document)), dict(_members(document))
    for pointer in was.keys() | is_now.keys():
        if was.get(pointer) != is_now.get(pointer):
            kept = {one: said for one, said in kept.items() if not f"{one}/".startswith(f"{pointer}/")}
            kept[pointer] = origin[""]
    return kept


def _members(document: Document) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if name == reading.KITH:
            yield from ((step(f"/{name}", inner), fact) for inner, fact in value.items())
        else:
            yield step("", name), value
