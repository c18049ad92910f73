"""Sending to Kafka: every send has its own deadline, and a producer that failed once is never used again.

aiokafka's idempotent producer retries for ever, hangs in `stop()` while the broker is away (#1101), and after
some errors never recovers (#1017): RELIABILITY finding 3.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.chassis.kafka import REQUEST_SECONDS, KafkaSettings, make_producer

_SEND_SECONDS = 10.0


class BrokerUnavailable(Exception):
    """The messages were not all acknowledged in time; some may have arrived. Send them again."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: same key, same partition, hence in order."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Writer:
    """Sends batches one after the other; not for concurrent use."""

    def __init__(self, kafka: KafkaSettings, name: str, send_seconds: float = _SEND_SECONDS) -> None:
        """`name` is the client id; `send_seconds` is the deadline of a batch, connecting included."""
        self._kafka = kafka
        self._name = name
        self._send_seconds = send_seconds
        self._producer: AIOKafkaProducer | None = None

    async def send(self, topic: str, messages: Sequence[Message]) -> None:
        """Send the messages in order; return when all replicas have all of them. Raises BrokerUnavailable."""
        delivered = False
        try:
            async with asyncio.timeout(self._send_seconds):
                producer = await self._connected()
                waiting = [
                    await producer.send(topic, message.value, key=message.key, headers=list(message.headers))
                    for message in messages
                ]
                outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            delivered = not any(isinstance(outcome, BaseException) for outcome in outcomes)
        except (KafkaError, OSError, TimeoutError):
            pass
        finally:
            if not delivered:
                await self.close()
        if not delivered:
            raise BrokerUnavailable

    async def close(self) -> None:
        """Let go of the producer: nothing of it reaches the broker afterwards. The next send makes one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _discard(producer)

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = make_producer(self._kafka, self._name)
            await self._producer.start()
        return self._producer


async def _discard(producer: AIOKafkaProducer) -> None:
    """End a producer without waiting for what it has not delivered.

    `stop()` flushes first, without end while the broker is away; so its parts are ended here one by one. A
    request in flight is awaited (it is bounded), so that a successor cannot be overtaken by it.
    """
    producer._closed = True  # noqa: SLF001 - see above
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(REQUEST_SECONDS + 1):
            await producer._sender.close()  # noqa: SLF001 - see above
    await producer.client.close()
