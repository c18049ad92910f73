"""Every statement about decisions to share or not, shares and notices."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kith.consent.v1 import sharing_pb2 as pb
from services.chassis.database import Connection
from services.consent import messages
from services.consent.refusals import Changed
from services.consent.sharing import StoredDecision, StoredNotice, StoredShare


async def add(connection: Connection, decision: StoredDecision, shares: Sequence[StoredShare]) -> None:
    """Insert the decision and what goes to whom because of it."""
    await connection.execute(_ADD, *(_written(getattr(decision, name)) for name in _DECISION))
    await connection.executemany(
        _ADD_SHARE, [tuple(getattr(share, name) for name in _SHARE) for share in shares]
    )


async def change(connection: Connection, decision: StoredDecision) -> None:
    """Store what became of the decision."""
    await connection.execute(
        _CHANGE,
        decision.id,
        decision.family_informed,
        sorted(decision.says),
        decision.reviewer_practitioner_id,
        decision.review_date,
        decision.end_date,
        decision.version,
        decision.update_time,
    )


async def add_version(connection: Connection, decision: StoredDecision, subject: str, method: str) -> None:
    """Keep what the decision is after this change, with what went to whom, without the child and the words."""
    kept = messages.sharing_decision(decision, None, await shares_of(connection, [decision.id]), None)
    await connection.execute(
        _ADD_VERSION,
        decision.id,
        decision.version,
        kept.SerializeToString(deterministic=True),
        subject,
        method,
        decision.update_time,
    )


async def lock(
    connection: Connection, decision_id: UUID, decided_by: UUID, seen: int = 0
) -> StoredDecision | None:
    """Return a decision of that organisation, to be changed by nobody else; None if it has no such one.

    Raises Changed if its version is not the one `seen`, or somebody else was faster while this waited.
    """
    now = await connection.fetchval(_VERSION, decision_id)
    row = await connection.fetchrow(_LOCK, decision_id)
    if row is None or row["organisation_id"] != decided_by:
        return None
    if row["version"] != (seen or now):
        raise Changed
    return _decision(row)


async def lock_by_share(connection: Connection, share_id: UUID) -> tuple[StoredDecision, StoredShare] | None:
    """Return the share and its decision, to be changed by nobody else. Raises Changed if somebody else was faster."""
    seen = await connection.fetchrow(_OF_SHARE, share_id)
    if seen is None:
        return None
    row = await connection.fetchrow(_LOCK, seen["id"])
    share = await connection.fetchrow(_ONE_SHARE, share_id)
    if row is None or share is None:
        return None
    if row["version"] != seen["version"]:
        raise Changed
    return _decision(row), StoredShare(**dict(share))


async def lock_by_consent(connection: Connection, consent_id: UUID) -> list[StoredDecision]:
    """Return the decisions that rest on the consent, in the order in which everybody locks them."""
    return [_decision(row) for row in await connection.fetch(_LOCK_BY_CONSENT, consent_id)]


async def lock_over(connection: Connection, today: date, limit: int) -> list[StoredDecision]:
    """Return decisions whose order is over while something still goes, unless locked."""
    return [_decision(row) for row in await connection.fetch(_LOCK_OVER, today, limit)]


async def change_share(connection: Connection, share: StoredShare) -> None:
    """Store what became of the share."""
    await connection.execute(
        _CHANGE_SHARE,
        share.id,
        share.state,
        share.end_reason,
        share.receive_time,
        share.understood,
        share.end_time,
    )


async def end_shares(
    connection: Connection, decision_id: UUID, reason: pb.Share.EndReason, now: datetime
) -> list[StoredShare]:
    """End the open shares of a decision that is locked, and return them."""
    return [StoredShare(**dict(row)) for row in await connection.fetch(_END_SHARES, decision_id, reason, now)]


async def shares_of(connection: Connection, decision_ids: Collection[UUID]) -> list[StoredShare]:
    """Return what went to whom by the decisions, in the order of time."""
    return [StoredShare(**dict(row)) for row in await connection.fetch(_SHARES, list(decision_ids))]


async def received_share(connection: Connection, share_id: UUID, recipient: UUID) -> UUID | None:
    """Return the child of a share that went to the organisation; None if no such one did."""
    child_id: UUID | None = await connection.fetchval(_RECEIVED_SHARE, share_id, recipient)
    return child_id


async def newest_first(
    connection: Connection,
    organisation_id: UUID,
    *,
    received: bool,
    child_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[StoredDecision]:
    """Return a page of what the organisation decided, or of what came to it."""
    time, id_ = before or (None, None)
    rows = await connection.fetch(
        _RECEIVED if received else _DECIDED, organisation_id, child_id, time, id_, limit
    )
    return [_decision(row) for row in rows]


async def keys(connection: Connection, decision_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Return the wrapped data keys of the children that the decisions are about, by child."""
    return {row["child_id"]: row["wrapped_key"] for row in await connection.fetch(_KEYS, list(decision_ids))}


