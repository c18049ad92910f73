"""A change of a consent with all that goes with it, in one transaction: version, event, notices, shares (CON-11)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import uuid4

from kith.consent.v1.consent_pb2 import Consent as ConsentMessage
from kith.consent.v1.sharing_pb2 import Notice, Share
from services.chassis import outbox
from services.chassis.access import Decision
from services.chassis.database import Connection
from services.consent import events, messages, sharing_store, store
from services.consent.consent import Consent
from services.consent.sharing import StoredDecision, StoredNotice
from services.consent.store import StoredVersion

_HELD: Final = frozenset({ConsentMessage.STATE_GIVEN, ConsentMessage.STATE_FROZEN})
_NOTICES: Final = {
    ConsentMessage.STATE_WITHDRAWN: Notice.KIND_CONSENT_WITHDRAWN,
    ConsentMessage.STATE_EXPIRED: Notice.KIND_CONSENT_ENDED,
    ConsentMessage.STATE_SUPERSEDED: Notice.KIND_CONSENT_ENDED,
    ConsentMessage.STATE_INVALIDATED: Notice.KIND_CONSENT_ENDED,
    ConsentMessage.STATE_FROZEN: Notice.KIND_CONSENT_FROZEN,
}


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and by what."""

    subject: str
    method: str

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Return the author of a call."""
        return cls(decision.caller.subject, decision.method)


THE_CLOCK: Final = Author("", "clock")


async def record(connection: Connection, consent: Consent, by: Author) -> None:
    """Store a new consent, its first version and its event."""
    await store.add(connection, consent)
    await _keep(connection, consent, by)
    await outbox.write(connection, [events.consent_event(None, consent)])


async def change(connection: Connection, before: Consent, after: Consent, by: Author) -> None:
    """Store what became of a consent that is locked.

    Where it no longer holds, its recipients get a notice and what is shared on it ends; what was shared stays recorded.
    """
    await store.change(connection, after)
    await _keep(connection, after, by)
    await outbox.write(connection, [events.consent_event(before, after)])
    if before.state not in _HELD or before.state == after.state:
        return
    await _tell(connection, after)
    if after.state != ConsentMessage.STATE_FROZEN:
        withdrawn = after.state == ConsentMessage.STATE_WITHDRAWN
        reason = Share.END_REASON_CONSENT_WITHDRAWN if withdrawn else Share.END_REASON_CONSENT_ENDED
        for decision in await sharing_store.lock_by_consent(connection, after.id):
            await end_shares(connection, decision, reason, after.update_time, by)


async def end_shares(
    connection: Connection,
    decision: StoredDecision,
    reason: Share.EndReason,
    now: datetime,
    by: Author,
) -> None:
    """End the open shares of a decision that is locked; nothing changes if there are none."""
    ended = await sharing_store.end_shares(connection, decision.id, reason, now)
    if not ended:
        return
    changed = decision.changed(now)
    await sharing_store.change(connection, changed)
    await keep_decision(connection, changed, by)
    await sharing_store.add_notices(
        connection,
        [
            StoredNotice(
                id=uuid4(),
                child_id=decision.child_id,
                recipient_organisation_id=share.recipient_organisation_id,
                organisation_id=decision.organisation_id,
                kind=Notice.KIND_SHARE_ENDED,
                consent_id=None,
                share_id=share.id,
                create_time=now,
                acknowledge_time=None,
            )
            for share in ended
        ],
    )


async def keep_decision(connection: Connection, decision: StoredDecision, by: Author) -> None:
    """Keep the version of a decision as it now stands, and tell that it changed."""
    await sharing_store.add_version(connection, decision, by.subject, by.method)
    event = (
        events.sharing_decided(decision.id, decision.update_time)
        if decision.version == 1
        else events.sharing_changed(decision.id, decision.version, decision.update_time)
    )
    await outbox.write(connection, [event])


async def _keep(connection: Connection, consent: Consent, by: Author) -> None:
    stored = StoredVersion(messages.consent(consent, None), by.subject, by.method)
    await store.add_version(connection, consent, stored)


async def _tell(connection: Connection, consent: Consent) -> None:
    await sharing_store.add_notices(
        connection,
        [
            StoredNotice(
                id=uuid4(),
                child_id=consent.child_id,
                recipient_organisation_id=recipient,
                organisation_id=consent.recording_organisation_id,
                kind=_NOTICES[consent.state],
                consent_id=consent.id,
                share_id=None,
                create_time=consent.update_time,
                acknowledge_time=None,
            )
            for recipient in sorted(consent.recipient_organisation_ids - {consent.recording_organisation_id})
        ],
    )
