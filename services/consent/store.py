"""Every statement about consents and their versions. Connections are given by the caller, who owns the transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kith.consent.v1 import consent_pb2
from services.chassis.database import Connection
from services.consent.consent import Consent
from services.consent.refusals import Changed


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """What a consent was after a change, who made it and by which method; the child is not in it."""

    consent: consent_pb2.Consent
    subject: str
    method: str


async def add(connection: Connection, consent: Consent) -> None:
    """Insert the consent."""
    await connection.execute(
        _ADD,
        consent.id,
        consent.child_id,
        consent.recording_organisation_id,
        consent.scope,
        list(consent.recipient_organisation_ids),
        consent.giver,
        consent.method,
        consent.wording_version,
        consent.start_date,
        consent.expire_date,
        consent.state,
        consent.version,
        consent.update_time,
        consent.kind,
        sorted(consent.purposes),
        sorted(consent.means),
        list(consent.recipient_service_ids),
        consent.giver_person_id,
        consent.entitled,
        consent.competence_assessment_id,
        consent.recorder_practitioner_id,
        consent.say_date,
        consent.review_date,
        consent.wording_id,
        consent.wording_sha256,
        consent.superseding_consent_id,
        consent.invalidity,
        consent.freeze_reason,
        consent.freeze_date,
        consent.limits_explained,
        consent.create_time,
        sorted(consent.needed_person_ids),
    )


async def change(connection: Connection, consent: Consent) -> None:
    """Store what became of the consent."""
    await connection.execute(
        _CHANGE,
        consent.id,
        consent.state,
        consent.version,
        consent.update_time,
        consent.review_date,
        consent.superseding_consent_id,
        consent.invalidity,
        consent.freeze_reason,
        consent.freeze_date,
        consent.giver_person_id,
        consent.entitled,
    )


async def add_version(connection: Connection, consent: Consent, stored: StoredVersion) -> None:
    """Keep what the consent is after this change."""
    await connection.execute(
        _ADD_VERSION,
        consent.id,
        consent.version,
        stored.consent.SerializeToString(deterministic=True),
        stored.subject,
        stored.method,
        consent.update_time,
    )


async def versions(connection: Connection, consent_id: UUID, limit: int) -> list[StoredVersion]:
    """Return what the consent was after each change, oldest first."""
    return [
        StoredVersion(consent_pb2.Consent.FromString(row["consent"]), row["subject"], row["method"])
        for row in await connection.fetch(_VERSIONS, consent_id, limit)
    ]


async def lock(connection: Connection, consent_id: UUID, recorded_by: UUID, seen: int = 0) -> Consent | None:
    """Return the consent, to be changed in this transaction by nobody else; None if that organisation has none.

    `seen` is the version that the caller has read, 0 for whichever there is now. Raises Changed if somebody else was
    faster, also while this waited.
    """
    now = await connection.fetchval(_VERSION, consent_id, recorded_by)
    row = await connection.fetchrow(_LOCK, consent_id, recorded_by)
    if row is None:
        return None
    if row["version"] != (seen or now):
        raise Changed
    return _consent(row)


async def own(connection: Connection, consent_id: UUID, recorded_by: UUID) -> Consent | None:
    """Return a consent of that organisation; None if it has no such one."""
    row = await connection.fetchrow(_OWN, consent_id, recorded_by)
    return None if row is None else _consent(row)


async def hold(connection: Connection, consent_id: UUID, recorded_by: UUID) -> Consent | None:
    """Return a consent of that organisation as it is until the end of the transaction; None if it has no such one."""
    row = await connection.fetchrow(_HOLD, consent_id, recorded_by)
    return None if row is None else _consent(row)


async def newest_first(
    connection: Connection,
    recorded_by: UUID,
    *,
    child_id: UUID | None,
    states: Collection[int],
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Consent]:
    """Return a page of the organisation's consents. `states` empty: in any; `before`: after which of them to go on."""
    time, id_ = before or (None, None)
    rows = await connection.fetch(_NEWEST, recorded_by, child_id, list(states), time, id_, limit)
    return [_consent(row) for row in rows]


async def lock_resting(connection: Connection, child_id: UUID, recorded_by: UUID) -> list[Consent]:
    """Return the organisation's consents for the child that hold, to be changed by nobody else."""
    return [_consent(row) for row in await connection.fetch(_LOCK_RESTING, child_id, recorded_by)]


async def lock_expired(connection: Connection, today: date, limit: int) -> list[Consent]:
    """Return consents whose last day is over and that nobody else is changing now."""
    return [_consent(row) for row in await connection.fetch(_LOCK_EXPIRED, today, limit)]


async def lock_frozen(connection: Connection, today: date, limit: int) -> list[Consent]:
    """Return consents that hold though what they rest on is over, and that nobody else is changing now."""
    return [_consent(row) for row in await connection.fetch(_LOCK_FROZEN, today, limit)]


def _consent(row: Any) -> Consent:
    sets = ("recipient_organisation_ids", "recipient_service_ids", "purposes", "means", "needed_person_ids")
    return Consent(**dict(row) | {name: frozenset(row[name]) for name in sets})


_ADD = """
INSERT INTO consent (id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver,
       method, wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
       $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
"""

_CHANGE = """
UPDATE consent
   SET state = $2, version = $3, update_time = $4, review_date = $5, superseding_consent_id = $6, invalidity = $7,
       freeze_reason = $8, freeze_date = $9, giver_person_id = $10, entitled = $11
 WHERE id = $1
"""

_ADD_VERSION = """
INSERT INTO consent_version (consent_id, version, consent, subject, method, create_time)
VALUES ($1, $2, $3, $4, $5, $6)
"""

_VERSIONS = """
SELECT consent, subject, method FROM consent_version WHERE consent_id = $1 ORDER BY version LIMIT $2
"""

_VERSION = "SELECT version FROM consent WHERE id = $1 AND recording_organisation_id = $2"

_OWN = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE id = $1 AND recording_organisation_id = $2
"""

_LOCK = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE id = $1 AND recording_organisation_id = $2 FOR UPDATE
"""

_HOLD = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE id = $1 AND recording_organisation_id = $2 FOR SHARE
"""

_NEWEST = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE recording_organisation_id = $1
   AND ($2::uuid IS NULL OR child_id = $2)
   AND (cardinality($3::smallint[]) = 0 OR state = ANY($3))
   AND ($4::timestamptz IS NULL OR (create_time, id) < ($4, $5::uuid))
 ORDER BY create_time DESC, id DESC
 LIMIT $6
"""

_LOCK_RESTING = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE child_id = $1 AND recording_organisation_id = $2 AND state = 1
 ORDER BY id FOR UPDATE
"""

_LOCK_EXPIRED = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE state IN (1, 3, 8) AND expire_date < $1
 ORDER BY expire_date, id LIMIT $2 FOR UPDATE SKIP LOCKED
"""

_LOCK_FROZEN = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time, kind, purposes, means,
       recipient_service_ids, giver_person_id, entitled, competence_assessment_id, recorder_practitioner_id,
       say_date, review_date, wording_id, wording_sha256, superseding_consent_id, invalidity, freeze_reason,
       freeze_date, limits_explained, create_time, needed_person_ids
  FROM consent
 WHERE state = 1 AND freeze_date <= $1
 ORDER BY freeze_date, id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
