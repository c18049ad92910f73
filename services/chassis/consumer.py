"""Consuming the events of another service: woken by Kafka, made complete by its `ListChanges` (DESIGN 5 no. 15).

Every event is delivered at least once, those of one key in the order of their versions. Twice happens: the
handler's effect must go with `inbox.claim` or with a version. A handler fails in two ways only (STYLE
principle 10): InvalidEvent puts the event aside, anything else means "not now" and is tried again in its
place, holding up what comes after.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from services.chassis import metrics
from services.chassis.checkpoint import Checkpoint, DatabaseCheckpoint, MemoryCheckpoint
from services.chassis.dead_letter import DeadLetter
from services.chassis.delivered import Delivered
from services.chassis.kafka import KafkaSettings
from services.chassis.kafka_reader import Reader, Record
from services.chassis.kafka_writer import BrokerUnavailable
from services.chassis.outbox import Changes
from services.chassis.received_event import Decode, InvalidEvent, ReceivedEvent
from services.chassis.telemetry import describe, log

__all__ = [
    "Changes",
    "Checkpoint",
    "Consumer",
    "DatabaseCheckpoint",
    "InvalidEvent",
    "MemoryCheckpoint",
    "ReceivedEvent",
]

_POLL_SECONDS = 0.5
_CATCH_UP_SECONDS = 5.0
# Without a broker the changes are all there is.
_CATCH_UP_ALONE_SECONDS = 1.0
_LIST_SECONDS = 10.0
_PAGE = 500
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Consumer:
    """Delivers the events of `topic` to `handle`, one batch at a time. Run one in every replica."""

    def __init__(
        self,
        topic: str,
        group: str,
        kafka: KafkaSettings,
        *,
        handle: Callable[[Sequence[ReceivedEvent]], Awaitable[None]],
        decode: Decode,
        list_changes: Callable[[str, int], Awaitable[Changes]],
        checkpoint: Checkpoint,
    ) -> None:
        """`list_changes(after, limit)` asks the producer; `handle` returns when the effect is committed."""
        self._topic = topic
        self._group = group
        self._handle = handle
        self._decode = decode
        self._list_changes = list_changes
        self._checkpoint = checkpoint
        self._reader = Reader(kafka, topic, group)
        self._dead_letter = DeadLetter(kafka, topic, group)
        self._delivered = Delivered()
        self._after: str | None = None
        self._caught_up = -float("inf")
        self._pause = _SHORTEST_PAUSE

    async def run(self) -> None:
        """Run until cancelled. Raises ReaderStuck when only a new process can help."""
        try:
            while True:
                if not await self._catch_up_if_due():
                    continue
                records = await self._reader.poll(_POLL_SECONDS)
                if records:
                    await self._take(records)
        finally:
            await self._reader.close()
            await self._dead_letter.close()

    async def _catch_up_if_due(self) -> bool:
        """Catch up when it is time; return False when it must be done before anything else and could not be."""
        must = self._reader.changed
        every = _CATCH_UP_SECONDS if self._reader.connected else _CATCH_UP_ALONE_SECONDS
        if not must and time.monotonic() - self._caught_up < every:
            return True
        self._reader.changed = False
        lag = await self._reader.probe()
        metrics.CONSUMER_LAG.labels(topic=self._topic, group=self._group).set(lag)
        if await self._catch_up():
            return True
        # What Kafka brings would overtake what was missed. Partitions assigned meanwhile count as well.
        self._reader.changed = must = must or self._reader.changed
        return not must

    async def _catch_up(self) -> bool:
        """Deliver every change after the checkpoint; return False if the producer cannot be asked now."""
        try:
            if self._after is None:
                self._after = await self._checkpoint.load()
            more = True
            while more:
                async with asyncio.timeout(_LIST_SECONDS):
                    changes = await self._list_changes(self._after, _PAGE)
                await self._deliver(await self._decoded(changes), "changes")
                if changes.after != self._after:
                    await self._checkpoint.save(changes.after)
                self._after, more = changes.after, changes.more
        except Exception as error:  # noqa: BLE001 - a call, a database: whatever it is, it is asked again
            metrics.CONSUMER_FAILURES.labels(topic=self._topic, group=self._group).inc()
            log.warning("could not catch up", group=self._group, delay_s=self._pause, **describe(error))
            await self._wait()
            return False
        self._pause = _SHORTEST_PAUSE
        self._caught_up = time.monotonic()
        return True

    async def _decoded(self, changes: Changes) -> list[ReceivedEvent]:
        events = []
        for change in changes.events:
            try:
                events.append(self._decode(change.payload))
            except InvalidEvent:
                await self._dead_letter.put_event(change)
        return events

    async def _take(self, records: Sequence[Record]) -> None:
        """Deliver what Kafka brought, then commit the offsets."""
        events = []
        try:
            for record in records:
                try:
                    events.append(self._event(record))
                except InvalidEvent:
                    await self._dead_letter.put_record(record)
        except BrokerUnavailable as error:
            self._reader.lose(error)
            return
        events = self._delivered.fresh(events)
        if self._delivered.gap(events):
            metrics.CONSUMER_GAPS.labels(topic=self._topic, group=self._group).inc()
            while not await self._catch_up():
                pass
        await self._deliver(events, "kafka")
        await self._reader.commit(records)

    def _event(self, record: Record) -> ReceivedEvent:
        if not isinstance(record.value, bytes):
            raise InvalidEvent
        event = self._decode(record.value)
        if record.key != event.key.bytes:
            # By the key comes the order.
            raise InvalidEvent
        return event

    async def _deliver(self, events: list[ReceivedEvent], source: str) -> None:
        """Have the events handled, however long it takes: together, and one by one after a failure."""
        events = self._delivered.fresh(events)
        if not events:
            return
        if not await self._handled(events, source):
            for event in events:
                while not await self._handled([event], source):
                    pass

    async def _handled(self, events: list[ReceivedEvent], source: str) -> bool:
        """Return whether the effect of the events is committed, or the only one of them was put aside."""
        try:
            await self._handle(events)
        except InvalidEvent as error:
            if len(events) > 1:
                return False
            metrics.DEAD_LETTER.labels(topic=self._topic, group=self._group).inc()
            log.error(
                "an event was put aside by its handler",
                topic=self._topic,
                group=self._group,
                event_id=events[0].event_id,
                **describe(error),
            )
        except Exception as error:  # noqa: BLE001 - not now, whatever the reason
            metrics.CONSUMER_FAILURES.labels(topic=self._topic, group=self._group).inc()
            log.warning(
                "events could not be handled, will try again",
                topic=self._topic,
                group=self._group,
                count=len(events),
                delay_s=self._pause,
                **describe(error),
            )
            await self._wait()
            return False
        self._pause = _SHORTEST_PAUSE
        for event in events:
            self._delivered.add(event)
        handled = metrics.CONSUMER_EVENTS.labels(topic=self._topic, group=self._group, source=source)
        handled.inc(len(events))
        return True

    async def _wait(self) -> None:
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
