"""Every statement on `publication` that finding makes. It only reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kith.directory.v1.publication_service_pb2 import PublicationKind
from services.chassis.database import Connection

PIECE_BYTES: Final = 1_000_000
"""Of JSON in one piece of an export, but for one publication that is larger itself."""


@dataclass(frozen=True, slots=True)
class Published:
    """A publication as it is served; `json` in the view asked for, None if none was asked for.

    `full_json` is there too where it was asked for beside another view.
    """

    kind: PublicationKind
    id: UUID
    organization_id: UUID | None
    json: str | None
    etag: str
    modified_time: datetime
    full_json: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A publication to be indexed; without JSON it is gone. `position` is its place in the order of changes."""

    kind: int
    id: UUID
    organization_id: UUID | None
    full_json: str | None
    modified_time: datetime
    position: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which publications an export has: of a kind, and of an organization, modified since, if those are not None."""

    kind: int
    organization_id: UUID | None
    modified_after: datetime | None


async def publication(connection: Connection, kind: int, id_: UUID, etags: Sequence[str]) -> Published | None:
    """Return a publication whole, without its JSON if it has one of the etags; None if there is none now."""
    row = await connection.fetchrow(_PUBLICATION, kind, id_, list(etags))
    return Published(**row) if row else None


async def publications(
    connection: Connection, kind: int, ids: Sequence[UUID], view: int, *, full: bool = False
) -> dict[UUID, Published]:
    """Return those of the publications that there are now, in a view, and if so asked with their full JSON beside."""
    rows = await connection.fetch(_PUBLICATIONS, kind, list(ids), view, full)
    return {row["id"]: Published(**row) for row in rows}


async def piece(
    connection: Connection, selection: Selection, after: UUID, view: int, limit: int
) -> tuple[list[Published], bool]:
    """Return at most `limit` publications after an id, and at most PIECE_BYTES of them, and whether there are more."""
    rows = await connection.fetch(
        _PIECE,
        selection.kind,
        after,
        selection.organization_id,
        selection.modified_after,
        view,
        limit + 1,
        PIECE_BYTES,
    )
    more = bool(rows) and (len(rows) > limit or rows[0]["had"] > len(rows))
    found = [Published(**{name: row[name] for name in _SERVED}) for row in rows[:limit]]
    return found, more


async def changes(connection: Connection, after: tuple[int, int], limit: int) -> list[Changed]:
    """Return at most `limit` publications that changed after a position, the oldest change first.

    One that changes again has only its last position. None is ever passed over: a change waits until all transactions
    that began before its own have ended, as in `chassis.outbox`.
    """
    rows = await connection.fetch(_CHANGES, str(after[0]), after[1], limit)
    return [
        Changed(
            row["kind"],
            row["id"],
            row["organization_id"],
            row["full_json"],
            row["modified_time"],
            (int(row["transaction"]), row["sequence"]),
        )
        for row in rows
    ]


_SERVED: Final = ("kind", "id", "organization_id", "json", "etag", "modified_time")

_PUBLICATION = """
SELECT kind, id, organization_id, CASE WHEN etag <> ALL($3::text[]) THEN full_json END AS json, etag, modified_time
  FROM publication
 WHERE kind = $1 AND id = $2 AND full_json IS NOT NULL
"""

# Views are the numbers of PublicationView: 2 the list form, 3 the full one.
_PUBLICATIONS = """
SELECT kind, id, organization_id, CASE $3::int WHEN 2 THEN list_json WHEN 3 THEN full_json END AS json, etag,
modified_time, CASE WHEN $4 THEN full_json END AS full_json
  FROM publication
 WHERE kind = $1 AND id = ANY($2::uuid[]) AND full_json IS NOT NULL
"""

_PIECE = """
WITH next AS (
  SELECT kind, id, organization_id, CASE $5::int WHEN 2 THEN list_json WHEN 3 THEN full_json END AS json, etag,
  modified_time
    FROM publication
   WHERE kind = $1 AND id > $2 AND full_json IS NOT NULL
     AND ($3::uuid IS NULL OR organization_id = $3) AND ($4::timestamptz IS NULL OR modified_time >= $4)
   ORDER BY id
   LIMIT $6
), sized AS (
  SELECT *, count(*) OVER () AS had, coalesce(octet_length(json), 0) AS size,
  sum(coalesce(octet_length(json), 0)) OVER (ORDER BY id) AS up_to_here
    FROM next
)
SELECT kind, id, organization_id, json, etag, modified_time, had
  FROM sized
 WHERE up_to_here - size < $7
 ORDER BY id
"""

_CHANGES = """
SELECT kind, id, organization_id, full_json, modified_time, change_xid::text AS transaction, sequence
  FROM publication
 WHERE (change_xid, sequence) > ($1::text::xid8, $2::bigint)
   AND change_xid < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY change_xid, sequence
 LIMIT $3
"""
