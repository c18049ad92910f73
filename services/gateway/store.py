"""Every statement of the gateway. A session is over after 30 minutes unused and after 10 hours in any case."""

from typing import NamedTuple

from services.chassis.database import Connection


class StoredSession(NamedTuple):
    """A row as it is sealed."""

    key_version: str
    sealed: bytes


async def insert(connection: Connection, id_hash: bytes, stored: StoredSession) -> None:
    """Store a new session."""
    await connection.execute(
        "INSERT INTO web_session (id_hash, key_version, sealed) VALUES ($1, $2, $3)", id_hash, *stored
    )


async def use(connection: Connection, id_hash: bytes) -> StoredSession | None:
    """Return a session that is not over, and note that it was used now."""
    row = await connection.fetchrow(
        """
        UPDATE web_session SET use_time = now()
         WHERE id_hash = $1 AND use_time > now() - interval '30 minutes'
           AND create_time > now() - interval '10 hours'
        RETURNING key_version, sealed
        """,
        id_hash,
    )
    return None if row is None else StoredSession(*row)


async def lock(connection: Connection, id_hash: bytes) -> StoredSession | None:
    """Return a session and keep everybody else from it until the end of the transaction."""
    row = await connection.fetchrow(
        "SELECT key_version, sealed FROM web_session WHERE id_hash = $1 FOR UPDATE", id_hash
    )
    return None if row is None else StoredSession(*row)


async def replace(connection: Connection, id_hash: bytes, stored: StoredSession) -> None:
    """Store what a session has become."""
    await connection.execute(
        "UPDATE web_session SET key_version = $2, sealed = $3 WHERE id_hash = $1", id_hash, *stored
    )


async def delete(connection: Connection, id_hash: bytes) -> None:
    """Forget a session."""
    await connection.execute("DELETE FROM web_session WHERE id_hash = $1", id_hash)


async def sweep(connection: Connection) -> None:
    """Forget the sessions that are over."""
    await connection.execute(
        """
        DELETE FROM web_session
         WHERE use_time < now() - interval '30 minutes' OR create_time < now() - interval '10 hours'
        """
    )
