"""The pool of database connections: every wait has an end, and a lost server comes back by itself.

Isolation is READ COMMITTED, times are UTC. The server's text never reaches a caller: driver errors go up as
they are and the server's interceptor replaces them (RELIABILITY finding 1).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.chassis import metrics
from services.chassis.errors import ACCESS_DOMAIN, Unavailable
from services.chassis.telemetry import log

FAILURES: Final = (
    Unavailable,
    asyncpg.PostgresError,
    # A connection that closed under a query: the driver has no SQLSTATE for that, and two classes.
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""What the use of a database may raise that passes by itself; a TimeoutError is an OSError. For work in the
background, which outlives a loss of the database: a call lets them go up to the chain."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
"""What a store is given: a connection of the pool or one of its own. Both speak the same methods."""

_ACQUIRE_SECONDS = 2.0
_CONNECT_SECONDS = 2.0
_COMMAND_SECONDS = 5.0
# An ordinary start-up race is over by then; a composition root may use the database at once. After it the
# service goes on without: live, not ready, and every call UNAVAILABLE until the server is there (F10).
_START_SECONDS = 15.0
_SESSION: Final[dict[str, str]] = {
    "timezone": "UTC",
    # Ends the statement on the server too when the client has been frozen (F20): a little above the client's
    # own.
    "statement_timeout": "7s",
    # An open transaction holds back the outbox of everybody (F7).
    "idle_in_transaction_session_timeout": "30s",
}
# What says that there is no server to talk to now, as opposed to an error of a statement.
_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)


class Database:
    """A pool of at most `max_size` connections. Made by `pool`; closed by it."""

    def __init__(self, url_file: Path, name: str, max_size: int, settings: Mapping[str, str]) -> None:
        self._url_file = url_file
        self._name = name
        self._settings = {**_SESSION, **settings, "application_name": name}
        # First come, first served: asyncpg's own queue has let waiters starve (asyncpg #1247).
        self._places = asyncio.Semaphore(max_size)
        self._pool = asyncpg.create_pool(
            min_size=0,
            max_size=max_size,
            connect=self._connect,
            reset=_nothing_to_reset,
            max_inactive_connection_lifetime=300.0,
        )

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection without a transaction: for single statements and reads.

        Raises Unavailable: `DATABASE_BUSY` when none is free for 2 s, `DATABASE_UNREACHABLE` without a
        server.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(_ACQUIRE_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            metrics.POOL_BUSY.labels(pool=self._name).inc()
            raise Unavailable("DATABASE_BUSY", domain=ACCESS_DOMAIN) from None
        try:
            borrowed = await self._borrow(_ACQUIRE_SECONDS - (time.monotonic() - began))
            in_use = metrics.POOL_IN_USE.labels(pool=self._name)
            in_use.inc()
            try:
                yield borrowed
            finally:
                in_use.dec()
                await self._pool.release(borrowed)
                metrics.POOL_SIZE.labels(pool=self._name).set(self._pool.get_size())
        finally:
            self._places.release()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction: committed at the end, rolled back on any exception.

        When the connection is lost during COMMIT the outcome is unknown; a request id makes the retry safe
        (F3).
        """
        async with self.connection() as connection, connection.transaction():
            yield connection

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Open a connection outside the pool, for session locks. Raises what the driver raises."""
        connection = await self._connect()
        try:
            yield connection
        finally:
            # Also when the server does not answer: whoever holds a lock must not wait for its end.
            connection.terminate()

    async def ready(self) -> None:
        """Return when the server answers; raises Unavailable. Fit for `serve(ready=...)`."""
        async with self.connection() as connection:
            await connection.fetchval("SELECT 1")

    async def _borrow(self, seconds: float) -> "PoolConnectionProxy[asyncpg.Record]":
        try:
            # The pool's own limit of time, so that a connection attempt is cut off as well.
            return await self._pool.acquire(timeout=max(seconds, 0.1))
        except _UNREACHABLE:
            raise Unavailable("DATABASE_UNREACHABLE", domain=ACCESS_DOMAIN) from None

    async def _connect(self, *_: Any, **pool_arguments: Any) -> "asyncpg.Connection[asyncpg.Record]":
        # Read each time: the password may have been changed, the server may have moved (S28).
        url = self._url_file.read_text(encoding="utf-8").strip()
        return await asyncpg.connect(
            url,
            timeout=_CONNECT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            server_settings=self._settings,
            **pool_arguments,
        )

    async def _open(self) -> None:
        await self._pool
        deadline = time.monotonic() + _START_SECONDS
        pause = 0.1
        while True:
            try:
                await self.ready()
            except Unavailable:
                if time.monotonic() + pause > deadline:
                    log.warning("the database does not answer yet")
                    return
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), _ACQUIRE_SECONDS)
        except (TimeoutError, *_UNREACHABLE):
            self._pool.terminate()


async def _nothing_to_reset(_: object) -> None:
    """Save the round trip of `RESET ALL` and its like at every release.

    Nothing of ours outlives a transaction: settings go through `set_config(..., true)`, locks are transaction
    locks, and whoever wants a session takes `Database.session`. asyncpg itself rolls back an open transaction
    before this.
    """


@contextlib.asynccontextmanager
async def pool(
    url_file: Path, *, name: str, max_size: int = 10, settings: Mapping[str, str] | None = None
) -> AsyncGenerator[Database]:
    """Open a pool on the DSN in `url_file`; `name` is what the server and the metrics call it.

    `settings` are PostgreSQL's, for every connection.

    Waits for the server at start for up to 15 s, then goes on without it.
    """
    database = Database(url_file, name, max_size, settings or {})
    await database._open()  # noqa: SLF001 - the two are one
    try:
        yield database
    finally:
        await database._close()  # noqa: SLF001 - the two are one
