"""Every statement of the child index. Callers hold the transaction; a `Connection` is the first argument.

Reads say who asks: an involvement is found for its organisation only, a child through the caller's own ids.

Whoever changes anything of a child locks the child's row first (`advance_child`), and several children in the order of
their ids: so writers wait for each other and never in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.chassis.seal import Sealed, WrappedKey

MOST_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A source record as stored, with what is needed to open it."""

    sealed: Sealed
    organisation_id: UUID
    update_time: datetime
    own: bool
    """Whether it is the record that the caller's own local key names."""
    shielded: bool = False
    """Whether a shield is on the child."""
    look_alike: bool = False
    """Whether the record may be of a shielded child (DESIGN 5 no. 8)."""


@dataclass(frozen=True, slots=True)
class StoredInvolvement:
    """A row of `involvement`."""

    id: UUID
    child_id: UUID
    organisation_id: UUID
    service_id: UUID
    practitioner_id: UUID | None
    role: str
    regarding: int
    sensitive: bool
    consent_id: UUID | None
    ground: int | None
    start_date: date
    end_date: date | None
    review_due: bool


@dataclass(frozen=True, slots=True)
class StoredCaf:
    """A row of `caf_indicator`."""

    is_open: bool
    assessment_date: date
    version_number: int
    holder_organisation_id: UUID
    holder_practitioner_id: UUID
    review_date: date
    consent_id: UUID | None
    ground: int | None


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A row of `lead_professional`."""

    organisation_id: UUID
    practitioner_id: UUID
    start_date: date


async def lock(connection: Connection, keys: Iterable[int]) -> None:
    """Take transaction locks on 64-bit keys, in order, in a statement of its own.

    Only the statement after this one sees what the last holder of a lock committed: with the lock inside the lookup,
    ten concurrent registrations made ten children (DESIGN 5 no. 11).
    """
    await connection.execute(_LOCK, sorted(set(keys)))


async def find_for_registration(
    connection: Connection, local_key_hash: bytes, keys: Sequence[int], identifiers: Sequence[bytes]
) -> list[SealedRecord]:
    """All records of every child that shares a key (visible or not) or an identifier, or has this local key."""
    rows = await connection.fetch(_FIND_FOR_REGISTRATION, local_key_hash, keys, identifiers, MOST_CANDIDATES)
    return [_sealed_record(row) for row in rows]


async def find_candidates(
    connection: Connection,
    keys: Sequence[int],
    candidate_ids: Sequence[UUID] | None,
    organisation_id: UUID | None,
) -> list[SealedRecord]:
    """All records of the children that share a visible key, those sharing most first.

    With `candidate_ids`, only of those, and of children that `organisation_id` wrote in the last 10 seconds, which the
    search engine may not have yet (read your writes).
    """
    rows = await connection.fetch(_FIND_CANDIDATES, keys, candidate_ids, organisation_id, MOST_CANDIDATES)
    return [_sealed_record(row) for row in rows]


async def records_of(connection: Connection, child_id: UUID) -> list[SealedRecord]:
    """The records of one child; empty if there is no such child."""
    return [_sealed_record(row) for row in await connection.fetch(_RECORDS_OF, child_id)]


async def child_of_local_key(connection: Connection, local_key_hash: bytes) -> UUID | None:
    """The child a local key belongs to."""
    found: UUID | None = await connection.fetchval(_CHILD_OF_LOCAL_KEY, local_key_hash)
    return found


async def create_child(connection: Connection, child_id: UUID, wrapped_key: bytes, version: int) -> None:
    """Add a child at `version`."""
    await connection.execute(_CREATE_CHILD, child_id, version, wrapped_key)


async def advance_child(connection: Connection, child_id: UUID, by: int) -> int | None:
    """Lock the child's row, raise its version by the number of events and return it; None if there is no such child."""
    version: int | None = await connection.fetchval(_ADVANCE_CHILD, child_id, by)
    return version


async def save_record(
    connection: Connection,
    *,
    record_id: UUID,
    child_id: UUID,
    organisation_id: UUID,
    local_key_hash: bytes,
    sealed_facts: bytes,
    model_version: str,
) -> None:
    """Add a source record, or replace what it says; it stays with its child."""
    await connection.execute(
        _SAVE_RECORD, record_id, child_id, organisation_id, local_key_hash, sealed_facts, model_version
    )


async def save_keys(
    connection: Connection, record_id: UUID, child_id: UUID, keys: Sequence[int], identifiers: Sequence[bytes]
) -> None:
    """Make these the hashed keys and identifiers of a record."""
    await connection.execute(_SAVE_KEYS, record_id, child_id, keys, identifiers)


