"""Reading from Kafka as a member of a group: connects in the background, and starts anew after any error.

Nothing here waits for a broker for long: a consumer lives on `list_changes` while there is none. aiokafka
gives no sign when it has lost its brokers or got stuck (#1154, RELIABILITY finding 4), so `probe` asks.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from services.chassis.kafka import REQUEST_SECONDS, KafkaSettings, make_consumer
from services.chassis.telemetry import describe, log

Record: TypeAlias = ConsumerRecord[Any, Any]

_CONNECT_SECONDS = 30.0
_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 3.0
_STUCK_SECONDS = 60.0
_MOST = 500


class ReaderStuck(Exception):
    """There are messages, and even a new connection does not get them: only a new process may help."""


class Reader:
    """Reads one topic for one group. Not for concurrent use."""

    def __init__(self, kafka: KafkaSettings, topic: str, group: str) -> None:
        self._kafka = kafka
        self._topic = topic
        self._group = group
        self._consumer: AIOKafkaConsumer | None = None
        self._servers = ""
        self._connecting: asyncio.Task[None] | None = None
        self._discarding: set[asyncio.Task[None]] = set()
        self._pause = _SHORTEST_PAUSE
        self._watch = _Watch()
        self.changed = True
        """Whether partitions were assigned, or the connection lost, since the reader of this set it to False."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._consumer is not None

    async def poll(self, seconds: float) -> list[Record]:
        """Return the next records, each partition's in order; empty after `seconds`, or while not connected."""
        if self._consumer is None:
            if self._connecting is None:
                self._connecting = asyncio.create_task(self._connect())
            await asyncio.wait([self._connecting], timeout=seconds)
            return []
        try:
            batches = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=_MOST)
        except KafkaError as error:
            self.lose(error)
            return []
        return [record for records in batches.values() for record in records]

    async def commit(self, records: Iterable[Record]) -> None:
        """Record that these, and all before them in their partitions, need not come again."""
        if self._consumer is None:
            return
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            offsets[partition] = max(offsets.get(partition, 0), record.offset + 1)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            # The partitions are somebody else's now; the events come again there and have no second effect.
            pass
        except (KafkaError, TimeoutError) as error:
            self.lose(error)

    async def probe(self) -> int:
        """Return how many messages are waiting in the assigned partitions; 0 while not connected.

        Starts anew when the brokers do not answer, have moved, or deliver nothing of what is there. Raises
        ReaderStuck when starting anew has not helped.
        """
        consumer = self._consumer
        if consumer is None:
            return 0
        try:
            moved = self._kafka.bootstrap() != self._servers
            async with asyncio.timeout(REQUEST_SECONDS):
                lag, positions = await _lag(consumer)
        except IllegalStateError:
            return 0  # reassigned just now
        except (KafkaError, TimeoutError) as error:
            self.lose(error)
            return 0
        if moved:
            self.lose(KafkaError("the brokers have moved"))
            return 0
        if positions and self._watch.stuck(lag, positions, time.monotonic()):
            self.lose(ReaderStuck())
        return lag

    async def close(self) -> None:
        """Leave the group and let go of the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._consumer is not None:
            self._drop()
        if self._discarding:
            await asyncio.wait(self._discarding)

    async def _connect(self) -> None:
        """Connect once, or wait a little; `poll` calls again."""
        consumer: AIOKafkaConsumer | None = None
        try:
            self._servers = self._kafka.bootstrap()
            consumer = make_consumer(self._kafka, self._group)
            consumer.subscribe([self._topic], listener=_Listener(self))
            async with asyncio.timeout(_CONNECT_SECONDS):
                await consumer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning(
                "no connection to the brokers", group=self._group, delay_s=self._pause, **describe(error)
            )
            await self._set_aside(consumer)
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        except BaseException:
            await self._set_aside(consumer)
            raise
        else:
            self._consumer, self._pause = consumer, _SHORTEST_PAUSE
        finally:
            self._connecting = None

    def lose(self, error: BaseException) -> None:
        """Give the connection up; what was polled and not committed comes again over the next one."""
        log.warning("connection to the brokers given up", group=self._group, **describe(error))
        self.changed = True
        self._drop()

    def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        task = asyncio.create_task(self._set_aside(consumer))
        self._discarding.add(task)
        task.add_done_callback(self._discarding.discard)

    async def _set_aside(self, consumer: AIOKafkaConsumer | None) -> None:
        """End a consumer, whatever state it is in; bounded, because every request of it is."""
        if consumer is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(3 * REQUEST_SECONDS):
                    await consumer.stop()


async def _lag(consumer: AIOKafkaConsumer) -> tuple[int, dict[TopicPartition, int]]:
    """Return how far the positions are behind the ends, and the positions."""
    partitions = list(consumer.assignment())
    if not partitions:
        return 0, {}
    ends = await consumer.end_offsets(partitions)
    positions = {partition: await consumer.position(partition) for partition in partitions}
    return sum(max(0, ends[partition] - positions[partition]) for partition in partitions), positions


class _Watch:
    """Notices that messages wait and no position moves."""

    def __init__(self) -> None:
        self._positions: dict[TopicPartition, int] = {}
        self._moved = 0.0
        self._restarted = False

    def stuck(self, lag: int, positions: dict[TopicPartition, int], now: float) -> bool:
        """Return whether to start anew. Raises ReaderStuck when that was done already and nothing moved since."""
        if lag == 0 or positions != self._positions:
            # Other partitions than before say nothing about those that did not move.
            if lag == 0 or positions.keys() == self._positions.keys():
                self._restarted = False
            self._positions, self._moved = positions, now
            return False
        if now - self._moved < _STUCK_SECONDS:
            return False
        if self._restarted:
            raise ReaderStuck
        self._restarted, self._moved = True, now
        return True


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Remembers that partitions were assigned: what happened to them meanwhile is in `list_changes`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def on_partitions_revoked(self, _revoked: set[TopicPartition]) -> None:
        """Nothing: each batch is committed before the next is polled."""

    async def on_partitions_assigned(self, _assigned: set[TopicPartition]) -> None:
        """Have the consumer catch up."""
        self._reader.changed = True
