"""What the public may read, made anew when something changes.

One transaction publishes at a time, until it commits. So whoever comes later reads all that was published before, and
makes anew what stands in several: an entry and the location it names, changed at once, end up with both changes.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kith.directory.v1 import entry_pb2
from kith.directory.v1.directory_pb2 import Service as ServiceMessage
from services.chassis import outbox
from services.chassis.database import Connection
from services.chassis.outbox import Event
from services.directory import events
from services.directory import store as rows
from services.directory.editing import publication_store, store
from services.directory.editing.entry import Entry
from services.directory.entries import Service
from services.directory.openreferral import confidentiality, render
from services.directory.openreferral.reading import Document
from services.directory.openreferral.references import references
from services.directory.openreferral.render import Publication

_SERVICE = entry_pb2.ENTRY_KIND_SERVICE
_LOCATION = entry_pb2.ENTRY_KIND_LOCATION
# Rendered without a pause in between, some tens of milliseconds.
_AT_ONCE = 200


class _Subject(NamedTuple):
    """An entry and what its published revision says."""

    entry: Entry
    document: Document

    def names(self) -> set[UUID]:
        """Return the entries that stand in its publications."""
        found = {reference.id for reference in references(self.entry.kind, self.document)}
        # Kith's own terms are known without asking.
        found -= render.VOCABULARY_IDS
        return found - self.locations() if self._is_confidential() else found

    def locations(self) -> set[UUID]:
        """Return where a service says it is."""
        return {UUID(at["location_id"]) for at in self.document.get("service_at_locations", ())}

    def _is_confidential(self) -> bool:
        """Whether it is shown at no location, and makes none public."""
        return confidentiality.is_confidential(self.entry.kind, self.document)


async def publish(connection: Connection, entry_ids: Collection[UUID], now: datetime) -> None:
    """Make the publications of entries, and of those in which they stand, what they have to be at `now`.

    Whatever an entry's row and published revision say in this transaction is taken; what does not change a
    publication is not written, so a second call does nothing. Writes the events of services, and the row of a service
    of the partnership. Wake the relay after the commit.
    """
    # Before the turn: whoever has it waits for nobody's row.
    await store.hold(connection, entry_ids)
    await publication_store.take_turn(connection)
    await publication_store.set_in_time(connection, entry_ids, now)
    locations = await publication_store.embedded(connection, entry_ids, _LOCATION)
    affected = [*dict.fromkeys([*entry_ids, *await publication_store.embedders(connection, entry_ids)])]
    for start in range(0, len(affected), _AT_ONCE):
        locations |= await _make(connection, affected[start : start + _AT_ONCE], now)
    # Whether a location is public hangs on what has just been written.
    places = sorted(locations)
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        served = await publication_store.served(connection, some, _SERVICE)
        subjects = await _subjects(connection, some)
        await _write(connection, subjects, await _linked(connection, subjects, now), now, served)


async def _make(connection: Connection, ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Make what is not a location, and return the locations: those given, and those that services name."""
    subjects = await _subjects(connection, ids)
    linked = await _linked(connection, subjects, now)
    others = {one: subject for one, subject in subjects.items() if subject.entry.kind != _LOCATION}
    await _write(connection, others, linked, now)
    services = [subject for subject in others.values() if subject.entry.kind == _SERVICE]
    return (subjects.keys() - others.keys()) | {name for one in services for name in one.locations()}


async def _subjects(connection: Connection, ids: Collection[UUID]) -> dict[UUID, _Subject]:
    """Return the entries that have a published revision, with it."""
    found = await store.published(connection, ids) if ids else {}
    return {one: _Subject(entry, document) for one, (entry, document) in found.items()}


async def _linked(
    connection: Connection, subjects: Mapping[UUID, _Subject], now: datetime
) -> dict[str, Document]:
    """Return the documents of all that may be shown as a part of another: what is named, and what that names."""
    known = dict(subjects)
    wanted = _all_names(known.values()) - known.keys()
    while wanted:
        found = await _subjects(connection, wanted)
        known |= found
        # Of what is named by a part only the vocabulary of a term is shown.
        terms = [s for s in found.values() if s.entry.kind == entry_pb2.ENTRY_KIND_TAXONOMY_TERM]
        wanted = _all_names(terms) - known.keys() - wanted
    return {
        str(one): subject.document
        for one, subject in known.items()
        if subject.entry.carries(now)
        and not confidentiality.is_confidential(subject.entry.kind, subject.document)
    }


def _all_names(subjects: Iterable[_Subject]) -> set[UUID]:
    return {name for subject in subjects for name in subject.names()}


async def _write(
    connection: Connection,
    subjects: Mapping[UUID, _Subject],
    linked: Mapping[str, Document],
    now: datetime,
    served: Collection[UUID] | None = None,
) -> None:
    """Write what differs from what is there; `served` are the locations that may be shown, None for others."""
    if not subjects:
        return
    made: list[Publication] = []
    links: list[tuple[UUID, UUID]] = []
    for one, subject in subjects.items():
        if subject.document and subject.entry.shown(now) and (served is None or one in served):
            made += render.publications(subject.entry, subject.document, linked)
        # Links do not hang on whether it is shown: what is named may be what it waits for.
        links += [(one, name) for name in _transitive(subject, linked)] if subject.document else []
    before = {
        (row["kind"], row["id"]): row for row in await publication_store.publications(connection, subjects)
    }
    changed = [
        one
        for one in made
        if (row := before.get((one.kind, one.id))) is None or not row["live"] or row["etag"] != one.etag
    ]
    still = {(one.kind, one.id) for one in made}
    gone = [place for place, row in before.items() if row["live"] and place not in still]
    await publication_store.set_links(connection, links, subjects)
    versions = await publication_store.publish(connection, changed, now) if changed else {}
    told: list[Event] = []
    for (kind, one), version in sorted(versions.items()):
        if kind == _SERVICE:
            row = before.get((kind, one))
            tell = events.service_changed if row and row["live"] else events.service_published
            told.append(tell(one, version, now))
    kept = [
        _service(subjects[one].document, version, now)
        for (kind, one), version in versions.items()
        if kind == _SERVICE
    ]
    await rows.keep_services(connection, kept)
    withdrawn = await publication_store.unpublish(connection, gone, now) if gone else {}
    told += [
        events.service_withdrawn(one, version, now)
        for (kind, one), version in sorted(withdrawn.items())
        if kind == _SERVICE
    ]
    await outbox.write(connection, told)


def _transitive(subject: _Subject, linked: Mapping[str, Document]) -> set[UUID]:
    """Return what stands in its publications, and the vocabularies of the terms among them."""
    names = subject.names()
    documents = [linked[str(name)] for name in names if str(name) in linked]
    vocabularies = {UUID(one["taxonomy_id"]) for one in documents if "taxonomy_id" in one}
    return names | (vocabularies - render.VOCABULARY_IDS)


def _service(document: Mapping[str, Any], version: int, now: datetime) -> Service:
    phones = document.get("phones", ())
    return Service(
        id=UUID(document["id"]),
        organisation_id=UUID(document["organization_id"]),
        display_name=document["name"],
        description=document.get("description", ""),
        kind=getattr(ServiceMessage, document["kith"]["kind"]),
        phone=phones[0]["number"] if phones else "",
        email=document.get("email", ""),
        version=version,
        update_time=now,
    )