async def propose(connection: Connection, child_id: UUID, others: Sequence[UUID], model_version: str) -> None:
    """Ask people whether the child is one of the others."""
    await connection.execute(_PROPOSE, child_id, others, model_version)


async def record_involvement(connection: Connection, involvement: StoredInvolvement) -> UUID:
    """Record an involvement and return its id.

    An active one of the same service and practitioner is not recorded twice: a feed may send it every night.
    """
    found: UUID = await connection.fetchval(
        _RECORD_INVOLVEMENT,
        involvement.id,
        involvement.child_id,
        involvement.organisation_id,
        involvement.service_id,
        involvement.practitioner_id,
        involvement.role,
        involvement.regarding,
        involvement.sensitive,
        involvement.consent_id,
        involvement.ground,
        involvement.start_date,
        involvement.end_date,
    )
    return found


async def own_involvement(
    connection: Connection, involvement_id: UUID, organisation_id: UUID
) -> StoredInvolvement | None:
    """An involvement of the organisation."""
    row = await connection.fetchrow(_OWN_INVOLVEMENT, involvement_id, organisation_id)
    return None if row is None else StoredInvolvement(**dict(row))


async def end_involvement(connection: Connection, involvement_id: UUID, end_date: date) -> None:
    """End an involvement; it stays."""
    await connection.execute(_END_INVOLVEMENT, involvement_id, end_date)


async def involvements_of(connection: Connection, child_id: UUID) -> list[StoredInvolvement]:
    """The involvements of a child: current ones first, then those that ended last."""
    return [StoredInvolvement(**dict(row)) for row in await connection.fetch(_INVOLVEMENTS_OF, child_id)]


async def mark_practitioner_left(connection: Connection, practitioner_ids: Sequence[UUID]) -> list[UUID]:
    """Mark the active involvements of practitioners for review; return the children, each once."""
    await connection.execute(_LOCK_CHILDREN_OF_PRACTITIONERS, practitioner_ids)
    rows = await connection.fetch(_MARK_PRACTITIONER_LEFT, practitioner_ids)
    return sorted({row["child_id"] for row in rows})


async def mark_consent_withdrawn(connection: Connection, consent_ids: Sequence[UUID]) -> list[UUID]:
    """Mark the involvements that rest on consents for review; return the children, each once."""
    await connection.execute(_LOCK_CHILDREN_OF_CONSENTS, consent_ids)
    rows = await connection.fetch(_MARK_CONSENT_WITHDRAWN, consent_ids)
    return sorted({row["child_id"] for row in rows})


async def caf_and_lead(connection: Connection, child_id: UUID) -> tuple[StoredCaf | None, StoredLead | None]:
    """The CAF indicator and the lead professional of a child."""
    row = await connection.fetchrow(_CAF_AND_LEAD, child_id)
    if row is None:
        return None, None
    caf = (
        StoredCaf(*(row[name] for name in StoredCaf.__slots__))
        if row["holder_organisation_id"] is not None
        else None
    )
    lead = (
        StoredLead(row["lead_organisation_id"], row["practitioner_id"], row["start_date"])
        if row["practitioner_id"] is not None
        else None
    )
    return caf, lead


async def set_caf(connection: Connection, child_id: UUID, caf: StoredCaf) -> None:
    """Set the CAF indicator of a child."""
    await connection.execute(_SET_CAF, child_id, *(getattr(caf, name) for name in StoredCaf.__slots__))


async def appoint_lead(connection: Connection, child_id: UUID, lead: StoredLead) -> None:
    """Make this the lead professional of a child."""
    await connection.execute(
        _APPOINT_LEAD, child_id, lead.organisation_id, lead.practitioner_id, lead.start_date
    )


