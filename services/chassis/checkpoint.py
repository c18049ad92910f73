"""How far a consumer has read the changes of a producer."""

from typing import Protocol

from services.chassis.database import Database


class Checkpoint(Protocol):
    """Keeps the token of `list_changes`. An older token than the newest saved costs work, never an event."""

    async def load(self) -> str:
        """Return the token saved last, "" if there is none."""

    async def save(self, after: str) -> None:
        """Keep the token."""


class DatabaseCheckpoint:
    """A checkpoint in the consumer's own database."""

    def __init__(self, database: Database, consumer: str) -> None:
        self._database = database
        self._consumer = consumer

    async def load(self) -> str:
        """Return the token saved last, "" if there is none."""
        async with self._database.connection() as connection:
            return await connection.fetchval(_LOAD, self._consumer) or ""

    async def save(self, after: str) -> None:
        """Keep the token."""
        async with self._database.connection() as connection:
            await connection.execute(_SAVE, self._consumer, after)


class MemoryCheckpoint:
    """A checkpoint for a consumer without a database: after a restart it begins where its owner says."""

    def __init__(self, after: str = "") -> None:
        self._after = after

    async def load(self) -> str:
        """Return the token saved last, at first the one given."""
        return self._after

    async def save(self, after: str) -> None:
        """Keep the token for as long as the process lives."""
        self._after = after


_LOAD = "SELECT after FROM chassis.consumer_checkpoint WHERE consumer = $1"

_SAVE = """
INSERT INTO chassis.consumer_checkpoint (consumer, after)
VALUES ($1, $2)
    ON CONFLICT (consumer) DO UPDATE SET after = excluded.after, update_time = now()
"""
