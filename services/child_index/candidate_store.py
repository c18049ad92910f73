"""The statements of a search: which children share keys with a question, and who feeds the index.

Only visible keys count, so what a shield hides is no candidate and takes nobody's place. The exception is the caller's
organisation's own: a look-alike it sent is found by it as if nobody were shielded (DESIGN 5 no. 8).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from services.chassis.database import Connection
from services.child_index.store import SealedRecord, sealed_record

MOST_CANDIDATES = 50
"""Children opened for one question: those that share the most, by the weights of the keys."""

LEAST_SHARE = 5
"""A candidate is opened if what it shares weighs at least this part of what the first one shares: 5 is a fifth.

So a brother or sister stays, for whom the family name and the date speak, and those go who share one weak key."""

OWN_FRESH_SECONDS = 15
"""How long what an organisation wrote is looked for besides what the search engine named. Longer than that may lag
behind and still be asked (10 s), and than it takes to show what it has (1 s)."""


@dataclass(frozen=True, slots=True)
class Named:
    """A child that the search engine found, and by how much."""

    child_id: UUID
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys of a question with their weights, and whom the search engine found; `named` is None without one."""

    keys: Sequence[int]
    weights: Sequence[int]
    named: Sequence[Named] | None


async def find_candidates(
    connection: Connection, asked: Sequence[Asked], organisation_id: UUID | None
) -> list[list[SealedRecord]]:
    """For each question all records of its candidates, those sharing most first, in one statement for all.

    A question with `named` is answered from those, in so far as they still share a visible key, and from what
    `organisation_id` wrote in the last seconds, which the search engine may not have yet (read your writes).
    """
    found: list[list[SealedRecord]] = [[] for _ in asked]
    among_all = _Packed.of((item, one) for item, one in enumerate(asked) if one.named is None)
    among_named = _Packed.of((item, one) for item, one in enumerate(asked) if one.named is not None)
    limits = (MOST_CANDIDATES, LEAST_SHARE, organisation_id)
    rows = []
    if among_all.items:
        rows += await connection.fetch(_AMONG_ALL, *limits, *among_all.keyed())
    if among_named.items:
        arguments = (*among_named.keyed(), *among_named.called(), OWN_FRESH_SECONDS)
        rows += await connection.fetch(_AMONG_NAMED, *limits, *arguments)
    for row in rows:
        found[row["item"]].append(sealed_record(row))
    return found


async def coverage(connection: Connection) -> list[tuple[UUID, datetime]]:
    """The organisations that feed the index and when each last did, read from the ends of an index alone."""
    return [(row["organisation_id"], row["last_time"]) for row in await connection.fetch(_COVERAGE)]


@dataclass(slots=True)
class _Packed:
    """Several questions as flat arrays, and where in them each one's part ends (it begins where the last one did)."""

    items: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    key_ends: list[int] = field(default_factory=list)
    named_ends: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, asked: Iterable[tuple[int, Asked]]) -> Self:
        packed = cls()
        for item, one in asked:
            packed.items.append(item)
            packed.keys.extend(one.keys)
            packed.weights.extend(one.weights)
            packed.named.extend(one.named or ())
            packed.key_ends.append(len(packed.keys))
            packed.named_ends.append(len(packed.named))
        return packed

    def keyed(self) -> tuple[list[int], ...]:
        return self.items, [0, *self.key_ends[:-1]], self.key_ends, self.keys, self.weights

    def called(self) -> tuple[list[int], list[int], list[UUID], list[float]]:
        ids, weights = [one.child_id for one in self.named], [one.weight for one in self.named]
        return [0, *self.named_ends[:-1]], self.named_ends, ids, weights


# Each question's keys are a part of one flat array. A child has a key as often as records have it; it counts once.
_AMONG_ALL = """
WITH asked AS (
    SELECT * FROM unnest($4::int[], $5::int[], $6::int[]) AS a (item, behind, last)
), own AS MATERIALIZED (
    SELECT id FROM source_record WHERE organisation_id = $3 AND look_alike
), best AS (
    SELECT a.item, h.child_id, h.weight, max(h.weight) OVER (PARTITION BY a.item) AS most
      FROM asked AS a CROSS JOIN LATERAL (
           SELECT s.child_id, sum(s.weight)::float8 AS weight
             FROM (SELECT DISTINCT k.child_id, q.key, q.weight
                     FROM unnest(($7::bigint[])[a.behind + 1 : a.last],
                                 ($8::int[])[a.behind + 1 : a.last]) AS q (key, weight)
                     JOIN child_key AS k ON k.key = q.key
                    WHERE k.visible OR k.source_record_id IN (SELECT id FROM own)) AS s
            GROUP BY s.child_id
            ORDER BY weight DESC, s.child_id
            LIMIT $1) AS h
)
SELECT b.item, c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       false AS own, c.shielded, r.look_alike,
       c.shielded AND r.id IS NOT DISTINCT FROM c.shown_record_id AS shown
  FROM best AS b
  JOIN child AS c ON c.id = b.child_id
  JOIN source_record AS r ON r.child_id = c.id
 WHERE b.weight * $2::int >= b.most
 ORDER BY b.item, b.weight DESC, b.child_id
"""

