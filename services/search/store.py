"""The children in OpenSearch: ids, versions and hashed keys, nothing readable (DESIGN 6; RELIABILITY finding 7).

Writes carry the child's version (`external_gte`), so whatever arrives late or twice never takes a document back (G4). A
child that must not be found is a document without keys: a delete would forget its version after a minute. Which index
is searched and which are written to is the matter of generations_store.py.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from opensearchpy import AsyncOpenSearch, OpenSearchException, TransportError

from kith.childindex.v1.projection_service_pb2 import Projection
from services.search import documents, metrics

MOST_CANDIDATES: Final = 100
SEARCH_SECONDS: Final = 0.5
"""The child index gives the same answer, so nobody waits longer for this one."""
_SEARCH_SECONDS_EACH: Final = 0.02
_MANY_PARTS: Final = (
    "responses.hits.hits._id,responses.hits.hits._score,responses.timed_out,responses._shards.failed,"
    "responses.error.type"
)
_PAUSE_SECONDS: Final = 1.0
"""After a failure others are not kept waiting as well: one asks again when it is over."""
_COMPARE_SECONDS: Final = 30
_WRITE_SECONDS: Final = 30
_BODY_BYTES: Final = 8 * 1024 * 1024
DOCUMENTS_AT_ONCE: Final = 8000
"""About 6 MiB."""
_BODIES_AT_ONCE: Final = 2
"""One is made while the other is taken in."""
_ATTEMPTS: Final = 6
_SHORTEST_PAUSE: Final = 0.1
_MISSING: Final = 404
_CONFLICT: Final = 409
# A full queue, a node that is leaving: what says "later", not "no".
_LATER: Final = (429, 503)
_GOOD: Final = range(200, 300)


class IndexUnavailable(Exception):
    """OpenSearch gave no complete answer. Whoever asked looks elsewhere or tries again; never takes part for whole."""


class IndexMissing(IndexUnavailable):
    """An index that was to be written to is not there (any more)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A child that shares keys with a question, and the sum of their weights."""

    child_id: UUID
    weight: float


@dataclass(frozen=True, slots=True)
class Held:
    """What the index has of a child."""

    version: int
    keys_hash: int


@asynccontextmanager
async def opensearch(url: str) -> AsyncIterator[AsyncOpenSearch]:
    """A client for OpenSearch, closed at the end."""
    # What is repeated is repeated here, by item and with a bound (RELIABILITY 1.1).
    client = AsyncOpenSearch(hosts=[url], max_retries=1, retry_on_timeout=False)
    try:
        yield client
    finally:
        await client.close()


class ChildrenIndex:
    """The children as they are searched, through an alias, and as they are written, by the names of indices."""

    def __init__(self, client: AsyncOpenSearch, key_version: str) -> None:
        """`key_version` says of which keys the documents are made, as `k<key schema>-s<secret version>`."""
        self.alias = documents.alias(key_version)
        self._client = client
        self._asked_again = -float("inf")

    async def candidates_of_many(self, questions: Sequence[Mapping[int, int]]) -> list[list[Candidate]]:
        """For each question the children that share keys, heaviest first, at most 100; one round trip for all.

        Raises IndexUnavailable also when a shard did not answer one of them or half a second is over: a short list
        would be a false "not known" (G10). For a second after such a failure it is raised at once. More than a few may
        take a little longer.
        """
        if time.monotonic() - self._asked_again < _PAUSE_SECONDS:
            raise IndexUnavailable
        lines: list[dict[str, Any]] = []
        for keys in questions:
            lines.append({"index": self.alias, "allow_partial_search_results": False})
            lines.append(_sharing(keys))
        try:
            found = await self._search_many(lines, SEARCH_SECONDS + _SEARCH_SECONDS_EACH * len(questions))
        except IndexUnavailable:
            self._asked_again = time.monotonic()
            raise
        return [
            [Candidate(UUID(hit["_id"]), hit["_score"]) for hit in one.get("hits", {}).get("hits", [])]
            for one in found
        ]

    async def usable(self) -> bool:
        """Whether a search gets a complete answer. Raises IndexUnavailable if OpenSearch itself cannot be reached."""
        try:
            await self._client.cluster.health(params={"request_timeout": _COMPARE_SECONDS})
        except OpenSearchException:
            raise IndexUnavailable from None
        try:
            await self._search({"size": 0, "track_total_hits": False}, "took", _COMPARE_SECONDS)
        except IndexUnavailable:
            return False
        return True

    async def searchable_version(self, child_id: str) -> int:
        """The version at which a search finds the document of a child; 0 if it does not. Raises IndexUnavailable."""
        body = {"query": {"ids": {"values": [child_id]}}, "version": True, "size": 1}
        found = await self._search(body, "hits.hits._version", SEARCH_SECONDS)
        hits = found.get("hits", {}).get("hits", [])
        return int(hits[0]["_version"]) if hits else 0

    async def write(self, projections: Sequence[Projection], indices: Sequence[str]) -> None:
        """Write documents to indices, each unless there is a newer one. Raises IndexUnavailable: then write them again.

        What OpenSearch is too busy for is sent again a few times, item by item.
        """
        places = asyncio.Semaphore(_BODIES_AT_ONCE)

        async def part(index: str, start: int) -> None:
            async with places:
                # In a thread: thousands of documents take a tenth of a second, in which searches are to go on.
                lines = await asyncio.to_thread(
                    documents.bulk_lines, index, projections[start : start + DOCUMENTS_AT_ONCE]
                )
                for body in _bodies(lines):
                    await self._bulk(body)

        outcomes = await asyncio.gather(
            *(
                part(index, start)
                for index in indices
                for start in range(0, len(projections), DOCUMENTS_AT_ONCE)
            ),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def hide_surplus(self, held: Mapping[str, int], index: str) -> None:
        """Take the keys from children that the source does not have; `held` gives their versions."""
        now = int(time.time() * 1000)
        for body in _bodies(
            documents.surplus_line(index, child_id, version, now) for child_id, version in held.items()
        ):
            await self._bulk(body)

    async def surplus_before(self, milliseconds: int, limit: int) -> dict[str, int]:
        """Children hidden as surplus before a time, with their versions. Raises IndexUnavailable."""
        body = {
            "query": {"range": {"surplus_since": {"lt": milliseconds}}},
            "version": True,
            "size": limit,
        }
        found = await self._search(body, "hits.hits._id,hits.hits._version", _COMPARE_SECONDS)
        return {hit["_id"]: hit["_version"] for hit in found.get("hits", {}).get("hits", [])}

    async def remove(self, held: Mapping[str, int], index: str) -> None:
        """Delete documents, unless they have been written anew since. Raises IndexUnavailable."""
        lines = [
            b'{"delete":{"_index":"%b","_id":"%b","version":%d,"version_type":"external_gte"}}\n'
            % (index.encode(), child_id.encode(), version)
            for child_id, version in held.items()
        ]
        if lines:
            await self._bulk(lines)

    async def refresh(self) -> None:
        """Make what has been written searchable now. Raises IndexUnavailable."""
        try:
            await self._client.indices.refresh(
                index=self.alias,
                params={"request_timeout": _COMPARE_SECONDS, "filter_path": "_shards.failed"},
            )
        except OpenSearchException:
            raise IndexUnavailable from None

    async def summaries(self) -> dict[int, tuple[int, int]]:
        """(documents, sum of their check numbers) by the first 12 bits of the id, hidden surplus left out.

        The sums are exact: 32 bits each, and fewer than 2^21 in a range. Raises IndexUnavailable.
        """
        body = {
            "query": {"bool": {"must_not": {"exists": {"field": "surplus_since"}}}},
            "size": 0,
            "track_total_hits": False,
            "aggregations": {
                "prefixes": {
                    "terms": {"field": "prefix", "size": documents.PREFIXES},
                    "aggregations": {"sum": {"sum": {"field": "check"}}},
                }
            },
        }
        found = await self._search(body, "aggregations", _COMPARE_SECONDS)
        buckets = found["aggregations"]["prefixes"]["buckets"]
        return {one["key"]: (one["doc_count"], int(one["sum"]["value"])) for one in buckets}

    async def held(self, id_prefix: str) -> dict[str, Held]:
        """What there is of the children whose ids begin with up to three hexadecimal digits, hidden surplus left out.

        They must be fewer than 10,000. Raises IndexUnavailable.
        """
        first, last = (int(id_prefix.ljust(3, digit), 16) for digit in "0f")
        visible = {"must_not": {"exists": {"field": "surplus_since"}}}
        inside = {"range": {"prefix": {"gte": first, "lte": last}}}
        return await self._held({"bool": {"filter": inside, **visible}})

    async def keys_hashes(self, child_ids: Sequence[str]) -> dict[str, int]:
        """The hashes of the keys of children, as a search has them. Raises IndexUnavailable."""
        held = await self._held({"ids": {"values": list(child_ids)}})
        return {child_id: one.keys_hash for child_id, one in held.items()}

    async def _held(self, query: Mapping[str, Any]) -> dict[str, Held]:
        body = {
            "query": query,
            "version": True,
            "docvalue_fields": ["keys_hash"],
            "size": _WINDOW,
            "sort": ["_doc"],
        }
        found = await self._search(body, "hits.hits", _COMPARE_SECONDS)
        return {
            hit["_id"]: Held(hit["_version"], hit["fields"]["keys_hash"][0])
            for hit in found.get("hits", {}).get("hits", [])
        }

    async def versions(self, child_ids: Sequence[str]) -> dict[str, int]:
        """The versions of documents as written, searchable yet or not. Raises IndexUnavailable."""
        if not child_ids:
            return {}
        try:
            answer = await self._client.mget(
                index=self.alias,
                body={"ids": list(child_ids)},
                params={"_source": "false", "request_timeout": _COMPARE_SECONDS},
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        if any("error" in one for one in answer["docs"]):
            raise IndexUnavailable
        return {one["_id"]: one["_version"] for one in answer["docs"] if one["found"]}

    async def _search(self, body: Mapping[str, Any], wanted: str, seconds: float) -> dict[str, Any]:
        try:
            found: dict[str, Any] = await self._client.search(
                index=self.alias,
                body=body,
                params={
                    "allow_partial_search_results": "false",
                    "filter_path": f"{wanted},timed_out,_shards.failed",
                    "request_timeout": seconds,
                },
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        if found["timed_out"] or found["_shards"]["failed"]:
            raise IndexUnavailable
        return found

    async def _search_many(self, lines: list[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
        """The answers to searches, each a header and a body. Raises IndexUnavailable unless all are whole."""
        try:
            answer = await self._client.msearch(
                body=lines, params={"filter_path": _MANY_PARTS, "request_timeout": seconds}
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        found: list[dict[str, Any]] = answer.get("responses", [])
        if 2 * len(found) != len(lines) or not all(map(_complete, found)):
            raise IndexUnavailable
        return found

    async def _bulk(self, lines: list[bytes]) -> None:
        """Send actions, and those again that OpenSearch was too busy for. Raises IndexUnavailable, IndexMissing."""
        pause = _SHORTEST_PAUSE
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause)
                pause *= 2
            statuses = await self._sent(lines)
            later = [line for line, status in zip(lines, statuses, strict=True) if status in _LATER]
            settled = [status for status in statuses if status not in _LATER]
            _count(settled)
            if _MISSING in settled:
                raise IndexMissing
            if any(status not in _GOOD and status != _CONFLICT for status in settled):
                raise IndexUnavailable
            if not later:
                return
            lines = later
        metrics.PROJECTION_WRITTEN.labels(outcome="failed").inc(len(lines))
        raise IndexUnavailable

    async def _sent(self, lines: list[bytes]) -> list[int]:
        """The status of each action."""
        try:
            answer = await self._client.bulk(
                body=b"".join(lines),
                params={"filter_path": "items.*.status", "request_timeout": _WRITE_SECONDS},
            )
        except TransportError as error:
            if error.status_code in _LATER:
                return [_LATER[0]] * len(lines)
            raise IndexUnavailable from None
        except OpenSearchException:
            raise IndexUnavailable from None
        return [outcome["status"] for item in answer["items"] for outcome in item.values()]


_WINDOW: Final = 10_000
"""The most hits of one search. A range of 12 bits has fewer up to 40 million children."""


def _sharing(keys: Mapping[int, int]) -> dict[str, Any]:
    """The search for children that share keys: each adds its weight to the score."""
    should = [
        {"constant_score": {"filter": {"term": {"keys": documents.written(key)}}, "boost": boost}}
        for key, boost in keys.items()
    ]
    return {
        "query": {"bool": {"should": should, "minimum_should_match": 1}},
        "size": MOST_CANDIDATES,
        "track_total_hits": False,
    }


def _complete(answer: Mapping[str, Any]) -> bool:
    """Whether one answer of several is whole."""
    return "error" not in answer and not answer["timed_out"] and not answer["_shards"]["failed"]


def _bodies(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines in portions of at most 8 MiB: large enough to be quick, small enough for anybody's buffers."""
    body: list[bytes] = []
    size = 0
    for line in lines:
        if body and size + len(line) > _BODY_BYTES:
            yield body
            body, size = [], 0
        body.append(line)
        size += len(line)
    if body:
        yield body


def _count(statuses: Sequence[int]) -> None:
    newer = statuses.count(_CONFLICT)
    good = sum(status in _GOOD for status in statuses)
    for outcome, number in (
        ("written", good),
        ("already_newer", newer),
        ("failed", len(statuses) - good - newer),
    ):
        if number:
            metrics.PROJECTION_WRITTEN.labels(outcome=outcome).inc(number)
