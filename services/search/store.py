"""The OpenSearch index: ids, versions and hashed keys, nothing readable (DESIGN 6; RELIABILITY finding 7).

The index name carries the key schema and the version of the secret: when either changes a new index is filled. Writes
carry the child's version (`external_gte`), so whatever arrives late or twice never takes a document back (G4). A child
that must not be found is a document without keys: a delete would forget its version after a minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from opensearchpy import AsyncOpenSearch, NotFoundError, OpenSearchException, RequestError

from kith.childindex.v1.projection_service_pb2 import Projection
from services.chassis import metrics

MOST_CANDIDATES: Final = 100
_SEARCH_SECONDS: Final = 2
_WRITE_SECONDS: Final = 30
_CONFLICT: Final = 409
_CHECKPOINTS: Final = "kith-search-checkpoints"
_MAPPING: Final[dict[str, Any]] = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"}},
    "mappings": {
        "dynamic": "strict",
        # Nothing is read back from a document but its id.
        "_source": {"enabled": False},
        "properties": {
            "keys": {"type": "keyword", "norms": False, "doc_values": False, "index_options": "docs"}
        },
    },
}
_CHECKPOINT_MAPPING: Final[dict[str, Any]] = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": {"dynamic": "strict", "properties": {"after": {"type": "keyword", "index": False}}},
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A child that shares keys with a question, and the sum of their weights."""

    child_id: UUID
    weight: float


class IndexUnavailable(Exception):
    """OpenSearch gave no complete answer. Whoever asked looks elsewhere or tries again; never takes part for whole."""


class ChildrenIndex:
    """One index of children, and how far it has been filled."""

    def __init__(self, client: AsyncOpenSearch, *, key_schema: int, secret_version: str) -> None:
        self._client = client
        self._name = f"kith-children-k{key_schema}-s{secret_version}"

    async def create(self) -> None:
        """Create what is missing. Raises IndexUnavailable."""
        for name, body in ((self._name, _MAPPING), (_CHECKPOINTS, _CHECKPOINT_MAPPING)):
            try:
                if not await self._client.indices.exists(index=name):
                    await self._client.indices.create(index=name, body=body)
            except RequestError as error:
                # A twin was faster.
                if error.error != "resource_already_exists_exception":
                    raise IndexUnavailable from None
            except OpenSearchException:
                raise IndexUnavailable from None

    async def candidates(self, keys: Mapping[int, int]) -> list[UUID]:
        """The children that share keys, by the summed weights of those, at most 100.

        Raises IndexUnavailable also when a shard did not answer or time ran out: a short list would be a false "not
        known" (G10).
        """
        body = {
            "query": _sharing(keys),
            "size": MOST_CANDIDATES,
            "track_total_hits": False,
        }
        try:
            found = await self._client.search(
                index=self._name,
                body=body,
                params={
                    "allow_partial_search_results": "false",
                    "filter_path": "hits.hits._id,timed_out,_shards.failed",
                    "request_timeout": _SEARCH_SECONDS,
                },
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        if found["timed_out"] or found["_shards"]["failed"]:
            raise IndexUnavailable
        return [UUID(hit["_id"]) for hit in found.get("hits", {}).get("hits", [])]

    async def candidates_of_many(self, questions: Sequence[Mapping[int, int]]) -> list[list[Candidate]]:
        """For each question the children that share keys, heaviest first, at most 100; one round trip for all.

        Raises IndexUnavailable as `candidates` does: when any of them was not answered in full.
        """
        lines: list[dict[str, Any]] = []
        for keys in questions:
            lines.append({"index": self._name, "allow_partial_search_results": False})
            lines.append({"query": _sharing(keys), "size": MOST_CANDIDATES, "track_total_hits": False})
        try:
            answer = await self._client.msearch(
                body=lines,
                params={
                    "filter_path": "responses.hits.hits._id,responses.hits.hits._score,"
                    "responses.timed_out,responses._shards.failed,responses.error.type",
                    "request_timeout": _SEARCH_SECONDS,
                },
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        found = answer.get("responses", [])
        if len(found) != len(questions) or not all(map(_complete, found)):
            raise IndexUnavailable
        return [
            [Candidate(UUID(hit["_id"]), hit["_score"]) for hit in one.get("hits", {}).get("hits", [])]
            for one in found
        ]

    async def write(self, projections: Sequence[Projection]) -> None:
        """Write documents, each unless the index has a newer one. Raises IndexUnavailable: then write them again."""
        if not projections:
            return
        lines: list[dict[str, Any]] = []
        for one in projections:
            lines.append(
                {"index": {"_id": one.child_id, "version": one.version, "version_type": "external_gte"}}
            )
            lines.append({"keys": [_written(key) for key in one.key_hashes]})
        try:
            answer = await self._client.bulk(
                body=lines,
                index=self._name,
                # The index exists or the write fails: a name that is not there must not come to be by a write.
                params={"filter_path": "items.*.status", "request_timeout": _WRITE_SECONDS},
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        statuses = [item["index"]["status"] for item in answer["items"]]
        newer = sum(status == _CONFLICT for status in statuses)
        failed = sum(status >= 300 and status != _CONFLICT for status in statuses)  # noqa: PLR2004 - HTTP
        metrics.PROJECTION_WRITTEN.labels(outcome="written").inc(len(statuses) - newer - failed)
        metrics.PROJECTION_WRITTEN.labels(outcome="already_newer").inc(newer)
        if failed:
            metrics.PROJECTION_WRITTEN.labels(outcome="failed").inc(failed)
            raise IndexUnavailable

    async def load_checkpoint(self) -> str | None:
        """How far the changes are in the index; None if it was never filled. Raises IndexUnavailable."""
        try:
            found = await self._client.get(index=_CHECKPOINTS, id=self._name)
        except NotFoundError:
            return None
        except OpenSearchException:
            raise IndexUnavailable from None
        after: str = found["_source"]["after"]
        return after

    async def save_checkpoint(self, after: str) -> None:
        """Keep how far the changes are in the index. Raises IndexUnavailable."""
        try:
            await self._client.index(index=_CHECKPOINTS, id=self._name, body={"after": after})
        except OpenSearchException:
            raise IndexUnavailable from None


def _sharing(keys: Mapping[int, int]) -> dict[str, Any]:
    """The query for children that share keys: each adds its weight to the score."""
    return {
        "bool": {
            "should": [
                {"constant_score": {"filter": {"term": {"keys": _written(key)}}, "boost": boost}}
                for key, boost in keys.items()
            ],
            "minimum_should_match": 1,
        }
    }


def _complete(answer: Mapping[str, Any]) -> bool:
    """Whether an answer of several is whole."""
    return "error" not in answer and not answer["timed_out"] and not answer["_shards"]["failed"]


def _written(key: int) -> str:
    """A 64-bit hash as it is written in the index: 16 hexadecimal digits."""
    return f"{key & 0xFFFFFFFFFFFFFFFF:016x}"
