"""Keeps OpenSearch in step with the child index: woken by events, reads back, writes by version (DESIGN 5 no. 15)."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from google.protobuf.message import DecodeError

from kith.childindex.v1.child_events_pb2 import ChildEvent
from services.chassis.consumer import Changes, Consumer, InvalidEvent, ReceivedEvent
from services.chassis.kafka import KafkaSettings
from services.chassis.outbox import Event
from services.search import metrics
from services.search.freshness import Freshness
from services.search.generations_store import GenerationsStore
from services.search.keeper import Keeper
from services.search.neighbours import Source
from services.search.store import ChildrenIndex, IndexMissing, IndexUnavailable

TOPIC: Final = "kith.childindex.v1.child-events"
_GROUP: Final = "search"
_PAGE: Final = 1000
_STALE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2
_ATTEMPTS: Final = 3


class Projector:
    """Follows the events and writes to the index in use and to the one being filled.

    Also the consumer's checkpoint, which is kept in OpenSearch itself: if it is lost, so is the index.
    """

    def __init__(
        self,
        index: ChildrenIndex,
        generations: GenerationsStore,
        source: Source,
        keeper: Keeper,
        kafka: KafkaSettings,
    ) -> None:
        self._index = index
        self._generations = generations
        self._source = source
        self._keeper = keeper
        self._kafka = kafka
        self._freshness = Freshness(index)
        self._in_step_at = -float("inf")
        # Up to when what was listed last has every change; None if there was more.
        self._whole_at: float | None = None

    @property
    def in_step(self) -> bool:
        """Whether the index had everything within the last 10 seconds. If not, look in the child index itself."""
        return self._keeper.live and time.monotonic() - self._in_step_at < _STALE_SECONDS

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of OpenSearch, of Kafka and of the child index.

        Raises ReaderStuck when only a new process can help.
        """
        await self._keeper.looked()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._freshness.run())
            while True:
                await self._follow()

    async def _follow(self) -> None:
        """Follow the changes from the checkpoint on, for as long as that is the one to go on from."""
        epoch = self._keeper.epoch
        following = asyncio.create_task(
            Consumer(
                TOPIC,
                _GROUP,
                self._kafka,
                handle=self._handle,
                decode=decode,
                list_changes=self._list_changes,
                checkpoint=self,
            ).run()
        )
        try:
            while self._keeper.epoch == epoch:
                done, _ = await asyncio.wait({following}, timeout=_LOOK_SECONDS)
                if done:
                    await following
                metrics.PROJECTION_BEHIND_SECONDS.set(time.monotonic() - self._in_step_at)
        finally:
            self._in_step_at, self._whole_at = -float("inf"), None
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def load(self) -> str:
        """Return the token saved last. Raises IndexUnavailable until there is one: the keeper sees to that."""
        after = await self._generations.load_checkpoint()
        if after is None:
            raise IndexUnavailable
        return after

    async def save(self, after: str) -> None:
        """Keep the token."""
        await self._generations.save_checkpoint(after)

    async def _list_changes(self, after: str, limit: int) -> Changes:
        asked_at = time.monotonic()
        response = await self._source.changes(after, limit)
        # What is held back may have come by Kafka, or not: nobody here can tell.
        held_back = response.held_back.ToMilliseconds() / 1000
        events = [
            Event(UUID(event.event_id), UUID(event.child_id), event.version, event.SerializeToString())
            for event in response.events
        ]
        self._whole_at = None if response.more else asked_at - held_back
        if not events and self._whole_at is not None:
            self._in_step_at = self._whole_at
        return Changes(events, response.next_after, response.more)

    async def _handle(self, received: Sequence[ReceivedEvent]) -> None:
        """Read the children back as they are now and write them; older events of them are thereby done too."""
        ids = sorted({str(event.key) for event in received})
        try:
            for start in range(0, len(ids), _PAGE):
                await self._write(ids[start : start + _PAGE])
        except Exception:
            self._in_step_at = -float("inf")
            raise
        self._freshness.written(received[-1].message)
        if self._whole_at is not None:
            self._in_step_at = self._whole_at

    async def _write(self, ids: Sequence[str]) -> None:
        projections = await self._source.projections(ids)
        for attempt in range(1, _ATTEMPTS + 1):
            # Each time: an index that is being filled is to have the change too (generations_store.py says why).
            stored = await self._generations.load()
            if stored is None or not stored.value.written_to:
                raise IndexUnavailable
            try:
                await self._index.write(projections, stored.value.written_to)
            except IndexMissing:
                # The alias has moved on meanwhile.
                if attempt == _ATTEMPTS:
                    raise
            else:
                return


def decode(payload: bytes) -> ReceivedEvent:
    """A child event. Raises InvalidEvent."""
    try:
        event = ChildEvent.FromString(payload)
        if event.WhichOneof("event") is None or event.version < 1:
            raise InvalidEvent
        return ReceivedEvent(UUID(event.event_id), UUID(event.child_id), event.version, event)
    except (DecodeError, ValueError):
        raise InvalidEvent from None
