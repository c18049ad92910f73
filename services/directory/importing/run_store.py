"""Every statement about sources and runs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kith.directory.v1.import_run_pb2 import ImportRun
from services.chassis.database import Connection
from services.directory.importing.run import OPEN, OURS, Approval, Run
from services.directory.importing.source import Source, Term


async def add_source(connection: Connection, source: Source) -> None:
    """Insert the source; its organisation must exist."""
    await connection.execute(_ADD_SOURCE, *_row(source))


async def save_source(connection: Connection, source: Source) -> None:
    """Store what may change of the source, which is locked."""
    await connection.execute(_SAVE_SOURCE, *_row(source))


async def source(connection: Connection, source_id: UUID, *, lock: bool = False) -> Source | None:
    """Return the source, to be changed by nobody else if `lock`; None if there is none."""
    row = await connection.fetchrow(_LOCK_SOURCE if lock else _SOURCE, source_id)
    return _source(row) if row is not None else None


async def sources_by_name(connection: Connection, after: UUID | None, limit: int) -> list[Source]:
    """Return at most `limit` sources, those after the source `after`."""
    return [_source(row) for row in await connection.fetch(_SOURCES_BY_NAME, after, limit)]


async def due_sources(connection: Connection, now: datetime) -> list[UUID]:
    """Return sources that are to be asked now, the longest overdue first."""
    return [row["id"] for row in await connection.fetch(_DUE, now)]


async def sources_at_work(connection: Connection) -> list[UUID]:
    """Return sources with a run that goes on by itself."""
    return [row["source_id"] for row in await connection.fetch(_AT_WORK, OURS)]


async def add_run(connection: Connection, run: Run) -> None:
    """Insert the run; raises UniqueViolationError if one of the source has not ended."""
    await connection.execute(_ADD_RUN, *(getattr(run, name) for name in _RUN_COLUMNS))


async def run(connection: Connection, run_id: UUID, *, lock: bool = False) -> Run | None:
    """Return the run, to be changed by nobody else if `lock`; None if there is none."""
    row = await connection.fetchrow(_LOCK_RUN if lock else _RUN, run_id)
    return Run(**row) if row is not None else None


async def open_run(connection: Connection, source_id: UUID) -> Run | None:
    """Return the source's run that has not ended, locked; None if there is none."""
    row = await connection.fetchrow(_OPEN_RUN, source_id, OPEN)
    return Run(**row) if row is not None else None


async def runs_newest_first(
    connection: Connection, source_id: UUID | None, before: UUID | None, limit: int
) -> list[Run]:
    """Return at most `limit` runs, those begun before the run `before`; of all sources if None is given."""
    return [Run(**row) for row in await connection.fetch(_RUNS, source_id, before, limit)]


async def enter(connection: Connection, run_id: UUID, state: ImportRun.State) -> None:
    """Store the state."""
    await connection.execute(_ENTER, run_id, state)


async def start(connection: Connection, run_id: UUID, now: datetime) -> None:
    """Store that its reading begins."""
    await connection.execute(_START, run_id, ImportRun.STATE_STAGING, now)


async def end(
    connection: Connection,
    run_id: UUID,
    state: ImportRun.State,
    now: datetime,
    *,
    failure: ImportRun.Failure = ImportRun.FAILURE_UNSPECIFIED,
    row: int = 0,
) -> None:
    """Store that it has ended in `state`."""
    await connection.execute(_END, run_id, state, now, failure, row)


async def advance(connection: Connection, run_id: UUID, *, pages: int, rows: int, size: int) -> None:
    """Add to how far it is."""
    await connection.execute(_ADVANCE, run_id, pages, rows, size)


async def hold_loss(connection: Connection, run_id: UUID, *, held: bool) -> None:
    """Store whether its loss has to be confirmed."""
    await connection.execute(_HOLD_LOSS, run_id, held)


async def approve(
    connection: Connection, run_id: UUID, reviewer: str, approval: Approval, *, take_published: bool
) -> None:
    """Store who approved what, and that it is being published."""
    await connection.execute(_APPROVE, run_id, ImportRun.STATE_APPLYING, reviewer, approval, take_published)


async def schedule(connection: Connection, source_id: UUID, next_run_time: datetime | None) -> None:
    """Store when the source is to be asked again."""
    await connection.execute(_SCHEDULE, source_id, next_run_time)


async def taken_in(connection: Connection, run: Run, *, full: bool) -> None:
    """Store on the source that the run came to its end: the next one asks for what changed since it began."""
    await connection.execute(_TAKEN_IN, run.source_id, run.start_time, full)


def _row(source: Source) -> list[Any]:
    values: dict[str, Any] = {name: getattr(source, name) for name in _SOURCE_COLUMNS}
    values["terms"] = json.dumps(
        [
            {
                "taxonomy": term.taxonomy,
                "term": term.term,
                "taxonomy_term_id": str(term.taxonomy_term_id) if term.taxonomy_term_id else None,
                "kind": term.kind,
            }
            for term in source.terms
        ]
    )
    values["columns"] = json.dumps(dict(source.columns))
    return list(values.values())


def _source(row: Any) -> Source:
    values = dict(row)
    values["allowed_hosts"] = tuple(values["allowed_hosts"])
    values["columns"] = json.loads(values["columns"])
    values["terms"] = tuple(
        Term(
            term["taxonomy"],
            term["term"],
            UUID(term["taxonomy_term_id"]) if term["taxonomy_term_id"] else None,
            term["kind"],
        )
        for term in json.loads(values["terms"])
    )
    return Source(**values)


