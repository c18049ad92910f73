"""Which index is searched and which is being filled: one document in OpenSearch, changed by one replica at a time.

    phase       requested   the next index has a name and is not there yet
                filling     it is there; whoever writes a change writes it to both
                filled      all that the child index had is in it; the alias moves there next

A change carries the sequence number of the document it was made from: of two replicas one gets through, the other reads
again. So no step is done by one that has been replaced, however long it slept (F27). That nothing is lost: a writer
reads the document after the change it writes was committed; if it does not see `filling` there, then the filling begins
later and reads that change itself.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from opensearchpy import AsyncOpenSearch, ConflictError, NotFoundError, OpenSearchException, RequestError

from services.search import documents
from services.search.store import IndexUnavailable

_CONTROL: Final = "kith-search-control"
_CONTROL_MAPPING: Final[dict[str, Any]] = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            **{
                name: {"type": "keyword", "index": False, "doc_values": False}
                for name in ("live", "next", "phase", "page_token", "holder", "after", "alias")
            },
            "epoch": {"type": "long", "index": False},
            "ahead": {"type": "boolean", "index": False},
            "kept_time": {"type": "long"},
        },
    },
}
# While it is filled nobody searches it, and a replica would do all the work a second time.
_LOADING: Final = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
_SERVING: Final = {"auto_expand_replicas": "0-1", "refresh_interval": "1s"}
_PARTS: Final = ("dynamic", "_source", "_meta")
_TYPES: Final = {field: one["type"] for field, one in documents.MAPPING["properties"].items()}
_SECONDS: Final = 30
_YELLOW_SECONDS: Final = 20
_DAY_MILLISECONDS: Final = 24 * 60 * 60 * 1000
_NOT_FOUND: Final = 404


class Superseded(Exception):
    """Another replica has changed the document meanwhile: read it again."""


class Phase(StrEnum):
    """How far the next index is."""

    NONE = ""
    REQUESTED = "requested"
    FILLING = "filling"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Generations:
    """What the document says."""

    live: str = ""
    """The index behind the alias; empty if there is none to be relied on."""
    next: str = ""
    phase: Phase = Phase.NONE
    page_token: str = ""
    """The next page of the child index to write to the next index."""
    holder: str = ""
    """The replica that fills."""
    epoch: int = 0
    """Grows when the changes are to be followed from another point than a consumer remembers."""
    ahead: bool = False
    """The live index has what its source has not: the source was restored. Nobody is to search it."""

    @property
    def written_to(self) -> list[str]:
        """Where changes are to be written."""
        filling = self.phase in {Phase.FILLING, Phase.FILLED}
        return [name for name in (self.live, self.next if filling else "") if name]


@dataclass(frozen=True, slots=True)
class Stored:
    """The document with the place in its history that the next change has to name."""

    value: Generations
    seq_no: int
    primary_term: int


class GenerationsStore:
    """The document of one alias, the indices behind it, and how far the changes have been followed."""

    def __init__(self, client: AsyncOpenSearch, alias: str) -> None:
        self.alias = alias
        self._client = client

    async def load(self) -> Stored | None:
        """The document, None if there is none. Raises IndexUnavailable."""
        found = await self._document(self.alias)
        if found is None:
            return None
        value = Generations(**found["_source"] | {"phase": Phase(found["_source"]["phase"])})
        return Stored(value, found["_seq_no"], found["_primary_term"])

    async def begin(self) -> Stored:
        """Make the document, asking for an index of a generation that never was. Raises Superseded."""
        await self._create(_CONTROL, _CONTROL_MAPPING)
        names = await self._indices()
        generation = max(map(documents.generation_of, names), default=0) + 1
        value = Generations(next=documents.index_name(self.alias, generation), phase=Phase.REQUESTED)
        return await self._put(value, {"op_type": "create"})

    async def change(self, stored: Stored, **changes: Any) -> Stored:
        """Change the document. Raises Superseded if somebody else did so first."""
        value = replace(stored.value, **changes)
        return await self._put(value, {"if_seq_no": stored.seq_no, "if_primary_term": stored.primary_term})

    async def request(self, stored: Stored, **changes: Any) -> Stored:
        """Ask for a new index, unless one is being made already. Raises Superseded."""
        if stored.value.next:
            return stored
        highest = max(map(documents.generation_of, [*await self._indices(), stored.value.live]), default=0)
        name = documents.index_name(self.alias, highest + 1)
        return await self.change(
            stored, next=name, phase=Phase.REQUESTED, page_token="", holder="", **changes
        )

    async def create(self, name: str) -> None:
        """Create the index anew, to be filled. Raises IndexUnavailable."""
        await self._delete(name)
        await self._create(name, {"settings": {"index": _LOADING}, "mappings": documents.MAPPING})

    async def intact(self, name: str) -> bool:
        """Whether the index is there and has the form it should have. Raises IndexUnavailable."""
        try:
            found = (await self._client.indices.get(index=name, params={"request_timeout": _SECONDS}))[name]
        except NotFoundError:
            return False
        except OpenSearchException:
            raise IndexUnavailable from None
        mapping = found["mappings"]
        # What is as OpenSearch has it by default is not given back.
        types = {field: one["type"] for field, one in mapping.get("properties", {}).items()}
        return types == _TYPES and all(mapping.get(part) == documents.MAPPING[part] for part in _PARTS)

    async def open_to_searches(self, name: str) -> None:
        """Make a filled index what it is for: refreshed, copied, all there. Raises IndexUnavailable."""
        try:
            await self._client.indices.put_settings(
                index=name, body={"index": _SERVING}, params={"request_timeout": _SECONDS}
            )
            await self._client.indices.refresh(index=name, params={"request_timeout": _SECONDS})
            health = await self._client.cluster.health(
                index=name,
                params={
                    "wait_for_status": "yellow",
                    "timeout": f"{_YELLOW_SECONDS}s",
                    "request_timeout": _SECONDS,
                },
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        if health["timed_out"]:
            raise IndexUnavailable

    async def point_alias(self, name: str) -> None:
        """Have the alias stand for this index alone, in one step. Does nothing if it does. Raises IndexUnavailable."""
        try:
            others = [one for one in await self._pointed() if one != name]
            await self._client.indices.update_aliases(
                body={
                    "actions": [
                        *({"remove": {"index": one, "alias": self.alias}} for one in others),
                        {"add": {"index": name, "alias": self.alias}},
                    ]
                },
                params={"request_timeout": _SECONDS},
            )
        except OpenSearchException:
            raise IndexUnavailable from None

    async def alias_points_to(self, name: str) -> bool:
        """Whether the alias stands for this index alone. Raises IndexUnavailable."""
        try:
            return await self._pointed() == [name]
        except OpenSearchException:
            raise IndexUnavailable from None

    async def remove_others(self, generations: Generations) -> None:
        """Remove the indices behind this alias that the document does not name. Raises IndexUnavailable."""
        for name in await self._indices():
            if name not in {generations.live, generations.next}:
                await self._delete(name)

    async def load_checkpoint(self) -> str | None:
        """How far the changes have been followed; None if they never were. Raises IndexUnavailable."""
        found = await self._document(f"{self.alias}.checkpoint")
        return None if found is None else str(found["_source"]["after"])

    async def save_checkpoint(self, after: str) -> None:
        """Keep how far the changes have been followed. Raises IndexUnavailable."""
        try:
            await self._client.index(
                index=_CONTROL,
                id=f"{self.alias}.checkpoint",
                body={"after": after},
                params={"request_timeout": _SECONDS},
            )
        except OpenSearchException:
            raise IndexUnavailable from None

    async def keep(self) -> None:
        """Say that this alias is in use, and remove what belongs to aliases not in use for a day.

        So the index of an old key schema goes after the last replica that searches it. Raises IndexUnavailable.
        """
        now = int(time.time() * 1000)
        try:
            await self._client.index(
                index=_CONTROL,
                id=f"{self.alias}.kept",
                body={"alias": self.alias, "kept_time": now},
                params={"request_timeout": _SECONDS},
            )
            query = {"range": {"kept_time": {"lt": now - _DAY_MILLISECONDS}}}
            found = await self._client.search(
                index=_CONTROL,
                body={"query": query, "size": 100},
                params={"allow_partial_search_results": "false", "request_timeout": _SECONDS},
            )
            for alias in [hit["_source"]["alias"] for hit in found["hits"]["hits"]]:
                await self._forget(alias)
        except OpenSearchException:
            raise IndexUnavailable from None

    async def _forget(self, alias: str) -> None:
        for name in await GenerationsStore(self._client, alias)._indices():  # noqa: SLF001 - of its own kind
            await self._delete(name)
        for document in (alias, f"{alias}.checkpoint", f"{alias}.kept"):
            await self._client.delete(index=_CONTROL, id=document, params={"ignore": _NOT_FOUND})

    async def _document(self, id_: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = await self._client.get(
                index=_CONTROL, id=id_, params={"request_timeout": _SECONDS}
            )
        except NotFoundError:
            return None
        except OpenSearchException:
            raise IndexUnavailable from None
        return found

    async def _put(self, value: Generations, condition: Mapping[str, Any]) -> Stored:
        try:
            answer = await self._client.index(
                index=_CONTROL,
                id=self.alias,
                body=asdict(value),
                params={**condition, "request_timeout": _SECONDS},
            )
        except ConflictError:
            raise Superseded from None
        except OpenSearchException:
            raise IndexUnavailable from None
        return Stored(value, answer["_seq_no"], answer["_primary_term"])

    async def _create(self, name: str, body: Mapping[str, Any]) -> None:
        try:
            await self._client.indices.create(index=name, body=body, params={"request_timeout": _SECONDS})
        except RequestError as error:
            # A twin was faster.
            if error.error != "resource_already_exists_exception":
                raise IndexUnavailable from None
        except OpenSearchException:
            raise IndexUnavailable from None

    async def _delete(self, name: str) -> None:
        try:
            await self._client.indices.delete(
                index=name, params={"ignore_unavailable": "true", "request_timeout": _SECONDS}
            )
        except OpenSearchException:
            raise IndexUnavailable from None

    async def _indices(self) -> list[str]:
        """The indices of this alias, by their names."""
        try:
            found = await self._client.indices.get(
                index=f"{self.alias}-g*", params={"expand_wildcards": "all", "request_timeout": _SECONDS}
            )
        except OpenSearchException:
            raise IndexUnavailable from None
        return sorted(name for name in found if documents.generation_of(name))

    async def _pointed(self) -> list[str]:
        """The indices that the alias stands for now."""
        try:
            found = await self._client.indices.get_alias(
                name=self.alias, params={"request_timeout": _SECONDS}
            )
        except NotFoundError:
            return []
        return sorted(found)
