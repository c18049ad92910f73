"""A consumer with effects that can be counted, and the events for it."""

import uuid
from collections.abc import Sequence
from uuid import UUID

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from services.chassis import inbox, outbox
from services.chassis.consumer import Changes, Consumer, DatabaseCheckpoint, InvalidEvent, ReceivedEvent
from services.chassis.database import Database
from services.chassis.kafka import KafkaSettings
from services.chassis.outbox import Event

CREATE_EFFECT = """
CREATE TABLE effect (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    key uuid NOT NULL,
    version bigint NOT NULL
);
GRANT SELECT, INSERT ON effect TO kith_chassis_app;
"""


def event(key: UUID, version: int) -> Event:
    """Return an event; its payload is a message that says the same."""
    event_id = uuid.uuid4()
    message = Struct()
    message.update({"event_id": str(event_id), "key": str(key), "version": str(version)})
    return Event(event_id, key, version, message.SerializeToString(deterministic=True))


def decode(payload: bytes) -> ReceivedEvent:
    """Decode what `event` made; anything else is invalid."""
    try:
        message = Struct.FromString(payload)
        fields = {name: value.string_value for name, value in message.fields.items()}
        key, event_id = UUID(fields["key"]), UUID(fields["event_id"])
        return ReceivedEvent(event_id, key, int(fields["version"]), message)
    except (DecodeError, KeyError, ValueError):
        raise InvalidEvent from None


class Source:
    """The service whose events are consumed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.asked = 0

    async def write(self, *events: Event) -> None:
        async with self.database.transaction() as connection:
            await outbox.write(connection, events)

    async def list_changes(self, after: str, limit: int) -> Changes:
        self.asked += 1
        async with self.database.connection() as connection:
            return await outbox.list_changes(connection, after, limit)

    async def nothing(self, after: str, _limit: int) -> Changes:
        """Knows of no changes, so that only Kafka brings events."""
        self.asked += 1
        return Changes([], after, more=False)

    async def unpublished(self) -> int:
        async with self.database.connection() as connection:
            found = await connection.fetchval(
                "SELECT count(*) FROM chassis.outbox WHERE publish_time IS NULL"
            )
        return int(found)


class Effects:
    """The service that consumes: one row for each event, by way of the inbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.delivered: list[ReceivedEvent] = []

    async def handle(self, events: Sequence[ReceivedEvent]) -> None:
        async with self.database.transaction() as connection:
            for claimed in await inbox.claim(connection, "effects", events):
                await connection.execute(
                    "INSERT INTO effect (event_id, key, version) VALUES ($1, $2, $3)",
                    claimed.event_id,
                    claimed.key,
                    claimed.version,
                )
        self.delivered += events

    async def versions(self) -> dict[UUID, list[int]]:
        """Return, of each key, the versions in the order of their effects."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT key, version FROM effect ORDER BY position")
        versions: dict[UUID, list[int]] = {}
        for row in rows:
            versions.setdefault(row["key"], []).append(row["version"])
        return versions

    def consumer(self, kafka: KafkaSettings, topic: str, source: Source, **changes: object) -> Consumer:
        """Return a consumer of `topic` that works on this; `changes` replace its parts."""
        parts: dict[str, object] = {
            "handle": self.handle,
            "decode": decode,
            "list_changes": source.list_changes,
            "checkpoint": DatabaseCheckpoint(self.database, "effects"),
        }
        return Consumer(topic, f"{topic}-effects", kafka, **(parts | changes))  # type: ignore[arg-type]
