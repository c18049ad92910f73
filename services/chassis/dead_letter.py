"""Messages that can never be understood: put aside on a topic of their own, counted, never logged (F15)."""

import contextlib

from services.chassis import metrics
from services.chassis.kafka import KafkaSettings
from services.chassis.kafka_reader import Record
from services.chassis.kafka_writer import BrokerUnavailable, Message, Writer
from services.chassis.outbox import Event
from services.chassis.telemetry import log

_SEND_SECONDS = 5.0
# Below the broker's limit for a message; what is longer is cut.
_LONGEST_VALUE = 512 * 1024


class DeadLetter:
    """The dead-letter topic of a topic: `<topic>.dead-letter`. Alert on anything in it."""

    def __init__(self, kafka: KafkaSettings, topic: str, group: str) -> None:
        self._topic = topic
        self._group = group
        self._writer = Writer(kafka, f"{group}-dead-letter", _SEND_SECONDS)

    async def put_record(self, record: Record) -> None:
        """Put aside what came from Kafka. Raises BrokerUnavailable; the message will then come again."""
        place = f"{record.topic}/{record.partition}/{record.offset}"
        await self._put(record.key, record.value, place)
        log.error(
            "a message was put aside as unreadable",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            group=self._group,
        )

    async def put_event(self, event: Event) -> None:
        """Put aside what came from `list_changes`. Without a broker it stays where it is, in the producer's outbox."""
        with contextlib.suppress(BrokerUnavailable):
            await self._put(event.key.bytes, event.payload, "list_changes")
        log.error(
            "an event was put aside as unreadable",
            topic=self._topic,
            event_id=event.event_id,
            group=self._group,
        )

    async def close(self) -> None:
        """Let go of the connection."""
        await self._writer.close()

    async def _put(self, key: bytes | None, value: bytes | None, place: str) -> None:
        metrics.DEAD_LETTER.labels(topic=self._topic, group=self._group).inc()
        headers = [("kith-source", place.encode()), ("kith-group", self._group.encode())]
        cut = None if value is None else value[:_LONGEST_VALUE]
        await self._writer.send(f"{self._topic}.dead-letter", [Message(key, cut, headers)])
