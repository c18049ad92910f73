"""The last step of a run: what an editor approved becomes revisions, and public, a number at a time.

Each batch is one transaction with the note that it is done, so that a run whose process is killed goes on where it was.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from kith.directory.v1.entry_pb2 import ENTRY_KIND_LOCATION, ENTRY_KIND_ORGANIZATION
from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from kith.directory.v1.entry_pb2 import Revision as RevisionMessage
from kith.directory.v1.import_run_pb2 import ImportRecord, ImportRun
from services.directory.editing import publishing, secrecy, writing
from services.directory.editing import store as entry_store
from services.directory.editing.entry import Entry, Revision
from services.directory.importing import merging, staging_store
from services.directory.importing.comparing import IN_ORDER
from services.directory.importing.run import Run
from services.directory.importing.source import Source
from services.directory.importing.work import Work, require, settle
from services.directory.openreferral import confidentiality
from services.directory.openreferral.reading import read

_AT_ONCE: Final = 100
_AUTHOR: Final = "import"
Document = dict[str, Any]


@dataclass(slots=True)
class _Batch:
    """What is to be written of one batch."""

    new: list[tuple[Entry, Revision]]
    changed: list[Entry]
    revisions: list[Revision]
    hidden: list[tuple[Entry, Document]]
    """Those that are confidential from now on: their history is cleaned."""
    organizations: list[Entry]
    """Those before their change that run nothing in the open from now on: their history is cleaned too."""
    unusable: list[UUID]


async def apply(work: Work, run: Run, source: Source) -> None:
    """Publish all that is approved; then the run waits again for what is left, or is COMPLETED. Raises RunStopped."""
    for kind in IN_ORDER:
        after: UUID | None = UUID(int=0)
        while after is not None:
            after = await _apply_some(work, run, source, kind, after)
    await settle(work, run.id, ImportRun.STATE_APPLYING)


async def _apply_some(work: Work, run: Run, source: Source, kind: int, after: UUID) -> UUID | None:
    """Publish some of what is approved; returns the last of it, None if there was nothing after `after`."""
    connection = work.connection
    async with connection.transaction():
        run = await require(connection, run.id, ImportRun.STATE_APPLYING)
        rows = await staging_store.approved(connection, run.id, run.approval, kind, after, _AT_ONCE)
        if not rows:
            return None
        now = work.clock()
        ids = [row["id"] for row in rows]
        here = await entry_store.lock_entries(connection, ids)
        said = await _said(connection, here.values())
        batch = _Batch([], [], [], [], [], [])
        for row in rows:
            _decide(batch, _Place(run, source, now), dict(row), here.get(row["id"]), said.get(row["id"]))
        await entry_store.add_entries(connection, batch.new)
        await entry_store.change_entries(connection, batch.changed)
        await entry_store.add_revisions(connection, batch.revisions)
        for entry, document in batch.hidden:
            await secrecy.begin(connection, entry, document)
        for entry in batch.organizations:
            await secrecy.forget_organization(connection, entry)
        taken = [row["id"] for row in rows if row["outcome"] != ImportRecord.OUTCOME_VANISHED]
        await staging_store.link(connection, run.id, source.id, set(taken) - set(batch.unusable))
        await staging_store.applied(connection, run.id, ids)
        await staging_store.make_invalid(connection, run.id, batch.unusable)
        await publishing.publish(connection, _to_publish(kind, batch), now)
    last: UUID = ids[-1]
    return last


def _to_publish(kind: int, batch: _Batch) -> list[UUID]:
    """Return what has to be made public anew. A new location is public with the first service that names it."""
    new = [entry.id for entry, _ in batch.new if kind != ENTRY_KIND_LOCATION]
    return new + [entry.id for entry in batch.changed]


async def _said(connection: Any, entries: Collection[Entry]) -> dict[UUID, Revision]:
    """Return the published revisions of entries, by the id of the entry."""
    return {
        one.entry_id: one
        for one in await entry_store.published_revisions(connection, [e.id for e in entries])
    }


@dataclass(frozen=True, slots=True)
class _Place:
    """By what and when something is written."""

    run: Run
    source: Source
    now: datetime


def _decide(
    batch: _Batch, place: _Place, row: Mapping[str, Any], entry: Entry | None, said: Revision | None
) -> None:
    """Add to the batch what a record makes of its entry; the entry may have changed since it was compared."""
    now = place.now
    if row["outcome"] == ImportRecord.OUTCOME_VANISHED:
        if entry is not None and entry.vanished_time is None:
            batch.changed.append(replace(entry, vanished_time=now, update_time=now))
        return
    sent: Document = json.loads(row["document"])
    if entry is None:
        made = _new(place, row["kind"], _hidden(row["kind"], sent))
        batch.new.append(made)
        return
    if said is None or entry.state == EntryMessage.STATE_WITHDRAWN or entry.source_id != place.source.id:
        # Withdrawn here since, or never from this source: nobody's import brings it back.
        batch.unusable.append(row["id"])
        return
    merged = merging.merge(
        sent,
        said.document,
        said.provenance,
        place.source.id,
        now.date(),
        take_published=place.run.take_published,
    )
    document = _hidden(row["kind"], merged.document)
    changed = replace(entry, vanished_time=None, update_time=now)
    if document != said.document:
        if read(row["kind"], document, entry.id).faults:
            batch.unusable.append(row["id"])
            return
        changed = _assured(changed.revised(now), document, now)
        if confidentiality.is_confidential(row["kind"], document):
            batch.hidden.append((entry, document))
        elif row["kind"] == ENTRY_KIND_ORGANIZATION and row["confidential"]:
            batch.organizations.append(entry)
        batch.revisions.append(_revision(place, changed, document, merged.provenance))
        changed = changed.published(changed.latest_revision, now)
    batch.changed.append(changed)


def _new(place: _Place, kind: Any, document: Document) -> tuple[Entry, Revision]:
    now, source = place.now, place.source
    made = writing.new_entry(UUID(document["id"]), kind, source.organisation_id, now)
    entry = _assured(replace(made, source_id=source.id), document, now).published(1, now)
    return entry, _revision(place, entry, document, merging.origin(source.id, now.date()))


def _revision(place: _Place, entry: Entry, document: Document, provenance: Mapping[str, Any]) -> Revision:
    draft = writing.new_revision(
        entry,
        document,
        author=_AUTHOR,
        organisation_id=place.source.organisation_id,
        note="",
        provenance=provenance,
    )
    state = RevisionMessage.STATE_APPROVED
    return replace(draft, state=state, reviewer=place.run.reviewer, review_note="", review_time=place.now)


def _assured(entry: Entry, document: Document, now: datetime) -> Entry:
    """Return the entry with the publisher's own word of when somebody last confirmed it, unless ours is later."""
    day = document.get("assured_date")
    time = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    if time is None or time > now or (entry.assured_time is not None and entry.assured_time >= time):
        return entry
    return replace(entry, assured_time=time, assurer=document.get("assurer_email"))


def _hidden(kind: int, document: Document) -> Document:
    """Return the document without what nobody may learn, whatever was staged: an editor may have hidden it since."""
    if not confidentiality.is_confidential(kind, document):
        return document
    return confidentiality.without(document)[0]
