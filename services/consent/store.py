"""Every statement of consent. Connections are given by the caller, who owns the transaction."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.chassis.database import Connection
from services.consent.consent import Consent


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
    )


async def change_state(connection: Connection, consent: Consent) -> None:
    """Store the consent's state, version and time."""
    await connection.execute(_CHANGE_STATE, consent.id, consent.state, consent.version, consent.update_time)


async def lock(connection: Connection, consent_id: UUID, recorded_by: UUID) -> Consent | None:
    """Return the consent, to be changed in this transaction by nobody else; None if that organisation has none."""
    row = await connection.fetchrow(_LOCK, consent_id, recorded_by)
    return _consent(row) if row is not None else None


async def by_id(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Consent]:
    """Return those of the consents that exist, as they are now, by id. For `Decide`, which says what may be told."""
    return {row["id"]: _consent(row) for row in await connection.fetch(_BY_ID, list(ids))}


def _consent(row: Any) -> Consent:
    columns = dict(row)
    return Consent(**columns | {"recipient_organisation_ids": frozenset(row["recipient_organisation_ids"])})


_ADD = """
INSERT INTO consent (id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
                     wording_version, start_date, expire_date, state, version, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""

_CHANGE_STATE = "UPDATE consent SET state = $2, version = $3, update_time = $4 WHERE id = $1"

_LOCK = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time
  FROM consent
 WHERE id = $1 AND recording_organisation_id = $2
   FOR UPDATE
"""

_BY_ID = """
SELECT id, child_id, recording_organisation_id, scope, recipient_organisation_ids, giver, method,
       wording_version, start_date, expire_date, state, version, update_time
  FROM consent
 WHERE id = ANY($1::uuid[])
"""
