"""One click: what is public is still correct. Changes no revision, and is public at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from services.chassis.database import Connection
from services.directory.editing import store as entry_store
from services.directory.editing.actor import Actor
from services.directory.editing.publishing import publish
from services.directory.quality import review_store
from services.directory.quality.examining import REVIEWED, due_date
from services.directory.quality.policy import Policy
from services.directory.quality.refusals import NotToBeConfirmed, RevisionChanged
from services.directory.quality.review_store import Confirmation

_PUBLIC = frozenset({EntryMessage.STATE_PUBLISHED, EntryMessage.STATE_TEMPORARILY_CLOSED})


async def confirm(
    connection: Connection, policy: Policy, actor: Actor, chosen: Sequence[tuple[UUID, int]], now: datetime
) -> list[Confirmation]:
    """Confirm entries, each in the revision that was looked at; all of them or none.

    Raises RevisionChanged, NotToBeConfirmed, and as `Actor.must_own`.
    """
    locked = await entry_store.lock_entries(connection, [entry_id for entry_id, _ in chosen])
    documents = await entry_store.documents(connection, locked)
    for entry_id, revision in chosen:
        entry = actor.must_own(locked.get(entry_id))
        if entry.kind not in REVIEWED or entry.state not in {*_PUBLIC, EntryMessage.STATE_HIDDEN}:
            raise NotToBeConfirmed(entry_id)
        if entry.published_revision != revision:
            raise RevisionChanged(entry_id)
    assurer = await review_store.email(connection, actor.organisation_id)
    before = await review_store.close(connection, locked)
    confirmed = []
    for entry in locked.values():
        hidden = entry.state == EntryMessage.STATE_HIDDEN
        confirmed.append(
            replace(
                entry,
                state=(before.get(entry.id) or EntryMessage.STATE_PUBLISHED) if hidden else entry.state,
                assured_time=now,
                # The organisation's address: it is public, and nobody's own has to be.
                assurer=assurer,
                review_due_date=due_date(policy, entry.kind, documents[entry.id], now, now.date()),
                unconfirmed_since=None,
                update_time=now,
            )
        )
    await entry_store.change_entries(connection, confirmed)
    said = [
        Confirmation(0, entry_id, revision, now, actor.id, actor.organisation_id)
        for entry_id, revision in chosen
    ]
    await review_store.add_confirmations(connection, said)
    await publish(connection, list(locked), now)
    return said
