"""Keeps a whole index behind the alias: fills the first, notices what is missing or damaged, fills the next.

Every replica has a keeper and looks every second. The one that fills says how far it is after each portion; one that
has said nothing for a while has died, and another goes on where it was (F27). If it was only slow, its next step fails:
what two write meanwhile is the same.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import uuid4

from kith.childindex.v1.projection_service_pb2 import Projection
from services.chassis.telemetry import describe, log
from services.search import metrics
from services.search.generations_store import Generations, GenerationsStore, Phase, Stored, Superseded
from services.search.neighbours import Source, TokenRefused
from services.search.store import DOCUMENTS_AT_ONCE, ChildrenIndex, IndexMissing

_LOOK_SECONDS: Final = 1.0
_KEEP_SECONDS: Final = 3600.0
_SILENT_SECONDS: Final = 15.0
_SAY_SECONDS: Final = 3.0
"""How often the one that fills says so, however long a portion takes."""
_UNUSABLE_SECONDS: Final = 300.0
"""A node that restarts has its shards back by then; what is damaged has not."""
_PAGE: Final = 2000
_PORTION: Final = 2 * DOCUMENTS_AT_ONCE
"""Children written at a time."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Portion:
    """Some children, and the page that follows them; no token: there is none."""

    projections: list[Projection]
    next_token: str
    changes_after: str


