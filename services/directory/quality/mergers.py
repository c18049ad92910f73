"""Two entries made one, and two again: each as the public reads it at once (issue 7, no. 4)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from kith.directory.v1.duplicate_pb2 import Duplicate as DuplicateMessage
from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from kith.directory.v1.entry_pb2 import Revision as RevisionMessage
from services.chassis.database import Connection
from services.chassis.errors import InvalidArgument
from services.directory.editing import secrecy, store, writing
from services.directory.editing.actor import Actor
from services.directory.editing.entry import Entry, Revision
from services.directory.editing.publishing import publish
from services.directory.openreferral import confidentiality
from services.directory.openreferral.faults import Fault
from services.directory.quality import duplicate_store, merging
from services.directory.quality.duplicate_store import Duplicate, Merger
from services.directory.quality.merging import NotDiffering, Side
from services.directory.quality.refusals import (
    DuplicateNotFound,
    DuplicateStands,
    MergerBuiltUpon,
    MergerNotFound,
    NamedByOthers,
    RevisionChanged,
)
from services.directory.refusals import ConfidentialPlace

_PUBLIC = frozenset({EntryMessage.STATE_PUBLISHED, EntryMessage.STATE_TEMPORARILY_CLOSED})


async def decide(
    connection: Connection, actor: Actor, duplicate_id: UUID, state: int, now: datetime
) -> Duplicate:
    """Store what an editor says of a pair. Raises DuplicateNotFound, DuplicateStands for one that is merged."""
    pair = await _pair(connection, duplicate_id)
    if pair.state == DuplicateMessage.STATE_MERGED:
        raise DuplicateStands
    await duplicate_store.decide(connection, duplicate_id, state, actor.id, now)
    return replace(pair, state=state, decider=actor.id, decide_time=now)


async def merge(
    connection: Connection,
    actor: Actor,
    duplicate_id: UUID,
    surviving_id: UUID,
    taken: Collection[str],
    seen: Sequence[int],
    now: datetime,
) -> Merger:
    """Merge a pair into one of its entries, with the parts at the pointers `taken` from the other.

    `seen` are the published revisions that were looked at, in the order of the pair. Raises DuplicateNotFound,
    DuplicateStands, RevisionChanged, NamedByOthers, InvalidArgument, and what the taking in of documents raises.
    """
    pair = await _pair(connection, duplicate_id)
    both = (pair.first_entry_id, pair.second_entry_id)
    if surviving_id not in both:
        raise InvalidArgument([("surviving_entry_id", "is not one of the two")])
    if pair.state != DuplicateMessage.STATE_SAME:
        raise DuplicateStands
    entries = await store.lock_entries(connection, both)
    for entry_id, number in zip(both, seen, strict=True):
        if entries[entry_id].state not in _PUBLIC:
            raise DuplicateStands
        if entries[entry_id].published_revision != number:
            raise RevisionChanged(entry_id)
    surviving = entries.pop(surviving_id)
    [other] = entries.values()
    if named := await duplicate_store.naming(connection, other.id):
        raise NamedByOthers(named)
    revisions = {one.entry_id: one for one in await store.published_revisions(connection, both)}
    made = await _made(connection, actor, surviving, revisions, other, taken, now)
    done = Merger(
        id=uuid4(),
        duplicate_id=pair.id,
        surviving_entry_id=surviving.id,
        merged_entry_id=other.id,
        surviving_revision=revisions[surviving.id].number,
        merged_revision=revisions[other.id].number,
        merged_state=other.state,
        revision=made.number,
        merger=actor.id,
        merge_time=now,
    )
    await store.supersede(connection, surviving.id)
    await store.supersede(connection, other.id)
    await store.add_revisions(connection, [made])
    after = surviving.revised(now).published(made.number, now)
    await store.change_entries(connection, [after, other.withdrawn(now)])
    await duplicate_store.add_merger(connection, done)
    await duplicate_store.decide(connection, pair.id, DuplicateMessage.STATE_MERGED, actor.id, now)
    await publish(connection, both, now)
    return done


async def undo(connection: Connection, actor: Actor, merger_id: UUID, now: datetime) -> Merger:
    """Make both entries public as they were before. Raises MergerNotFound, MergerBuiltUpon.

    The revision that the merger made stays in the history, and the pair stays decided to be the same.
    """
    found = await duplicate_store.merger(connection, merger_id)
    if found is None:
        raise MergerNotFound
    entries = await store.lock_entries(connection, (found.surviving_entry_id, found.merged_entry_id))
    surviving, other = entries[found.surviving_entry_id], entries[found.merged_entry_id]
    as_left = (
        surviving.latest_revision == surviving.published_revision == found.revision
        and other.state == EntryMessage.STATE_WITHDRAWN
        and other.published_revision == found.merged_revision
    )
    if not as_left or not await duplicate_store.undo(connection, merger_id, actor.id, now):
        raise MergerBuiltUpon
    back = surviving.published(found.surviving_revision, now)
    # A number of the enum.
    again = replace(other, state=found.merged_state, update_time=now)  # type: ignore[arg-type]
    await store.change_entries(connection, [back, again])
    await duplicate_store.decide(connection, found.duplicate_id, DuplicateMessage.STATE_SAME, actor.id, now)
    await publish(connection, list(entries), now)
    return replace(found, undoer=actor.id, undo_time=now)


async def _pair(connection: Connection, duplicate_id: UUID) -> Duplicate:
    pair = await duplicate_store.lock_duplicate(connection, duplicate_id)
    if pair is None:
        raise DuplicateNotFound
    return pair


async def _made(
    connection: Connection,
    actor: Actor,
    surviving: Entry,
    revisions: Mapping[UUID, Revision],
    other: Entry,
    taken: Collection[str],
    now: datetime,
) -> Revision:
    """Return the revision that the merger makes, approved by who merges."""
    try:
        value, provenance = merging.merged(
            _side(surviving, revisions[surviving.id]), _side(other, revisions[other.id]), taken
        )
    except NotDiffering as differing:
        raise InvalidArgument(
            [(f"taken_pointers[{list(taken).index(differing.pointer)}]", "the two do not differ there")]
        ) from None
    document = writing.taken(surviving.kind, value, surviving.id)
    secret = confidentiality.is_confidential(other.kind, revisions[other.id].document)
    if secret and not confidentiality.is_confidential(surviving.kind, document):
        # Else a refuge would be found by an entry whose writer did not know that it is one.
        raise ConfidentialPlace(
            [Fault("/kith/confidential", "confidential", "the other entry is confidential")]
        )
    await writing.check_references(connection, surviving.kind, document)
    await secrecy.check(connection, actor, surviving, document)
    draft = writing.new_revision(
        surviving.revised(now),
        document,
        author=actor.id,
        organisation_id=actor.organisation_id,
        note="Merged with another entry.",
        provenance=provenance,
    )
    return replace(draft, state=RevisionMessage.STATE_APPROVED, reviewer=actor.id, review_time=now)


def _side(entry: Entry, revision: Revision) -> Side:
    source = entry.source_id or entry.organisation_id
    said = revision.provenance
    return Side(revision.document, said, str(source or ""), revision.create_time.date())
