"""Confidential places in the course of editing: who may end it, and what goes when it begins."""

from dataclasses import replace
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.chassis.database import Connection
from services.directory.editing import store
from services.directory.editing.actor import Actor
from services.directory.editing.entry import Entry, Revision
from services.directory.openreferral import confidentiality
from services.directory.openreferral.faults import Fault
from services.directory.openreferral.reading import KITH, Document
from services.directory.refusals import ConfidentialPlace, EditorNeeded

_ALL_AT_ONCE = 2**31


async def check(connection: Connection, actor: Actor, entry: Entry, document: Document) -> None:
    """Raise EditorNeeded if only an editor may say this, ConfidentialPlace if it tells where a refuge is.

    Only an editor declares public what is confidential: by its kind, or as it was before.
    """
    if confidentiality.is_confidential(entry.kind, document):
        return
    before = [*(await store.documents(connection, [entry.id])).values()]
    before += (await store.latest_documents(connection, [entry.id])).values()
    was_confidential = any(confidentiality.is_confidential(entry.kind, one) for one in before)
    was_declared = any(confidentiality.declares_public(entry.kind, one) for one in before)
    declares = confidentiality.declares_public(entry.kind, document) and not was_declared
    if (was_confidential or declares) and not actor.is_editor:
        raise EditorNeeded
    if entry.kind == entry_pb2.ENTRY_KIND_LOCATION and (telling := confidentiality.telling(document)):
        await _check_location(connection, entry.id, telling)


async def begin(connection: Connection, entry: Entry, document: Document) -> bool:
    """Take what tells where it is from every earlier revision of an entry that is confidential from now on.

    Whoever learns of a danger need not wait for an editor: it goes at once and for good. So do the places of a service
    that are its organisation's and no other service's. Returns whether anything went; then the entry is to be published
    anew, and with it its places.
    """
    if not confidentiality.is_confidential(entry.kind, document):
        return False
    return await _forget(connection, entry)


async def forget_organization(connection: Connection, entry: Entry) -> None:
    """Take what tells where it is from all revisions of an organization up to the latest that `entry` has.

    For one whose services have all become confidential.
    """
    earlier = await store.revisions(connection, entry.id, entry.latest_revision + 1, _ALL_AT_ONCE)
    await store.hide(connection, [_cleaned(one) for one in earlier])
    await store.forget_imported(connection, entry.id)


async def _forget(connection: Connection, entry: Entry) -> bool:
    open_ones = [
        one
        for one in await store.revisions(connection, entry.id, _ALL_AT_ONCE, _ALL_AT_ONCE)
        if not confidentiality.is_confidential(entry.kind, one.document)
    ]
    await store.hide(connection, [_hidden(one) for one in open_ones])
    if not open_ones:
        return False
    await store.forget_imported(connection, entry.id)
    places = {at["location_id"] for one in open_ones for at in one.document.get("service_at_locations", ())}
    for place in await store.lock_entries(connection, {UUID(one) for one in places}):
        await _forget_place(connection, entry, place)
    return True


async def _forget_place(connection: Connection, entry: Entry, place_id: UUID) -> None:
    place = (await store.entries(connection, [place_id]))[place_id]
    named_by = {UUID(one["id"]) for one in await store.services_at(connection, place_id)} - {entry.id}
    others = (await store.entries(connection, named_by)).values()
    needed = any(one.state != entry_pb2.Entry.STATE_WITHDRAWN for one in others)
    if place.organisation_id == entry.organisation_id and not needed:
        await _forget(connection, place)


def _hidden(revision: Revision) -> Revision:
    cleaned = _cleaned(revision)
    document = dict(cleaned.document)
    document.pop("service_at_locations", None)
    document[KITH] = {**document.get(KITH, {}), "confidential": True}
    return replace(cleaned, document=document)


def _cleaned(revision: Revision) -> Revision:
    document, _ = confidentiality.without(revision.document)
    reviewed = revision.review_note
    return replace(
        revision,
        document=document,
        note=confidentiality.hidden(revision.note),
        review_note=None if reviewed is None else confidentiality.hidden(reviewed),
    )


async def _check_location(connection: Connection, location_id: UUID, telling: list[Fault]) -> None:
    """Refuse that a location tells where it is while a confidential service names it."""
    for document in await store.services_at(connection, location_id):
        if confidentiality.is_confidential(entry_pb2.ENTRY_KIND_SERVICE, document):
            raise ConfidentialPlace(telling)