class Keeper:
    """Looks after the indices of one alias."""

    def __init__(
        self,
        index: ChildrenIndex,
        generations: GenerationsStore,
        source: Source,
        *,
        silent_seconds: float = _SILENT_SECONDS,
        unusable_seconds: float = _UNUSABLE_SECONDS,
    ) -> None:
        self._index = index
        self._generations = generations
        self._source = source
        self._silent_seconds = silent_seconds
        self._unusable_seconds = unusable_seconds
        self._name = str(uuid4())
        self._known = Generations()
        self._looked = asyncio.Event()
        self._seen = (-1, 0.0)
        self._usable_at = time.monotonic()
        self._kept_at = -_KEEP_SECONDS

    @property
    def live(self) -> bool:
        """Whether there was an index to be relied on when the keeper last looked."""
        return bool(self._known.live) and not self._known.ahead

    @property
    def epoch(self) -> int:
        """Grows when a consumer must forget how far it is and load its checkpoint."""
        return self._known.epoch

    async def looked(self) -> None:
        """Wait for the first look."""
        await self._looked.wait()

    async def run(self) -> None:
        """Look until cancelled. Survives the loss of OpenSearch and of the child index."""
        while True:
            try:
                await self.look()
            except Superseded:
                continue
            except Exception as error:  # noqa: BLE001 - a call or OpenSearch: whatever it is, it is tried again
                log.warning("could not look after the index, will try again", **describe(error))
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Look once, and do what is to be done. Raises Superseded, IndexUnavailable, and what a call raises."""
        stored = await self._generations.load()
        if stored is None:
            # There is nothing, or nobody knows what there is worth.
            self._known = Generations()
            stored = await self._generations.begin()
        self._known = stored.value
        self._looked.set()
        if stored.value.next:
            if self._mine(stored):
                await self._fill(stored)
            return
        if not stored.value.live or not await self._generations.intact(stored.value.live):
            await self._renew(stored, "damaged", live="")
            return
        if not await self._generations.alias_points_to(stored.value.live):
            await self._generations.point_alias(stored.value.live)
        if await self._usable():
            await self._tidy(stored.value)
        else:
            await self._renew(stored, "unusable")

    def _mine(self, stored: Stored) -> bool:
        """Whether this replica is to fill: it does, nobody does, or the one that did has fallen silent."""
        if stored.seq_no != self._seen[0]:
            self._seen = (stored.seq_no, time.monotonic())
        silent = time.monotonic() - self._seen[1] > self._silent_seconds
        return silent or stored.value.holder in {"", self._name}

    async def _usable(self) -> bool:
        """Whether the index answers, or has not been silent for long."""
        if await self._index.usable():
            self._usable_at = time.monotonic()
        return time.monotonic() - self._usable_at < self._unusable_seconds

    async def _renew(self, stored: Stored, reason: str, **changes: str) -> None:
        log.warning("the index has to be made anew", index=stored.value.live, reason=reason)
        metrics.PROJECTION_REBUILDS.labels(reason=reason).inc()
        stored = await self._generations.request(stored, **changes)
        self._known = stored.value
        self._usable_at = time.monotonic()

    async def _tidy(self, known: Generations) -> None:
        """Now and then say that this alias is in use, and remove what is not."""
        if time.monotonic() - self._kept_at > _KEEP_SECONDS:
            await self._generations.remove_others(known)
            await self._generations.keep()
            self._kept_at = time.monotonic()

    async def _fill(self, stored: Stored) -> None:
        """Do what is left of making the next index."""
        stored = await self._change(stored, holder=self._name)
        if stored.value.phase is Phase.REQUESTED:
            await self._generations.create(stored.value.next)
            stored = await self._change(stored, phase=Phase.FILLING, page_token="")
        if stored.value.phase is Phase.FILLING:
            try:
                stored = await self._write_all(stored)
            except (IndexMissing, TokenRefused):
                log.warning("the filling of the index begins again", index=stored.value.next)
                await self._begin_again(stored.value.next)
                return
        await self._take_into_use(stored)

    async def _begin_again(self, name: str) -> None:
        """Ask for the index that was being filled once more, if it is still the next one."""
        stored = await self._generations.load()
        if stored is not None and stored.value.next == name:
            await self._change(stored, phase=Phase.REQUESTED, page_token="")

    async def _write_all(self, stored: Stored) -> Stored:
        """Write the children from where the last portion ended, the next one read meanwhile."""
        name = stored.value.next
        stored, portion = await self._saying_so(stored, self._read(stored.value.page_token))
        if not stored.value.page_token:
            stored = await self._follow_from(stored, portion.changes_after)
        count = 0
        while portion.projections:
            stored, following = await self._saying_so(stored, self._write_and_read(portion, name))
            if following is None:
                break
            stored = await self._change(stored, page_token=portion.next_token)
            count += len(portion.projections)
            log.info("filling the index", index=name, count=count)
            portion = following
        return await self._change(stored, phase=Phase.FILLED, page_token="")

    async def _write_and_read(self, portion: _Portion, name: str) -> _Portion | None:
        """Write a portion and read the next one meanwhile; None if there is none."""
        writing = self._index.write(portion.projections, [name])
        if not portion.next_token:
            await writing
            return None
        following, _ = await asyncio.gather(self._read(portion.next_token), writing)
        return following

    async def _read(self, token: str) -> _Portion:
        """The children of some pages."""
        projections: list[Projection] = []
        changes_after = ""
        while True:
            page = await self._source.page(token, _PAGE)
            projections.extend(page.projections)
            changes_after = changes_after or page.changes_after
            token = page.next_page_token
            if not token or len(projections) >= _PORTION:
                return _Portion(projections, token, changes_after)

    async def _follow_from(self, stored: Stored, changes_after: str) -> Stored:
        """Have the changes followed from where the filling began, if nobody follows them or from the wrong point."""
        if stored.value.ahead or await self._generations.load_checkpoint() is None:
            await self._generations.save_checkpoint(changes_after)
            return await self._change(stored, epoch=stored.value.epoch + 1)
        return stored

    async def _take_into_use(self, stored: Stored) -> None:
        name = stored.value.next
        stored, _ = await self._saying_so(stored, self._generations.open_to_searches(name))
        await self._generations.point_alias(name)
        stored = await self._change(
            stored, live=name, next="", phase=Phase.NONE, page_token="", holder="", ahead=False
        )
        log.info("a new index is in use", index=name)
        await self._generations.remove_others(stored.value)

    async def _saying_so(self, stored: Stored, work: Coroutine[None, None, T]) -> tuple[Stored, T]:
        """Do something that may take long, and say every few seconds that it is being done. Raises Superseded."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=_SAY_SECONDS))[0]:
                stored = await self._change(stored)
            return stored, await task
        finally:
            task.cancel()

    async def _change(self, stored: Stored, **changes: object) -> Stored:
        changed = await self._generations.change(stored, **changes)
        self._known = changed.value
        return changed
