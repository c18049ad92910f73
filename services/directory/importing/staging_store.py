"""Every statement about what is staged: records, unknown terms, raw pages, and which entry came from where."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kith.directory.v1.entry_pb2 import ENTRY_KIND_SERVICE
from kith.directory.v1.import_run_pb2 import ImportRecord
from services.chassis.database import Connection
from services.directory.importing.run import Approval
from services.directory.importing.staging import Staged


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing found of a record."""

    id: UUID
    outcome: ImportRecord.Outcome
    document: dict[str, Any] | None
    problems: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    conflicting: bool
    confidential: bool
    same: bool = False
    """Whether what came says the same as what is here, in other words."""


async def known_digests(connection: Connection, source_id: UUID, ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Return what was last taken of those of the ids that are here and not marked as vanished."""
    rows = await connection.fetch(_KNOWN_DIGESTS, list(ids), source_id)
    return {row["entry_id"]: row["digest"] for row in rows}


async def stage(connection: Connection, run_id: UUID, staged: Collection[Staged]) -> int:
    """Store records; returns how many services of them the run had not met before.

    Of copies that differ the one of most weight stays, whichever comes first.
    """
    fresh: int = await connection.fetchval(
        _STAGE,
        run_id,
        [one.record.id for one in staged],
        [one.record.kind for one in staged],
        [one.record.publisher_id for one in staged],
        [one.record.display_name for one in staged],
        [None if one.record.document is None else json.dumps(one.record.document) for one in staged],
        [one.digest for one in staged],
        [one.weight for one in staged],
        [one.record.confidential for one in staged],
        [json.dumps([str(need) for need in one.needs]) for one in staged],
        [one.outcome for one in staged],
        [json.dumps([asdict(problem) for problem in one.record.problems]) for one in staged],
        ENTRY_KIND_SERVICE,
    )
    return fresh


async def count_terms(connection: Connection, run_id: UUID, terms: Counter[tuple[str, str]]) -> None:
    """Add to how often unknown terms were met."""
    if terms:
        names = sorted(terms)
        await connection.execute(
            _COUNT_TERMS,
            run_id,
            [taxonomy for taxonomy, _ in names],
            [term for _, term in names],
            [terms[name] for name in names],
        )


async def unknown_terms(connection: Connection, run_id: UUID) -> list[tuple[str, str, int]]:
    """Return (taxonomy, term, how often), those met most first; at most 1000."""
    return [tuple(row) for row in await connection.fetch(_UNKNOWN_TERMS, run_id)]


async def add_raw(
    connection: Connection, run_id: UUID, number: int, sealed: tuple[str, bytes], now: datetime
) -> None:
    """Keep a page or piece as it came, sealed: (version of the key, ciphertext)."""
    await connection.execute(_ADD_RAW, run_id, number, *sealed, now)


async def raw(connection: Connection, run_id: UUID, number: int) -> tuple[str, bytes] | None:
    """Return a page or piece: (version of the key, ciphertext); None if there is none."""
    row = await connection.fetchrow(_RAW, run_id, number)
    return (row["key_version"], row["sealed"]) if row is not None else None


async def waiting(connection: Connection, run_id: UUID, kind: int, limit: int) -> list[Record]:
    """Return records of a kind that are not yet compared, each with what is here of it."""
    return await connection.fetch(_WAITING, run_id, kind, limit)


async def present(connection: Connection, run_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Return those of the entries that are public here, or can be taken in with this run."""
    return {row["id"] for row in await connection.fetch(_PRESENT, run_id, list(ids))}


async def in_the_open(connection: Connection, run_id: UUID, organizations: Collection[UUID]) -> set[UUID]:
    """Return those of the organizations that have a service, in the run or public here, which is not confidential.

    Of one that is in both counts what it is here.
    """
    return {row["id"] for row in await connection.fetch(_IN_THE_OPEN, run_id, list(organizations))}


async def save_verdicts(connection: Connection, run_id: UUID, verdicts: Sequence[Verdict]) -> None:
    """Store what comparing found; what is to be decided waits for an editor."""
    await connection.execute(
        _SAVE_VERDICTS,
        run_id,
        [one.id for one in verdicts],
        [one.outcome for one in verdicts],
        [_UNDECIDED if one.outcome in TO_DECIDE else _NOTHING for one in verdicts],
        [None if one.document is None else json.dumps(one.document) for one in verdicts],
        [json.dumps(one.problems) for one in verdicts],
        [json.dumps(one.changes) for one in verdicts],
        [one.conflicting for one in verdicts],
        [one.confidential for one in verdicts],
    )
    same = [one.id for one in verdicts if one.same]
    await connection.execute(_SAME_AFTER_ALL, run_id, same)


async def mark_vanished(connection: Connection, run_id: UUID, source_id: UUID) -> None:
    """Add a record for each service of the source that the run has not met."""
    await connection.execute(
        _MARK_VANISHED, run_id, source_id, ENTRY_KIND_SERVICE, _VANISHED, _UNDECIDED, timeout=LONG_SECONDS
    )


async def known_services(connection: Connection, source_id: UUID) -> int:
    """Return how many services of the source are here and not marked as vanished."""
    return int(await connection.fetchval(_KNOWN_SERVICES, source_id, ENTRY_KIND_SERVICE))


async def hint_at_duplicates(connection: Connection, run_id: UUID, after: UUID, limit: int) -> UUID | None:
    """Note on new services which published ones from elsewhere have their name; a piece at a time.

    Returns the last entry looked at, to go on after; None at the end.
    """
    last: UUID | None = await connection.fetchval(
        _HINT, run_id, ENTRY_KIND_SERVICE, ImportRecord.OUTCOME_NEW, after, limit, timeout=LONG_SECONDS
    )
    return last


async def counts(connection: Connection, run_id: UUID) -> list[Record]:
    """Return `outcome`, `decision`, `conflicting`, `duplicate` and `number` for each combination there is."""
    return await connection.fetch(_COUNTS, run_id)


async def results(
    connection: Connection,
    run_id: UUID,
    outcome: int,
    *,
    conflicting_only: bool,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Return at most `limit` records by id, those after the record `after`; of any outcome if it is 0."""
    return await connection.fetch(_RESULTS, run_id, outcome, conflicting_only, after, limit)


async def choose(connection: Connection, run_id: UUID, ids: Sequence[UUID]) -> None:
    """Approve undecided records and what they need."""
    await connection.execute(_CHOOSE, run_id, list(ids), _APPROVED, _UNDECIDED)


async def vanished_among(connection: Connection, run_id: UUID, ids: Sequence[UUID]) -> int:
    """Return how many of the records, of all if `ids` is empty, are undecided services that have vanished."""
    return int(await connection.fetchval(_VANISHED_AMONG, run_id, list(ids), _VANISHED, _UNDECIDED))


async def others_wait(connection: Connection, run_id: UUID) -> bool:
    """Whether anything that has not vanished waits for an editor."""
    return bool(await connection.fetchval(_OTHERS_WAIT, run_id, _UNDECIDED, _VANISHED))


async def approved(
    connection: Connection, run_id: UUID, approval: Approval, kind: int, after: UUID, limit: int
) -> list[Record]:
    """Return at most `limit` records of a kind that are approved and not yet applied, by id, those after `after`."""
    # What was approved by itself is applied before the run waits again.
    decision = _APPROVED if approval == Approval.CHOSEN else _UNDECIDED
    left_out = _VANISHED if approval == Approval.SENT else ImportRecord.OUTCOME_UNSPECIFIED
    return await connection.fetch(_TO_APPLY, run_id, kind, decision, left_out, after, limit)


async def undecided(connection: Connection, run_id: UUID) -> bool:
    """Whether anything of the run waits for an editor."""
    return bool(await connection.fetchval(_ANY_UNDECIDED, run_id, _UNDECIDED))


async def applied(connection: Connection, run_id: UUID, ids: Collection[UUID]) -> None:
    """Store that records are published, or noted."""
    await connection.execute(_APPLIED, run_id, list(ids), ImportRecord.DECISION_APPLIED)


async def make_invalid(connection: Connection, run_id: UUID, ids: Collection[UUID]) -> None:
    """Store that records could not be taken in after all: what is here has changed since they were approved."""
    if ids:
        await connection.execute(_MAKE_INVALID, run_id, list(ids), ImportRecord.OUTCOME_INVALID)


async def link(connection: Connection, run_id: UUID, source_id: UUID, ids: Collection[UUID]) -> None:
    """Remember that these records of the run were taken from the source."""
    await connection.execute(_LINK, run_id, source_id, list(ids))


LONG_SECONDS: Final = 60.0
"""For a statement over a whole run, on a connection whose server allows as much."""
_NOTHING: Final = ImportRecord.DECISION_UNSPECIFIED
_UNDECIDED: Final = ImportRecord.DECISION_UNDECIDED
_APPROVED: Final = ImportRecord.DECISION_APPROVED
_VANISHED: Final = ImportRecord.OUTCOME_VANISHED
TO_DECIDE: Final = frozenset(
    {
        ImportRecord.OUTCOME_NEW,
        ImportRecord.OUTCOME_CHANGED,
        ImportRecord.OUTCOME_VANISHED,
        ImportRecord.OUTCOME_RETURNED,
    }
)
"""The outcomes that an editor decides on."""

_KNOWN_DIGESTS = """
SELECT l.entry_id, l.digest
  FROM import_link AS l
  JOIN entry AS e ON e.id = l.entry_id
 WHERE l.entry_id = ANY($1::uuid[]) AND l.source_id = $2 AND e.vanished_time IS NULL
"""

# A twin with the same digest is left as it is; else the heavier one stays, and what is confidential stays so, but an
# organization (1) that also has a service in the open.
_STAGE = """
WITH stored AS (
INSERT INTO import_record AS r (run_id, id, kind, publisher_id, display_name, document, digest, weight, confidential,
                                needs, outcome, decision, problems, changes, conflicting, duplicate_ids)
SELECT $1, s.id, s.kind, s.publisher_id, s.display_name, s.document, s.digest, s.weight, s.confidential,
       ARRAY(SELECT jsonb_array_elements_text(s.needs)::uuid), s.outcome, 0, s.problems, '[]', false, '{}'
  FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[], $8::bigint[], $9::boolean[],
              $10::jsonb[], $11::smallint[], $12::jsonb[])
    AS s (id, kind, publisher_id, display_name, document, digest, weight, confidential, needs, outcome, problems)
    ON CONFLICT (run_id, id) DO UPDATE
   SET publisher_id = excluded.publisher_id, display_name = excluded.display_name, document = excluded.document,
       digest = excluded.digest, weight = excluded.weight, needs = excluded.needs,
       confidential = excluded.confidential OR (r.confidential AND r.kind <> 1),
       outcome = excluded.outcome, problems = excluded.problems
 WHERE r.digest <> excluded.digest AND (excluded.weight, excluded.digest) > (r.weight, r.digest)
RETURNING kind, xmax = 0 AS met_first)
SELECT count(*) FROM stored WHERE met_first AND kind = $13
"""

_COUNT_TERMS = """
INSERT INTO import_term AS t (run_id, taxonomy, term, use_count)
SELECT $1, s.taxonomy, s.term, s.use_count
  FROM unnest($2::text[], $3::text[], $4::bigint[]) AS s (taxonomy, term, use_count)
    ON CONFLICT (run_id, taxonomy, term) DO UPDATE SET use_count = t.use_count + excluded.use_count
"""

_UNKNOWN_TERMS = """
SELECT taxonomy, term, use_count FROM import_term WHERE run_id = $1 ORDER BY use_count DESC, taxonomy, term LIMIT 1000
"""

_ADD_RAW = """
INSERT INTO import_raw (run_id, number, key_version, sealed, create_time) VALUES ($1, $2, $3, $4, $5)
"""

_RAW = "SELECT key_version, sealed FROM import_raw WHERE run_id = $1 AND number = $2"

_WAITING = """
SELECT r.id, r.kind, r.document, r.problems, r.confidential, r.needs, e.state, e.vanished_time, e.latest_revision,
       e.published_revision, v.document AS here, v.provenance
  FROM import_record AS r
  LEFT JOIN entry AS e ON e.id = r.id
  LEFT JOIN revision AS v ON v.entry_id = e.id AND v.number = e.published_revision
 WHERE r.run_id = $1 AND r.outcome = 0 AND r.kind = $2
 ORDER BY r.id
 LIMIT $3
"""

# Invalid 4, vanished 5; not yet compared 0.
_PRESENT = """
SELECT s.id
  FROM unnest($2::uuid[]) AS s (id)
 WHERE EXISTS (SELECT FROM entry AS e WHERE e.id = s.id AND e.published_revision IS NOT NULL AND e.state <> 5)
    OR EXISTS (SELECT FROM import_record AS r WHERE r.run_id = $1 AND r.id = s.id AND r.outcome NOT IN (0, 4, 5))
"""

# As `confidentiality.hides`; 2 is SERVICE.
_IN_THE_OPEN = """
WITH staged AS (
    SELECT r.id, need.id AS organization_id
      FROM import_record AS r, unnest(r.needs) AS need (id)
     WHERE r.run_id = $1 AND r.kind = 2 AND NOT r.confidential AND need.id = ANY($2::uuid[])),
found AS (
    SELECT s.organization_id, e.id, e.published_revision
      FROM staged AS s
      LEFT JOIN entry AS e ON e.id = s.id
     UNION ALL
    SELECT p.organization_id, e.id, e.published_revision
      FROM publication AS p
      JOIN entry AS e ON e.id = p.entry_id
     WHERE p.kind = 2 AND p.organization_id = ANY($2::uuid[]) AND p.full_json IS NOT NULL AND e.vanished_time IS NULL
       AND NOT EXISTS (SELECT FROM import_record AS r WHERE r.run_id = $1 AND r.id = e.id))
SELECT DISTINCT f.organization_id AS id
  FROM found AS f
  LEFT JOIN revision AS v ON v.entry_id = f.id AND v.number = f.published_revision
 WHERE v.document IS NULL
    OR NOT coalesce((v.document #>> '{kith,confidential}')::boolean,
                    v.document #>> '{kith,kind}' = 'KIND_DOMESTIC_ABUSE', false)
"""

_SAVE_VERDICTS = """
UPDATE import_record AS r
   SET outcome = s.outcome, decision = s.decision, document = s.document, problems = s.problems, changes = s.changes,
       conflicting = s.conflicting, confidential = s.confidential
  FROM unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::boolean[],
              $9::boolean[])
    AS s (id, outcome, decision, document, problems, changes, conflicting, confidential)
 WHERE r.run_id = $1 AND r.id = s.id
"""

# Other words for the same: the next run finds it unchanged at once.
_SAME_AFTER_ALL = """
UPDATE import_link AS l SET digest = r.digest
  FROM import_record AS r
 WHERE r.run_id = $1 AND r.id = ANY($2::uuid[]) AND l.entry_id = r.id
"""

_MARK_VANISHED = """
INSERT INTO import_record (run_id, id, kind, publisher_id, display_name, document, digest, weight, confidential, needs,
                           outcome, decision, problems, changes, conflicting, duplicate_ids)
SELECT $1, l.entry_id, l.kind, l.publisher_id, l.display_name, NULL, '', 0, false, '{}', $4, $5, '[]', '[]', false, '{}'
  FROM import_link AS l
  JOIN entry AS e ON e.id = l.entry_id
 WHERE l.source_id = $2 AND l.kind = $3 AND e.vanished_time IS NULL
   AND NOT EXISTS (SELECT FROM import_record AS r WHERE r.run_id = $1 AND r.id = l.entry_id)
"""

_KNOWN_SERVICES = """
SELECT count(*)
  FROM import_link AS l
  JOIN entry AS e ON e.id = l.entry_id
 WHERE l.source_id = $1 AND l.kind = $2 AND e.vanished_time IS NULL
"""

_HINT = """
WITH piece AS (
    SELECT p.id, regexp_replace(lower(p.list_json::jsonb ->> 'name'), '[^[:alnum:]]+', '', 'g') AS name
      FROM publication AS p
     WHERE p.kind = $2 AND p.id > $4 AND p.list_json IS NOT NULL
     ORDER BY p.id
     LIMIT $5),
met AS (
    SELECT r.id, array_agg(piece.id) AS others
      FROM import_record AS r
      JOIN piece ON piece.name = regexp_replace(lower(r.display_name), '[^[:alnum:]]+', '', 'g')
     WHERE r.run_id = $1 AND r.kind = $2 AND r.outcome = $3 AND r.id <> piece.id
     GROUP BY r.id),
noted AS (
    UPDATE import_record AS r
       SET duplicate_ids = (r.duplicate_ids || met.others)[1:10]
      FROM met
     WHERE r.run_id = $1 AND r.id = met.id AND NOT r.duplicate_ids && met.others)
SELECT id FROM piece ORDER BY id DESC LIMIT 1
"""

_COUNTS = """
SELECT outcome, decision, conflicting, cardinality(duplicate_ids) > 0 AS duplicate, count(*) AS number
  FROM import_record
 WHERE run_id = $1
 GROUP BY 1, 2, 3, 4
"""

_RESULTS = """
SELECT id, kind, publisher_id, display_name, outcome, decision, problems, changes, duplicate_ids, confidential
  FROM import_record
 WHERE run_id = $1 AND ($2::smallint = 0 OR outcome = $2) AND (NOT $3 OR conflicting)
   AND ($4::uuid IS NULL OR id > $4)
 ORDER BY id
 LIMIT $5
"""

_CHOOSE = """
WITH needed AS (
    SELECT unnest($2::uuid[] || needs) AS id FROM import_record WHERE run_id = $1 AND id = ANY($2::uuid[]))
UPDATE import_record SET decision = $3
 WHERE run_id = $1 AND id IN (SELECT id FROM needed) AND decision = $4
"""

_VANISHED_AMONG = """
SELECT count(*)
  FROM import_record
 WHERE run_id = $1 AND (cardinality($2::uuid[]) = 0 OR id = ANY($2)) AND outcome = $3 AND decision = $4
"""

_OTHERS_WAIT = (
    "SELECT EXISTS (SELECT FROM import_record WHERE run_id = $1 AND decision = $2 AND outcome <> $3)"
)

_TO_APPLY = """
SELECT id, kind, outcome, document, confidential
  FROM import_record
 WHERE run_id = $1 AND kind = $2 AND decision = $3 AND outcome <> $4 AND id > $5
 ORDER BY id
 LIMIT $6
"""

_ANY_UNDECIDED = "SELECT EXISTS (SELECT FROM import_record WHERE run_id = $1 AND decision = $2)"

# What has been published has its revision.
_APPLIED = (
    "UPDATE import_record SET decision = $3, document = NULL WHERE run_id = $1 AND id = ANY($2::uuid[])"
)

_MAKE_INVALID = """
UPDATE import_record
   SET outcome = $3, decision = 0, document = NULL,
       problems = '[{"field": "", "reason": "changed_here", "fatal": true}]' || problems
 WHERE run_id = $1 AND id = ANY($2::uuid[])
"""

_LINK = """
INSERT INTO import_link (entry_id, source_id, kind, publisher_id, display_name, digest)
SELECT r.id, $2, r.kind, r.publisher_id, r.display_name, r.digest
  FROM import_record AS r
 WHERE r.run_id = $1 AND r.id = ANY($3::uuid[])
    ON CONFLICT (entry_id) DO UPDATE
   SET publisher_id = excluded.publisher_id, display_name = excluded.display_name, digest = excluded.digest
"""
