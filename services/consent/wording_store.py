"""Every statement about wordings and sharing agreements."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.chassis.database import Connection
from services.consent.wording import Agreement, Wording


async def add(connection: Connection, wording: Wording) -> bool:
    """Insert the text; returns whether there was none of its kind, version and language."""
    added = await connection.fetchval(_ADD, *(getattr(wording, name) for name in _COLUMNS))
    return added is not None


async def wording(connection: Connection, wording_id: UUID) -> Wording | None:
    """Return the text; None if there is none such."""
    row = await connection.fetchrow(_ONE, wording_id)
    return None if row is None else Wording(**dict(row))


async def retire(
    connection: Connection, wording_id: UUID, end_date: date, void_date: date | None
) -> Wording | None:
    """Store the days on which its use ends, and return it; None if there is none such."""
    row = await connection.fetchrow(_RETIRE, wording_id, end_date, void_date)
    return None if row is None else Wording(**dict(row))


async def newest_first(
    connection: Connection, kind: int, before: tuple[datetime, UUID] | None, limit: int
) -> list[Wording]:
    """Return a page of the texts; `kind` 0: of any kind."""
    time, id_ = before or (None, None)
    return [Wording(**dict(row)) for row in await connection.fetch(_NEWEST, kind, time, id_, limit)]


async def save_agreement(connection: Connection, agreement: Agreement) -> None:
    """Store the dates in place of those before."""
    await connection.execute(
        _SAVE_AGREEMENT,
        agreement.organisation_id,
        agreement.organisation_kind,
        agreement.wording_id,
        agreement.start_date,
        agreement.end_date,
    )


_COLUMNS: Sequence[str] = (
    "id", "kind", "version", "language", "words", "sha256", "start_date", "end_date", "void_date", "create_time",
)  # fmt: skip
_ADD = """
INSERT INTO wording (id, kind, version, language, words, sha256, start_date, end_date, void_date, create_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (kind, version, language) DO NOTHING
RETURNING id
"""

_ONE = """
SELECT id, kind, version, language, words, sha256, start_date, end_date, void_date, create_time
  FROM wording
 WHERE id = $1
"""

_RETIRE = """
UPDATE wording SET end_date = $2, void_date = $3 WHERE id = $1
RETURNING id, kind, version, language, words, sha256, start_date, end_date, void_date, create_time
"""

_NEWEST = """
SELECT id, kind, version, language, words, sha256, start_date, end_date, void_date, create_time
  FROM wording
 WHERE ($1::smallint = 0 OR kind = $1)
   AND ($2::timestamptz IS NULL OR (create_time, id) < ($2, $3::uuid))
 ORDER BY create_time DESC, id DESC
 LIMIT $4
"""

_SAVE_AGREEMENT = """
INSERT INTO organisation_agreement (organisation_id, organisation_kind, wording_id, start_date, end_date)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (organisation_id) DO UPDATE
   SET organisation_kind = excluded.organisation_kind, wording_id = excluded.wording_id,
       start_date = excluded.start_date, end_date = excluded.end_date
"""
