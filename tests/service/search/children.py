"""Children as the child index has them, put there without their facts: what search sees of them and no more."""

import secrets
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

import asyncpg
from google.protobuf.timestamp_pb2 import Timestamp

from kith.childindex.v1 import child_events_pb2
from services.chassis import outbox
from services.chassis.outbox import Event
from services.matching import KEY_SCHEMA
from services.search import documents

_TABLES = "child, source_record, child_key, chassis.outbox"
_KEYS = 12
KEY_VERSION = documents.key_version(KEY_SCHEMA, "1")
"""What the keys are called, whatever they are."""


class Children:
    """Adds and changes children, with the events that tell of it."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection
        self.keys: dict[str, list[int]] = {}
        self.versions: dict[str, int] = {}

    @classmethod
    @asynccontextmanager
    async def of(cls, dsn: str) -> AsyncIterator[Self]:
        """The children of a database, which has none at first."""
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(f"TRUNCATE {_TABLES} CASCADE")
            yield cls(connection)
        finally:
            await connection.close()

    async def add(self, count: int = 1) -> list[str]:
        """Add children with keys of their own; returns their ids."""
        ids = [uuid.uuid4() for _ in range(count)]
        async with self.connection.transaction():
            await self.connection.executemany(
                "INSERT INTO child (id, version, wrapped_key) VALUES ($1, 1, '')", [(one,) for one in ids]
            )
            records = [(uuid.uuid4(), one, uuid.uuid4(), secrets.token_bytes(16)) for one in ids]
            await self.connection.executemany(
                "INSERT INTO source_record (id, child_id, organisation_id, local_key_hash, sealed_facts,"
                " model_version) VALUES ($1, $2, $3, $4, '', 'test')",
                records,
            )
            for record_id, child_id, *_ in records:
                await self._set_keys(record_id, child_id, [_key() for _ in range(_KEYS)])
            await self._tell({str(one): 1 for one in ids})
        return [str(one) for one in ids]

    async def change(self, child_id: str) -> list[int]:
        """Give a child other keys; returns those it had."""
        before = self.keys[child_id]
        async with self.connection.transaction():
            version = await self.connection.fetchval(
                "UPDATE child SET version = version + 1 WHERE id = $1 RETURNING version", UUID(child_id)
            )
            record_id = await self.connection.fetchval(
                "SELECT id FROM source_record WHERE child_id = $1", UUID(child_id)
            )
            await self._set_keys(record_id, UUID(child_id), [_key() for _ in range(_KEYS)])
            await self._tell({child_id: version})
        return before

    async def forget(self, child_id: str) -> None:
        """Take a child out, without a word: as a restore of an older backup does."""
        for statement in (
            "DELETE FROM child_key WHERE child_id = $1",
            "DELETE FROM source_record WHERE child_id = $1",
            "DELETE FROM child WHERE id = $1",
            "DELETE FROM chassis.outbox WHERE key = $1",
        ):
            await self.connection.execute(statement, UUID(child_id))
        del self.keys[child_id], self.versions[child_id]

    async def _set_keys(self, record_id: UUID, child_id: UUID, keys: list[int]) -> None:
        await self.connection.execute("DELETE FROM child_key WHERE source_record_id = $1", record_id)
        await self.connection.executemany(
            "INSERT INTO child_key (key, source_record_id, child_id, visible, version) VALUES ($1, $2, $3, true, $4)",
            [(key, record_id, child_id, KEY_VERSION) for key in keys],
        )
        self.keys[str(child_id)] = keys

    async def _tell(self, versions: dict[str, int]) -> None:
        await outbox.write(self.connection, list(_events(versions)))
        self.versions |= versions


def _events(versions: dict[str, int]) -> Iterable[Event]:
    now = Timestamp()
    now.GetCurrentTime()
    for child_id, version in versions.items():
        event_id = uuid.uuid4()
        event = child_events_pb2.ChildEvent(
            event_id=str(event_id),
            event_time=now,
            child_id=child_id,
            version=version,
            child_changed=child_events_pb2.ChildChanged(),
        )
        yield Event(event_id, UUID(child_id), version, event.SerializeToString())


def _key() -> int:
    return secrets.randbits(64) - 2**63