# Whether those named still share a key is a join and not `= ANY`: of an array that is no constant every element would
# be compared with every key, 0.6 ms for 50 children.
# Those of the organisation's own are weighed anew with all that it may find them by, as if none of it were hidden: that
# a look-alike's keys did not add to the engine's would show in whom the child leaves behind.
_AMONG_NAMED = """
WITH asked AS (
    SELECT * FROM unnest($4::int[], $5::int[], $6::int[], $9::int[], $10::int[])
               AS a (item, behind, last, named_behind, named_last)
), own AS MATERIALIZED (
    SELECT id, child_id, look_alike FROM source_record
     WHERE organisation_id = $3 AND update_time > now() - make_interval(secs => $13)
     UNION SELECT id, child_id, look_alike FROM source_record WHERE organisation_id = $3 AND look_alike
), best AS (
    SELECT a.item, h.child_id, h.weight, max(h.weight) OVER (PARTITION BY a.item) AS most
      FROM asked AS a CROSS JOIN LATERAL (
           SELECT e.child_id, max(e.weight) AS weight
             FROM ((SELECT n.child_id, n.weight
                      FROM unnest(($11::uuid[])[a.named_behind + 1 : a.named_last],
                                  ($12::float8[])[a.named_behind + 1 : a.named_last]) AS n (child_id, weight)
                     WHERE n.child_id IN
                           (SELECT r.child_id
                              FROM unnest(($11::uuid[])[a.named_behind + 1 : a.named_last]) AS m (child_id)
                              JOIN source_record AS r ON r.child_id = m.child_id
                              JOIN child_key AS k ON k.source_record_id = r.id
                              JOIN unnest(($7::bigint[])[a.behind + 1 : a.last]) AS q (key) ON q.key = k.key
                             WHERE k.visible)
                     ORDER BY n.weight DESC, n.child_id
                     LIMIT $1)
                    UNION ALL
                   (SELECT s.child_id, sum(s.weight)::float8
                      FROM (SELECT DISTINCT r.child_id, q.key, q.weight
                              FROM (SELECT DISTINCT child_id FROM own) AS o
                              JOIN source_record AS r ON r.child_id = o.child_id
                              JOIN child_key AS k ON k.source_record_id = r.id
                              JOIN unnest(($7::bigint[])[a.behind + 1 : a.last],
                                          ($8::int[])[a.behind + 1 : a.last]) AS q (key, weight) ON q.key = k.key
                             WHERE k.visible OR r.id IN (SELECT id FROM own WHERE look_alike)) AS s
                     GROUP BY s.child_id)) AS e
            GROUP BY e.child_id
            ORDER BY weight DESC, e.child_id
            LIMIT $1) AS h
)
SELECT b.item, c.id AS child_id, c.wrapped_key, r.id AS record_id, r.organisation_id, r.sealed_facts, r.update_time,
       false AS own, c.shielded, r.look_alike,
       c.shielded AND r.id IS NOT DISTINCT FROM c.shown_record_id AS shown
  FROM best AS b
  JOIN child AS c ON c.id = b.child_id
  JOIN source_record AS r ON r.child_id = c.id
 WHERE b.weight * $2::int >= b.most
 ORDER BY b.item, b.weight DESC, b.child_id
"""

_COVERAGE = """
WITH RECURSIVE feed AS (
    (SELECT organisation_id, update_time FROM source_record
      ORDER BY organisation_id DESC, update_time DESC LIMIT 1)
     UNION ALL
    SELECT before.organisation_id, before.update_time
      FROM feed CROSS JOIN LATERAL (
           SELECT organisation_id, update_time FROM source_record
            WHERE organisation_id < feed.organisation_id
            ORDER BY organisation_id DESC, update_time DESC LIMIT 1) AS before
)
SELECT organisation_id, update_time AS last_time FROM feed ORDER BY organisation_id
"""
