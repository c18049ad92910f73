"""The relay: publishes what the outbox holds, in order, from one process at a time.

Every batch is acknowledged by Kafka before it is marked, and marked before the next one is sent. So of each
key, what consumers see first comes in order, whatever is repeated.
"""

import asyncio
import contextlib
from typing import NoReturn

import asyncpg

from services.chassis import metrics, retention
from services.chassis.database import FAILURES, Connection, Database
from services.chassis.kafka import KafkaSettings
from services.chassis.kafka_writer import BrokerUnavailable, Message, Writer
from services.chassis.leader import lead
from services.chassis.telemetry import describe, log

_BATCH = 500
# For events committed by another process, or by a caller that forgot to wake the relay.
_POLL_SECONDS = 0.25
_LONGEST_PAUSE = 2.0
_MEASURE_SECONDS = 5.0
_SWEEP_SECONDS = 3600.0


class Relay:
    """Publishes the outbox of `database` to `topic`. Run one in every replica: one leads, the others wait."""

    def __init__(self, database: Database, topic: str, kafka: KafkaSettings, name: str) -> None:
        """`name` is the client id Kafka sees."""
        self._database = database
        self._topic = topic
        self._kafka = kafka
        self._name = name
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Publish at once. To be called after a commit that wrote events; forgetting it costs 0.25 s."""
        self._woken.set()

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of the broker and of the database."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure())
            tasks.create_task(self._sweep())
            tasks.create_task(lead(self._database, f"relay-{self._topic}", self._publish_for_ever))

    async def _publish_for_ever(self, connection: Connection) -> NoReturn:
        writer = Writer(self._kafka, self._name)
        leader = metrics.OUTBOX_LEADER.labels(topic=self._topic)
        leader.set(1)
        pause = _POLL_SECONDS
        try:
            while True:
                self._woken.clear()
                try:
                    if await self._publish(connection, writer) == _BATCH:
                        continue
                except BrokerUnavailable:
                    metrics.OUTBOX_FAILURES.labels(topic=self._topic).inc()
                    log.warning("events could not be published", topic=self._topic, delay_s=pause)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                else:
                    pause = _POLL_SECONDS
                    await self._wait()
        finally:
            leader.set(0)
            await writer.close()

    async def _publish(self, connection: Connection, writer: Writer) -> int:
        """Publish and mark one batch; return its size. Raises BrokerUnavailable, with nothing marked."""
        rows = await connection.fetch(_UNPUBLISHED, _BATCH)
        if not rows:
            return 0
        await writer.send(self._topic, [_message(row) for row in rows])
        await self._mark(connection, [row["position"] for row in rows])
        metrics.OUTBOX_PUBLISHED.labels(topic=self._topic).inc(len(rows))
        return len(rows)

    async def _mark(self, connection: Connection, positions: list[int]) -> None:
        await connection.execute(_MARK, positions)

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._woken.wait()

    async def _measure(self) -> NoReturn:
        """Keep the age of the oldest unsent event, also where another process leads or none can (F7)."""
        age = metrics.OUTBOX_OLDEST_UNSENT_SECONDS.labels(topic=self._topic)
        while True:
            with contextlib.suppress(*FAILURES):
                async with self._database.connection() as connection:
                    age.set(await connection.fetchval(_OLDEST_AGE) or 0.0)
            await asyncio.sleep(_MEASURE_SECONDS)

    async def _sweep(self) -> NoReturn:
        """Delete what is over its time; a sweep that fails holds up nothing."""
        while True:
            try:
                async with self._database.connection() as connection:
                    await retention.sweep(connection)
            except FAILURES as error:
                log.warning("old rows could not be deleted", topic=self._topic, **describe(error))
            await asyncio.sleep(_SWEEP_SECONDS)


def _message(row: asyncpg.Record) -> Message:
    trace = row["traceparent"]
    return Message(
        key=row["key"].bytes,
        value=row["payload"],
        headers=[("traceparent", trace.encode())] if trace else [],
    )


_UNPUBLISHED = """
SELECT position, key, payload, traceparent
  FROM chassis.outbox
 WHERE publish_time IS NULL
 ORDER BY position
 LIMIT $1
"""

_MARK = "UPDATE chassis.outbox SET publish_time = now() WHERE position = ANY($1::bigint[])"

_OLDEST_AGE = """
SELECT extract(epoch FROM now() - create_time)::float8
  FROM chassis.outbox
 WHERE publish_time IS NULL
 ORDER BY position
 LIMIT 1
"""