async def lock_budget(connection: Connection, subject: str) -> None:
    """Keep the subject's other disclosures waiting until the end of the transaction.

    In a statement of its own, as `lock`: `disclose` is to see what the last holder counted.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", subject)


async def disclose(
    connection: Connection,
    *,
    subject: str,
    limit: int,
    child_ids: Sequence[UUID],
    record_id: UUID,
    record: bytes,
) -> bool:
    """Count children shown to a subject today and write the access record, in one statement; False if over the limit.

    Nothing is counted or written then. The limit is on different children; a call that reaches it is still answered.
    """
    spent: bool = await connection.fetchval(_DISCLOSE, subject, limit, child_ids, record_id, record)
    return not spent


async def coverage(connection: Connection) -> list[tuple[UUID, datetime]]:
    """The organisations that feed the index and when each last did."""
    return [(row["organisation_id"], row["last_time"]) for row in await connection.fetch(_COVERAGE)]


async def projections(connection: Connection, child_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """(child_id, version, keys) of the children that exist; keys are the visible ones."""
    rows: list[asyncpg.Record] = await connection.fetch(_PROJECTIONS, child_ids)
    return rows


async def projections_after(connection: Connection, after: UUID, limit: int) -> list[asyncpg.Record]:
    """As `projections`, the next children in the order of their ids."""
    rows: list[asyncpg.Record] = await connection.fetch(_PROJECTIONS_AFTER, after, limit)
    return rows


def _sealed_record(row: asyncpg.Record) -> SealedRecord:
    sealed = Sealed(row["child_id"], row["record_id"], WrappedKey(row["wrapped_key"]), row["sealed_facts"])
    return SealedRecord(
        sealed, row["organisation_id"], row["update_time"], row["own"], row["shielded"], row["look_alike"]
    )


_LOCK = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS k (key)"

_FIND_FOR_REGISTRATION = """
WITH hit AS (
    SELECT child_id FROM child_key WHERE key = ANY($2::bigint[])
     GROUP BY child_id ORDER BY count(DISTINCT key) DESC, child_id LIMIT $4
), found AS (
    SELECT child_id FROM hit
     UNION SELECT child_id FROM identifier WHERE hash = ANY($3::bytea[])
     UNION SELECT child_id FROM source_record WHERE local_key_hash = $1
)
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       r.local_key_hash = $1 AS own, c.shielded, r.look_alike
  FROM found
  JOIN child AS c ON c.id = found.child_id
  JOIN source_record AS r ON r.child_id = c.id
"""

_FIND_CANDIDATES = """
WITH hit AS (
    SELECT child_id, count(DISTINCT key) AS shared
      FROM child_key
     WHERE key = ANY($1::bigint[]) AND visible
       AND ($2::uuid[] IS NULL
            OR child_id = ANY($2)
            OR child_id IN (SELECT child_id FROM source_record
                             WHERE organisation_id = $3 AND update_time > now() - interval '10 seconds'))
     GROUP BY child_id ORDER BY shared DESC, child_id LIMIT $4
)
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       false AS own, c.shielded, r.look_alike
  FROM hit
  JOIN child AS c ON c.id = hit.child_id
  JOIN source_record AS r ON r.child_id = c.id
"""

_RECORDS_OF = """
SELECT c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       false AS own, c.shielded, r.look_alike
  FROM child AS c
  JOIN source_record AS r ON r.child_id = c.id
 WHERE c.id = $1
"""

_CHILD_OF_LOCAL_KEY = "SELECT child_id FROM source_record WHERE local_key_hash = $1"

_CREATE_CHILD = "INSERT INTO child (id, version, wrapped_key) VALUES ($1, $2, $3)"

_ADVANCE_CHILD = """
UPDATE child SET version = version + $2, update_time = now() WHERE id = $1 RETURNING version
"""

_SAVE_RECORD = """
INSERT INTO source_record (id, child_id, organisation_id, local_key_hash, sealed_facts, model_version)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE
   SET sealed_facts = excluded.sealed_facts, model_version = excluded.model_version, update_time = now()
"""

_SAVE_KEYS = """
WITH gone_keys AS (
    DELETE FROM child_key WHERE source_record_id = $1 AND key <> ALL($3::bigint[])
), gone_identifiers AS (
    DELETE FROM identifier WHERE source_record_id = $1 AND hash <> ALL($4::bytea[])
), new_identifiers AS (
    INSERT INTO identifier (hash, source_record_id, child_id)
    SELECT hash, $1, $2 FROM unnest($4::bytea[]) AS h (hash)
        ON CONFLICT DO NOTHING
)
INSERT INTO child_key (key, source_record_id, child_id, visible)
SELECT key, $1, $2, true FROM unnest($3::bigint[]) AS k (key)
    ON CONFLICT DO NOTHING
"""

_PROPOSE = """
INSERT INTO match_proposal (child_id, other_child_id, model_version)
SELECT least($1, other), greatest($1, other), $3 FROM unnest($2::uuid[]) AS o (other)
    ON CONFLICT DO NOTHING
"""

_RECORD_INVOLVEMENT = """
WITH known AS (
    SELECT id FROM involvement
     WHERE child_id = $2 AND organisation_id = $3 AND service_id = $4
       AND practitioner_id IS NOT DISTINCT FROM $5 AND regarding = $7
       AND end_date IS NULL AND $12::date IS NULL
     LIMIT 1
), added AS (
    INSERT INTO involvement (id, child_id, organisation_id, service_id, practitioner_id, role, regarding,
                             sensitive, consent_id, ground, start_date, end_date)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
     WHERE NOT EXISTS (SELECT FROM known)
    RETURNING id
), confirmed AS (
    UPDATE involvement SET role = $6, consent_id = $9, ground = $10, review_due = false, update_time = now()
     WHERE id = (SELECT id FROM known)
)
SELECT id FROM known UNION ALL SELECT id FROM added
"""

_OWN_INVOLVEMENT = """
SELECT id, child_id, organisation_id, service_id, practitioner_id, role, regarding, sensitive,
       consent_id, ground, start_date, end_date, review_due
  FROM involvement
 WHERE id = $1 AND organisation_id = $2
