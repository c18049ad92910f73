"""Every statement about entries, revisions and publications. The caller owns the transaction.

Whoever changes an entry locks its row first, several in the order of their ids.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from services.chassis.database import Connection
from services.directory.editing.entry import Entry, Revision

# As `dataclasses.astuple`, which copies all that a document holds.
_ENTRY_VALUES: Final[Callable[[Entry], tuple[Any, ...]]] = attrgetter(
    *(field.name for field in fields(Entry))
)
_REVISION_VALUES: Final[Callable[[Revision], tuple[Any, ...]]] = attrgetter(
    *(field.name for field in fields(Revision))
)


async def entries(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Return those of the entries that exist."""
    return {row["id"]: Entry(**row) for row in await connection.fetch(_ENTRIES, list(ids))}


async def lock_entries(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Return those of the entries that exist, to be changed in this transaction by nobody else."""
    await hold(connection, ids)
    # Read in a statement of its own: it has to see what those committed for whom the lock waited.
    return await entries(connection, ids)


async def hold(connection: Connection, ids: Collection[UUID]) -> None:
    """Lock the rows of entries, those of several in the order of their ids."""
    await connection.execute(_LOCK, list(ids))


async def add_entry(connection: Connection, entry: Entry, first: Revision) -> bool:
    """Insert an entry with its first revision; False if there is one of that id."""
    if await connection.fetchval(_ADD_ENTRY, *_ENTRY_VALUES(entry)) is None:
        return False
    await add_revisions(connection, [first])
    return True


async def add_entries(connection: Connection, new: Sequence[tuple[Entry, Revision]]) -> None:
    """Insert entries, each with its first revision; their ids are known to be free."""
    await connection.executemany(_ADD_ENTRY, [_ENTRY_VALUES(entry) for entry, _ in new])
    await add_revisions(connection, [revision for _, revision in new])


async def change_entries(connection: Connection, changed: Sequence[Entry]) -> None:
    """Store entries whose rows are locked; all but their id, kind and owner may have changed."""
    await connection.executemany(
        _CHANGE_ENTRY,
        [
            (
                entry.id,
                entry.state,
                entry.published_revision,
                entry.latest_revision,
                entry.visible_from,
                entry.visible_until,
                entry.assured_time,
                entry.assurer,
                entry.review_due_date,
                entry.unconfirmed_since,
                entry.vanished_time,
                entry.capacity,
                entry.waiting_weeks,
                entry.capacity_time,
                entry.update_time,
            )
            for entry in changed
        ],
    )


async def add_revisions(connection: Connection, revisions: Sequence[Revision]) -> None:
    """Insert revisions, each of an entry whose row is locked or new."""
    await connection.executemany(_ADD_REVISION, [_row(revision) for revision in revisions])


async def change_revision(connection: Connection, revision: Revision) -> None:
    """Store where a revision stands and what was decided; never what it says."""
    await connection.execute(
        _CHANGE_REVISION,
        revision.entry_id,
        revision.number,
        revision.state,
        revision.submitter,
        revision.reviewer,
        revision.review_note,
        revision.review_time,
    )


async def supersede(connection: Connection, entry_id: UUID) -> None:
    """Supersede what is still a draft or waits for a decision."""
    await connection.execute(_SUPERSEDE, entry_id)


async def revision(connection: Connection, entry_id: UUID, number: int) -> Revision | None:
    """Return one revision, None if there is none of that number."""
    row = await connection.fetchrow(_REVISION, entry_id, number)
    return None if row is None else _revision(row)


async def published_revisions(connection: Connection, ids: Collection[UUID]) -> list[Revision]:
    """Return the published revisions of those of the entries that have one."""
    return [_revision(row) for row in await connection.fetch(_PUBLISHED_REVISIONS, list(ids))]


async def revisions(connection: Connection, entry_id: UUID, below: int, limit: int) -> list[Revision]:
    """Return at most `limit` revisions of an entry with numbers under `below`, the latest first."""
    return [_revision(row) for row in await connection.fetch(_REVISIONS, entry_id, below, limit)]


async def hide(connection: Connection, cleaned: Sequence[Revision]) -> None:
    """Overwrite documents and notes of revisions: only to take out where a confidential place is."""
    await connection.executemany(
        _HIDE,
        [(one.entry_id, one.number, json.dumps(one.document), one.note, one.review_note) for one in cleaned],
    )


async def forget_imported(connection: Connection, entry_id: UUID) -> None:
    """Empty what imports said of an entry while it was not confidential."""
    await connection.execute(_FORGET_RECORDS, entry_id)
    await connection.execute(_FORGET_LINK, entry_id)


async def documents(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return what the published revisions of entries say, by the id of the entry."""
    rows = await connection.fetch(_DOCUMENTS, list(ids))
    return {row["entry_id"]: json.loads(row["document"]) for row in rows}


async def published(
    connection: Connection, ids: Collection[UUID]
) -> dict[UUID, tuple[Entry, dict[str, Any]]]:
    """Return those of the entries that have a published revision, with what it says."""
    found = {}
    for row in await connection.fetch(_PUBLISHED, list(ids)):
        values = dict(row)
        document = json.loads(values.pop("document"))
        found[row["id"]] = (Entry(**values), document)
    return found


async def latest_documents(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return what the latest revisions of entries say, published or not, by the id of the entry."""
    rows = await connection.fetch(_LATEST_DOCUMENTS, list(ids))
    return {row["entry_id"]: json.loads(row["document"]) for row in rows}


async def services_at(connection: Connection, location_id: UUID) -> list[dict[str, Any]]:
    """Return what the latest and the published revisions of services say that name a location.

    Reads all services: for what is seldom done.
    """
    names = json.dumps({"service_at_locations": [{"location_id": str(location_id)}]})
    return [json.loads(row["document"]) for row in await connection.fetch(_SERVICES_AT, names)]


async def display_names(connection: Connection, chosen: Sequence[Entry]) -> dict[UUID, str]:
    """Return the name that each entry says, in its published revision or else in its latest."""
    rows = await connection.fetch(
        _DISPLAY_NAMES,
        [entry.id for entry in chosen],
        [entry.published_revision or entry.latest_revision for entry in chosen],
    )
    return {row["entry_id"]: row["display_name"] for row in rows}


async def list_entries(
    connection: Connection,
    organisation_id: UUID | None,
    kind: int,
    state: int,
    after: UUID | None,
    limit: int,
    *,
    submitted: bool,
) -> list[Entry]:
    """Return at most `limit` entries by id, those after `after`; of all organisations, kinds, states for None and 0."""
    rows = await connection.fetch(_LIST, organisation_id, kind, state, after, submitted, limit)
    return [Entry(**row) for row in rows]


def _row(one: Revision) -> tuple[Any, ...]:
    values = _REVISION_VALUES(one)
    return (*values[:2], json.dumps(one.document), *values[3:-1], json.dumps(one.provenance))


def _revision(row: Record) -> Revision:
    values = dict(row)
    values["document"] = json.loads(values["document"])
    values["provenance"] = json.loads(values["provenance"])
    return Revision(**values)


_ENTRIES = """
SELECT id, kind, organisation_id, source_id, state, published_revision, latest_revision, visible_from,
       visible_until, assured_time, assurer, review_due_date, unconfirmed_since, vanished_time, capacity, waiting_weeks,
       capacity_time, update_time
  FROM entry
 WHERE id = ANY($1::uuid[])
"""

_LOCK = "SELECT FROM entry WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"

_ADD_ENTRY = """
INSERT INTO entry (id, kind, organisation_id, source_id, state, published_revision, latest_revision, visible_from,
                    visible_until, assured_time, assurer, review_due_date, unconfirmed_since, vanished_time, capacity,
                   waiting_weeks, capacity_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT DO NOTHING
RETURNING id
"""

_CHANGE_ENTRY = """
UPDATE entry
   SET state = $2, published_revision = $3, latest_revision = $4, visible_from = $5, visible_until = $6,
       assured_time = $7, assurer = $8, review_due_date = $9, unconfirmed_since = $10, vanished_time = $11,
       capacity = $12, waiting_weeks = $13, capacity_time = $14, update_time = $15
 WHERE id = $1
"""

_ADD_REVISION = """
INSERT INTO revision (entry_id, number, document, state, author, author_organisation_id, submitter, note, create_time,
                      reviewer, review_note, review_time, provenance)
VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb)
"""

_CHANGE_REVISION = """
UPDATE revision
   SET state = $3, submitter = $4, reviewer = $5, review_note = $6, review_time = $7
 WHERE entry_id = $1 AND number = $2
"""

# 1 and 2 are DRAFT and SUBMITTED, 5 is SUPERSEDED.
_SUPERSEDE = "UPDATE revision SET state = 5 WHERE entry_id = $1 AND state IN (1, 2)"

_REVISION = """
SELECT entry_id, number, document, state, author, author_organisation_id, submitter, note, create_time, reviewer,
       review_note, review_time, provenance
  FROM revision
 WHERE entry_id = $1 AND number = $2
"""

_PUBLISHED_REVISIONS = """
SELECT r.entry_id, r.number, r.document, r.state, r.author, r.author_organisation_id, r.submitter, r.note,
       r.create_time, r.reviewer, r.review_note, r.review_time, r.provenance
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE e.id = ANY($1::uuid[])
"""

_REVISIONS = """
SELECT entry_id, number, document, state, author, author_organisation_id, submitter, note, create_time, reviewer,
       review_note, review_time, provenance
  FROM revision
 WHERE entry_id = $1 AND number < $2
 ORDER BY number DESC
 LIMIT $3
"""

_HIDE = """
UPDATE revision SET document = $3::jsonb, note = $4, review_note = $5 WHERE entry_id = $1 AND number = $2
"""

_FORGET_RECORDS = """
UPDATE import_record
   SET document = NULL, display_name = '', publisher_id = '', problems = '[]', changes = '[]'
 WHERE id = $1 AND NOT confidential
"""

_FORGET_LINK = "UPDATE import_link SET display_name = '', publisher_id = '' WHERE entry_id = $1"

_DOCUMENTS = """
SELECT r.entry_id, r.document
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE e.id = ANY($1::uuid[])
"""

_PUBLISHED = """
SELECT e.id, e.kind, e.organisation_id, e.source_id, e.state, e.published_revision, e.latest_revision, e.visible_from,
       e.visible_until, e.assured_time, e.assurer, e.review_due_date, e.vanished_time, e.capacity, e.waiting_weeks,
       e.capacity_time, e.unconfirmed_since, e.update_time,
       r.document
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.published_revision
 WHERE e.id = ANY($1::uuid[])
"""

_LATEST_DOCUMENTS = """
SELECT r.entry_id, r.document
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number = e.latest_revision
 WHERE e.id = ANY($1::uuid[])
"""

# 2 is SERVICE.
_SERVICES_AT = """
SELECT r.document
  FROM entry AS e
  JOIN revision AS r ON r.entry_id = e.id AND r.number IN (e.latest_revision, e.published_revision)
 WHERE e.kind = 2 AND r.document @> $1::jsonb
"""

_DISPLAY_NAMES = """
SELECT r.entry_id, coalesce(r.document ->> 'name', '') AS display_name
  FROM unnest($1::uuid[], $2::bigint[]) AS chosen (entry_id, number)
  JOIN revision AS r ON r.entry_id = chosen.entry_id AND r.number = chosen.number
"""

_LIST = """
SELECT e.id, e.kind, e.organisation_id, e.source_id, e.state, e.published_revision, e.latest_revision, e.visible_from,
       e.visible_until, e.assured_time, e.assurer, e.review_due_date, e.unconfirmed_since, e.vanished_time, e.capacity,
       e.waiting_weeks, e.capacity_time, e.update_time
  FROM entry AS e
 WHERE ($1::uuid IS NULL OR e.organisation_id = $1)
   AND ($2::smallint = 0 OR e.kind = $2)
   AND ($3::smallint = 0 OR e.state = $3)
   AND ($4::uuid IS NULL OR e.id > $4)
   AND (NOT $5::boolean OR EXISTS (SELECT FROM revision AS r WHERE r.entry_id = e.id AND r.state = 2))
 ORDER BY e.id
 LIMIT $6
"""