_SOURCE_COLUMNS: Final[Sequence[str]] = (
    "id", "kind", "display_name", "organisation_id", "base_url", "allowed_hosts", "licence", "attribution",
    "interval_hours", "full_interval_hours", "loss_limit_percent", "default_kind", "terms", "columns", "paused",
    "next_run_time", "full_run_time", "modified_after", "update_time",
)  # fmt: skip
_RUN_COLUMNS: Final[Sequence[str]] = (
    "id", "source_id", "scope", "state", "failure", "failure_row", "modified_after", "page_count", "row_count",
    "byte_count", "loss_held", "uploader", "reviewer", "approval", "take_published", "create_time", "start_time",
    "end_time",
)  # fmt: skip

_ADD_SOURCE = """
INSERT INTO import_source (id, kind, display_name, organisation_id, base_url, allowed_hosts, licence, attribution,
                           interval_hours, full_interval_hours, loss_limit_percent, default_kind, terms, columns,
                           paused, next_run_time, full_run_time, modified_after, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
"""

# What a source is and whose never changes: the ids of what came from it hang on it.
_SAVE_SOURCE = """
UPDATE import_source
   SET display_name = $3, base_url = $5, allowed_hosts = $6, licence = $7, attribution = $8, interval_hours = $9,
       full_interval_hours = $10, loss_limit_percent = $11, default_kind = $12, terms = $13, columns = $14,
       paused = $15, next_run_time = $16, full_run_time = $17, modified_after = $18, update_time = $19
 WHERE id = $1 AND kind = $2 AND organisation_id = $4
"""

_SOURCE = """
SELECT id, kind, display_name, organisation_id, base_url, allowed_hosts, licence, attribution, interval_hours,
       full_interval_hours, loss_limit_percent, default_kind, terms, columns, paused, next_run_time, full_run_time,
       modified_after, update_time
  FROM import_source
 WHERE id = $1
"""

_LOCK_SOURCE = """
SELECT id, kind, display_name, organisation_id, base_url, allowed_hosts, licence, attribution, interval_hours,
       full_interval_hours, loss_limit_percent, default_kind, terms, columns, paused, next_run_time, full_run_time,
       modified_after, update_time
  FROM import_source
 WHERE id = $1
   FOR UPDATE
"""

_SOURCES_BY_NAME = """
SELECT id, kind, display_name, organisation_id, base_url, allowed_hosts, licence, attribution, interval_hours,
       full_interval_hours, loss_limit_percent, default_kind, '[]' AS terms, '{}' AS columns, paused, next_run_time,
       full_run_time, modified_after, update_time
  FROM import_source
 WHERE $1::uuid IS NULL
    OR (lower(display_name), id) > (SELECT lower(display_name), id FROM import_source WHERE id = $1)
 ORDER BY lower(display_name), id
 LIMIT $2
"""

_DUE = """
SELECT id FROM import_source WHERE next_run_time <= $1 AND NOT paused ORDER BY next_run_time LIMIT 20
"""

_AT_WORK = "SELECT source_id FROM import_run WHERE state = ANY($1::smallint[]) ORDER BY create_time LIMIT 20"

_SCHEDULE = "UPDATE import_source SET next_run_time = $2 WHERE id = $1"

_ADD_RUN = """
INSERT INTO import_run (id, source_id, scope, state, failure, failure_row, modified_after, page_count, row_count,
                        byte_count, loss_held, uploader, reviewer, approval, take_published, create_time, start_time,
                        end_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""

_RUN = """
SELECT id, source_id, scope, state, failure, failure_row, modified_after, page_count, row_count, byte_count,
       loss_held, uploader, reviewer, approval, take_published, create_time, start_time, end_time
  FROM import_run
 WHERE id = $1
"""

_LOCK_RUN = """
SELECT id, source_id, scope, state, failure, failure_row, modified_after, page_count, row_count, byte_count,
       loss_held, uploader, reviewer, approval, take_published, create_time, start_time, end_time
  FROM import_run
 WHERE id = $1
   FOR UPDATE
"""

_OPEN_RUN = """
SELECT id, source_id, scope, state, failure, failure_row, modified_after, page_count, row_count, byte_count,
       loss_held, uploader, reviewer, approval, take_published, create_time, start_time, end_time
  FROM import_run
 WHERE source_id = $1 AND state = ANY($2::smallint[])
   FOR UPDATE
"""

_RUNS = """
SELECT id, source_id, scope, state, failure, failure_row, modified_after, page_count, row_count, byte_count,
       loss_held, uploader, reviewer, approval, take_published, create_time, start_time, end_time
  FROM import_run
 WHERE ($1::uuid IS NULL OR source_id = $1)
   AND ($2::uuid IS NULL OR (create_time, id) < (SELECT create_time, id FROM import_run WHERE id = $2))
 ORDER BY create_time DESC, id DESC
 LIMIT $3
"""

_ENTER = "UPDATE import_run SET state = $2 WHERE id = $1"

_START = "UPDATE import_run SET state = $2, start_time = $3 WHERE id = $1"

_END = """
UPDATE import_run SET state = $2, end_time = $3, failure = $4, failure_row = $5 WHERE id = $1
"""

_ADVANCE = """
UPDATE import_run
   SET page_count = page_count + $2, row_count = row_count + $3, byte_count = byte_count + $4
 WHERE id = $1
"""

_HOLD_LOSS = "UPDATE import_run SET loss_held = $2 WHERE id = $1"

_APPROVE = """
UPDATE import_run SET state = $2, reviewer = $3, approval = $4, take_published = $5 WHERE id = $1
"""

# An hour back: clocks differ, and what is asked for twice is found unchanged. Mappings that changed meanwhile want
# everything all the same.
_TAKEN_IN = """
UPDATE import_source
   SET modified_after = $2::timestamptz - interval '1 hour',
       full_run_time = CASE WHEN $3 AND update_time <= $2 THEN $2 ELSE full_run_time END
 WHERE id = $1
"""