"""

_END_INVOLVEMENT = "UPDATE involvement SET end_date = $2, update_time = now() WHERE id = $1"

_INVOLVEMENTS_OF = """
SELECT id, child_id, organisation_id, service_id, practitioner_id, role, regarding, sensitive,
       consent_id, ground, start_date, end_date, review_due
  FROM involvement
 WHERE child_id = $1
 ORDER BY end_date DESC NULLS FIRST, start_date DESC, id
"""

_LOCK_CHILDREN_OF_PRACTITIONERS = """
SELECT id FROM child
 WHERE id IN (SELECT child_id FROM involvement WHERE practitioner_id = ANY($1::uuid[]) AND end_date IS NULL)
 ORDER BY id
   FOR UPDATE
"""

_LOCK_CHILDREN_OF_CONSENTS = """
SELECT id FROM child
 WHERE id IN (SELECT child_id FROM involvement WHERE consent_id = ANY($1::uuid[]))
 ORDER BY id
   FOR UPDATE
"""

_MARK_PRACTITIONER_LEFT = """
UPDATE involvement SET review_due = true, update_time = now()
 WHERE practitioner_id = ANY($1::uuid[]) AND end_date IS NULL AND NOT review_due
RETURNING child_id
"""

_MARK_CONSENT_WITHDRAWN = """
UPDATE involvement SET review_due = true, update_time = now()
 WHERE consent_id = ANY($1::uuid[]) AND NOT review_due
RETURNING child_id
"""

_CAF_AND_LEAD = """
SELECT f.is_open, f.assessment_date, f.version_number, f.holder_organisation_id, f.holder_practitioner_id,
       f.review_date, f.consent_id, f.ground,
       l.organisation_id AS lead_organisation_id, l.practitioner_id, l.start_date
  FROM child AS c
  LEFT JOIN caf_indicator AS f ON f.child_id = c.id
  LEFT JOIN lead_professional AS l ON l.child_id = c.id
 WHERE c.id = $1
"""

_SET_CAF = """
INSERT INTO caf_indicator (child_id, is_open, assessment_date, version_number, holder_organisation_id,
                           holder_practitioner_id, review_date, consent_id, ground)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (child_id) DO UPDATE
   SET is_open = excluded.is_open, assessment_date = excluded.assessment_date,
       version_number = excluded.version_number, holder_organisation_id = excluded.holder_organisation_id,
       holder_practitioner_id = excluded.holder_practitioner_id, review_date = excluded.review_date,
       consent_id = excluded.consent_id, ground = excluded.ground, update_time = now()
"""

_APPOINT_LEAD = """
INSERT INTO lead_professional (child_id, organisation_id, practitioner_id, start_date)
VALUES ($1, $2, $3, $4)
    ON CONFLICT (child_id) DO UPDATE
   SET organisation_id = excluded.organisation_id, practitioner_id = excluded.practitioner_id,
       start_date = excluded.start_date, update_time = now()
"""

_DISCLOSE = """
WITH budget AS (
    SELECT count(*) >= $2 AS spent FROM disclosure WHERE subject = $1 AND day = current_date
), counted AS (
    INSERT INTO disclosure (subject, day, child_id)
    SELECT $1, current_date, child_id FROM unnest($3::uuid[]) AS c (child_id), budget WHERE NOT budget.spent
        ON CONFLICT DO NOTHING
), recorded AS (
    INSERT INTO chassis.audit_outbox (record_id, payload)
    SELECT $4, $5 FROM budget WHERE NOT budget.spent
)
SELECT spent FROM budget
"""

_COVERAGE = """
SELECT organisation_id, max(update_time) AS last_time FROM source_record GROUP BY organisation_id ORDER BY 1
"""

_PROJECTIONS = """
SELECT c.id AS child_id, c.version, array(
           SELECT DISTINCT k.key FROM source_record AS r JOIN child_key AS k ON k.source_record_id = r.id
            WHERE r.child_id = c.id AND k.visible) AS keys
  FROM child AS c
 WHERE c.id = ANY($1::uuid[])
"""

_PROJECTIONS_AFTER = """
SELECT c.id AS child_id, c.version, array(
           SELECT DISTINCT k.key FROM source_record AS r JOIN child_key AS k ON k.source_record_id = r.id
            WHERE r.child_id = c.id AND k.visible) AS keys
  FROM child AS c
 WHERE c.id > $1
 ORDER BY c.id
 LIMIT $2
"""
