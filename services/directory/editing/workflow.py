"""What becomes of entries, each in the caller's transaction, with the lock of the entry's row."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.chassis.database import Connection
from services.chassis.errors import PermissionDenied
from services.directory.editing import secrecy, store, writing
from services.directory.editing.actor import Actor
from services.directory.editing.entry import Entry, Revision
from services.directory.editing.publishing import publish
from services.directory.openreferral import confidentiality
from services.directory.openreferral.faults import Fault
from services.directory.openreferral.reading import Document
from services.directory.openreferral.render import VOCABULARY_IDS
from services.directory.refusals import (
    ConfidentialPlace,
    DocumentInvalid,
    EntryExists,
    EtagMismatch,
    RevisionNotFound,
)

VOCABULARIES = frozenset({entry_pb2.ENTRY_KIND_TAXONOMY, entry_pb2.ENTRY_KIND_TAXONOMY_TERM})


async def create(
    connection: Connection,
    actor: Actor,
    kind: entry_pb2.EntryKind,
    entry_id: UUID,
    owner: UUID | None,
    value: Mapping[str, Any],
    note: str,
    now: datetime,
) -> Entry:
    """Create an entry with its first revision, a draft.

    `owner` None: the actor's organisation, or for an operator without one the organization of the document. Raises
    DocumentInvalid, ConfidentialPlace, UnknownReference, EditorNeeded, EntryExists, PermissionDenied.
    """
    document = writing.taken(kind, value, entry_id, note)
    organisation_id = (
        None if kind in VOCABULARIES else owner or actor.organisation_id or _organization(document)
    )
    if not actor.owns(organisation_id):
        raise PermissionDenied
    entry = writing.new_entry(entry_id, kind, organisation_id, now)
    await _check(connection, actor, entry, document)
    revision = writing.new_revision(
        entry,
        document,
        author=actor.id,
        organisation_id=actor.organisation_id,
        note=note,
        provenance=writing.provenance(organisation_id, now),
    )
    if not await store.add_entry(connection, entry, revision):
        raise EntryExists
    return entry


async def update(
    connection: Connection,
    actor: Actor,
    entry_id: UUID,
    kind: entry_pb2.EntryKind,
    value: Mapping[str, Any],
    note: str,
    etag: str,
    now: datetime,
) -> Entry:
    """Add a revision, a draft. Raises as `create`, and EtagMismatch."""
    entry = await _held(connection, actor, entry_id, etag)
    if kind != entry.kind:
        raise DocumentInvalid([Fault("", "kind", "must be of the same kind as before")])
    document = writing.taken(kind, value, entry_id, note)
    await _check(connection, actor, entry, document)
    before = await store.revision(connection, entry.id, entry.published_revision or entry.latest_revision)
    await store.supersede(connection, entry.id)
    hidden = await secrecy.begin(connection, entry, document)
    entry = entry.revised(now)
    revision = writing.new_revision(
        entry,
        document,
        author=actor.id,
        organisation_id=actor.organisation_id,
        note=note,
        provenance=writing.edited(before, document, entry.organisation_id, now),
    )
    await store.add_revisions(connection, [revision])
    await store.change_entries(connection, [entry])
    if hidden:
        await publish(connection, [entry.id], now)
    return entry


async def submit(
    connection: Connection, actor: Actor, entry_id: UUID, number: int, now: datetime
) -> tuple[Entry, Revision]:
    """Hand a draft to the editors. Raises RevisionNotFound, RevisionStands."""
    entry = await _held(connection, actor, entry_id)
    revision = (await _revision(connection, entry, number)).submitted(actor.id)
    return await _store(connection, entry.touched(now), revision)


async def approve(
    connection: Connection, actor: Actor, entry_id: UUID, number: int, note: str, now: datetime
) -> tuple[Entry, Revision]:
    """Publish a submission.

    Raises RevisionNotFound, RevisionStands, OwnSubmission, UnknownReference, ConfidentialPlace.
    """
    entry = await _held(connection, actor, entry_id)
    revision = (await _revision(connection, entry, number)).approved(actor.id, note, now)
    _check_note(entry, revision)
    # What it names, and what is confidential, may have changed since it was written.
    await _check(connection, actor, entry, revision.document)
    stored = await _store(connection, entry.published(number, now), revision)
    await publish(connection, [entry.id], now)
    return stored


async def reject(
    connection: Connection, actor: Actor, entry_id: UUID, number: int, note: str, now: datetime
) -> tuple[Entry, Revision]:
    """Reject a submission. Raises RevisionNotFound, RevisionStands, OwnSubmission, ConfidentialPlace for the note."""
    entry = await _held(connection, actor, entry_id)
    revision = (await _revision(connection, entry, number)).rejected(actor.id, note, now)
    _check_note(entry, revision)
    return await _store(connection, entry.touched(now), revision)


async def withdraw(connection: Connection, actor: Actor, entry_id: UUID, etag: str, now: datetime) -> Entry:
    """Take the entry from the public; what waits for a decision is superseded. Raises EtagMismatch."""
    entry = await _held(connection, actor, entry_id, etag)
    withdrawn = entry.withdrawn(now)
    if withdrawn is not entry:
        await store.supersede(connection, entry.id)
    return await _turn(connection, entry, withdrawn, now)


async def turn(
    connection: Connection,
    actor: Actor,
    entry_id: UUID,
    turned: Callable[[Entry], Entry],
    now: datetime,
    etag: str = "",
) -> Entry:
    """Change where the entry stands, by what `turned` makes of it. Raises what that raises, and EtagMismatch."""
    entry = await _held(connection, actor, entry_id, etag)
    return await _turn(connection, entry, turned(entry), now)


async def _turn(connection: Connection, before: Entry, after: Entry, now: datetime) -> Entry:
    if after is not before:
        await store.change_entries(connection, [after])
        await publish(connection, [after.id], now)
    return after


async def _held(connection: Connection, actor: Actor, entry_id: UUID, etag: str = "") -> Entry:
    entry = actor.must_own((await store.lock_entries(connection, [entry_id])).get(entry_id))
    if entry_id in VOCABULARY_IDS:
        # The same in every Kith.
        raise PermissionDenied
    if etag and etag != entry.etag:
        raise EtagMismatch
    return entry


async def _revision(connection: Connection, entry: Entry, number: int) -> Revision:
    revision = await store.revision(connection, entry.id, number)
    if revision is None:
        raise RevisionNotFound
    return revision


async def _store(connection: Connection, entry: Entry, revision: Revision) -> tuple[Entry, Revision]:
    await store.change_revision(connection, revision)
    await store.change_entries(connection, [entry])
    return entry, revision


async def _check(connection: Connection, actor: Actor, entry: Entry, document: Document) -> None:
    await writing.check_references(connection, entry.kind, document)
    await secrecy.check(connection, actor, entry, document)
    if "organization_id" in document and not actor.is_editor:
        # Nobody speaks in the name of another organisation.
        named = UUID(document["organization_id"])
        if not actor.owns((await store.entries(connection, [named]))[named].organisation_id):
            raise PermissionDenied


def _check_note(entry: Entry, revision: Revision) -> None:
    confidential = confidentiality.is_confidential(entry.kind, revision.document)
    if confidential and confidentiality.tells(revision.review_note or ""):
        raise ConfidentialPlace([Fault("note", "confidential", "tells where a confidential place is")])


def _organization(document: Document) -> UUID:
    return UUID(document.get("organization_id", document["id"]))