async def add_notices(connection: Connection, notices: Sequence[StoredNotice]) -> None:
    """Insert the notices."""
    await connection.executemany(
        _ADD_NOTICE, [tuple(getattr(notice, name) for name in _NOTICE) for notice in notices]
    )


async def notices(
    connection: Connection,
    recipient: UUID,
    *,
    acknowledged: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[StoredNotice]:
    """Return a page of the notices to the organisation, oldest first."""
    time, id_ = after or (None, None)
    rows = await connection.fetch(_NOTICES, recipient, acknowledged, time, id_, limit)
    return [StoredNotice(**dict(row)) for row in rows]


async def acknowledge_notice(
    connection: Connection, notice_id: UUID, recipient: UUID, now: datetime
) -> StoredNotice | None:
    """Mark the notice as read, once, and return it; None if it is not to the organisation."""
    row = await connection.fetchrow(_ACKNOWLEDGE_NOTICE, notice_id, recipient, now)
    return None if row is None else StoredNotice(**dict(row))


def _decision(row: Any) -> StoredDecision:
    sets = ("purposes", "means", "recipient_organisation_ids", "recipient_service_ids", "says")
    return StoredDecision(**dict(row) | {name: frozenset(row[name]) for name in sets})


def _written(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


_DECISION: Sequence[str] = (
    "id", "child_id", "organisation_id", "outcome", "scope", "purposes", "means", "recipient_organisation_ids",
    "recipient_service_ids", "consent_id", "ground", "order_end_date", "consent_not_used", "family_informed",
    "not_shared", "sealed_words", "says", "decider_practitioner_id", "reviewer_practitioner_id", "decide_date",
    "review_date", "end_date", "onward_of_share_id", "version", "create_time", "update_time",
)  # fmt: skip
_SHARE: Sequence[str] = (
    "id", "sharing_decision_id", "recipient_organisation_id", "recipient_service_id", "state", "end_reason",
    "share_time", "receive_time", "understood", "end_time",
)  # fmt: skip
_NOTICE: Sequence[str] = (
    "id", "child_id", "recipient_organisation_id", "organisation_id", "kind", "consent_id", "share_id",
    "create_time", "acknowledge_time",
)  # fmt: skip


_ADD = """
INSERT INTO sharing_decision (id, child_id, organisation_id, outcome, scope, purposes, means,
       recipient_organisation_ids, recipient_service_ids, consent_id, ground, order_end_date,
       consent_not_used, family_informed, not_shared, sealed_words, says, decider_practitioner_id,
       reviewer_practitioner_id, decide_date, review_date, end_date, onward_of_share_id, version, create_time,
       update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
       $23, $24, $25, $26)
"""

_ADD_SHARE = """
INSERT INTO share (id, sharing_decision_id, recipient_organisation_id, recipient_service_id, state,
       end_reason, share_time, receive_time, understood, end_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

_ADD_NOTICE = """
INSERT INTO notice (id, child_id, recipient_organisation_id, organisation_id, kind, consent_id, share_id,
       create_time, acknowledge_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

_CHANGE = """
UPDATE sharing_decision
   SET family_informed = $2, says = $3, reviewer_practitioner_id = $4, review_date = $5, end_date = $6, version = $7,
       update_time = $8
 WHERE id = $1
"""

_ADD_VERSION = """
INSERT INTO sharing_decision_version (sharing_decision_id, version, decision, subject, method, create_time)
VALUES ($1, $2, $3, $4, $5, $6)
"""

_VERSION = "SELECT version FROM sharing_decision WHERE id = $1"

_LOCK = """
SELECT id, child_id, organisation_id, outcome, scope, purposes, means, recipient_organisation_ids,
       recipient_service_ids, consent_id, ground, order_end_date, consent_not_used, family_informed,
       not_shared, sealed_words, says, decider_practitioner_id, reviewer_practitioner_id, decide_date,
       review_date, end_date, onward_of_share_id, version, create_time, update_time
  FROM sharing_decision
 WHERE id = $1 FOR UPDATE
"""

_OF_SHARE = """
SELECT d.id, d.version FROM share AS s JOIN sharing_decision AS d ON d.id = s.sharing_decision_id WHERE s.id = $1
"""

_ONE_SHARE = """
SELECT id, sharing_decision_id, recipient_organisation_id, recipient_service_id, state, end_reason,
       share_time, receive_time, understood, end_time
  FROM share
 WHERE id = $1
"""

_LOCK_BY_CONSENT = """
SELECT id, child_id, organisation_id, outcome, scope, purposes, means, recipient_organisation_ids,
       recipient_service_ids, consent_id, ground, order_end_date, consent_not_used, family_informed,
       not_shared, sealed_words, says, decider_practitioner_id, reviewer_practitioner_id, decide_date,
       review_date, end_date, onward_of_share_id, version, create_time, update_time
  FROM sharing_decision
 WHERE consent_id = $1
 ORDER BY id FOR UPDATE
"""

# With consent, nothing ends but by the consent; a decision not to share goes nowhere.
_LOCK_OVER = """
SELECT id, child_id, organisation_id, outcome, scope, purposes, means, recipient_organisation_ids,
       recipient_service_ids, consent_id, ground, order_end_date, consent_not_used, family_informed,
       not_shared, sealed_words, says, decider_practitioner_id, reviewer_practitioner_id, decide_date,
       review_date, end_date, onward_of_share_id, version, create_time, update_time
  FROM sharing_decision
 WHERE outcome = 2 AND order_end_date < $1
   AND EXISTS (SELECT FROM share WHERE sharing_decision_id = sharing_decision.id AND state = 1)
 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
"""

_CHANGE_SHARE = """
UPDATE share SET state = $2, end_reason = $3, receive_time = $4, understood = $5, end_time = $6 WHERE id = $1
"""

_END_SHARES = """
UPDATE share SET state = 2, end_reason = $2, end_time = $3 WHERE sharing_decision_id = $1 AND state = 1
RETURNING id, sharing_decision_id, recipient_organisation_id, recipient_service_id, state, end_reason,
       share_time, receive_time, understood, end_time
"""

_SHARES = """
SELECT id, sharing_decision_id, recipient_organisation_id, recipient_service_id, state, end_reason,
       share_time, receive_time, understood, end_time
  FROM share
 WHERE sharing_decision_id = ANY($1::uuid[])
 ORDER BY share_time, id
"""

_RECEIVED_SHARE = """
SELECT d.child_id FROM share AS s JOIN sharing_decision AS d ON d.id = s.sharing_decision_id
 WHERE s.id = $1 AND s.recipient_organisation_id = $2
"""

_DECIDED = """
SELECT id, child_id, organisation_id, outcome, scope, purposes, means, recipient_organisation_ids,
       recipient_service_ids, consent_id, ground, order_end_date, consent_not_used, family_informed,
       not_shared, sealed_words, says, decider_practitioner_id, reviewer_practitioner_id, decide_date,
       review_date, end_date, onward_of_share_id, version, create_time, update_time
  FROM sharing_decision
 WHERE organisation_id = $1
   AND ($2::uuid IS NULL OR child_id = $2)
   AND ($3::timestamptz IS NULL OR (create_time, id) < ($3, $4::uuid))
 ORDER BY create_time DESC, id DESC
 LIMIT $5
"""

_RECEIVED = """
SELECT id, child_id, organisation_id, outcome, scope, purposes, means, recipient_organisation_ids,
       recipient_service_ids, consent_id, ground, order_end_date, consent_not_used, family_informed,
       not_shared, sealed_words, says, decider_practitioner_id, reviewer_practitioner_id, decide_date,
       review_date, end_date, onward_of_share_id, version, create_time, update_time
  FROM sharing_decision
 WHERE id IN (SELECT sharing_decision_id FROM share WHERE recipient_organisation_id = $1)
   AND ($2::uuid IS NULL OR child_id = $2)
   AND ($3::timestamptz IS NULL OR (create_time, id) < ($3, $4::uuid))
 ORDER BY create_time DESC, id DESC
 LIMIT $5
"""

_KEYS = """
SELECT k.child_id, k.wrapped_key FROM child_key AS k
 WHERE k.child_id IN (SELECT child_id FROM sharing_decision WHERE id = ANY($1::uuid[]))
"""

_NOTICES = """
SELECT id, child_id, recipient_organisation_id, organisation_id, kind, consent_id, share_id, create_time,
       acknowledge_time
  FROM notice
 WHERE recipient_organisation_id = $1
   AND ($2 OR acknowledge_time IS NULL)
   AND ($3::timestamptz IS NULL OR (create_time, id) > ($3, $4::uuid))
 ORDER BY create_time, id
 LIMIT $5
"""

_ACKNOWLEDGE_NOTICE = """
UPDATE notice SET acknowledge_time = coalesce(acknowledge_time, $3)
 WHERE id = $1 AND recipient_organisation_id = $2
RETURNING id, child_id, recipient_organisation_id, organisation_id, kind, consent_id, share_id, create_time,
       acknowledge_time
"""
