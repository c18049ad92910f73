import asyncio
import time
from pathlib import Path

import asyncpg
import pytest

from deploy.local.postgres import Postgres
from deploy.local.postgres_server import SUPERUSER
from services.chassis import database
from services.chassis.database import Database
from services.chassis.errors import Unavailable
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabase


async def test_an_exhausted_pool_refuses_within_the_acquire_time_out(home: ServiceDatabase) -> None:
    """F20: a wait for a connection has an end, and the pool is good right afterwards."""
    async with database.pool(home.app_url_file, name="test", max_size=2) as pool:
        async with pool.connection(), pool.connection():
            began = time.monotonic()
            outcomes = await asyncio.gather(*(pool.ready() for _ in range(20)), return_exceptions=True)
            took = time.monotonic() - began
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 20
        assert {outcome.reason for outcome in outcomes if isinstance(outcome, Unavailable)} == {
            "DATABASE_BUSY"
        }
        # Twice the time-out: one after the other they would have taken twenty times.
        assert took < 4.0
        await pool.ready()


async def test_waiters_are_served_in_order(home: ServiceDatabase) -> None:
    served: list[int] = []

    async def wait(number: int) -> None:
        async with pool.connection():
            served.append(number)

    async with database.pool(home.app_url_file, name="test", max_size=1) as pool:
        async with pool.connection():
            waiting = [asyncio.create_task(wait(number)) for number in range(10)]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
    assert served == list(range(10))


async def test_an_exception_rolls_back(pool: Database) -> None:
    async def fail() -> None:
        async with pool.transaction() as connection:
            await connection.execute("INSERT INTO chassis.consumer_checkpoint VALUES ('a', 'b')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM chassis.consumer_checkpoint") == 0


async def test_a_cancelled_statement_leaves_the_connection_good(pool: Database) -> None:
    async def long() -> None:
        async with pool.transaction() as connection:
            await connection.execute("INSERT INTO chassis.consumer_checkpoint VALUES ('a', 'b')")
            started.set()
            await connection.execute("SELECT pg_sleep(60)")

    started = asyncio.Event()
    task = asyncio.create_task(long())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM chassis.consumer_checkpoint") == 0


async def test_sessions_are_as_they_should_be(pool: Database) -> None:
    async with pool.transaction() as connection:
        assert await connection.fetchval("SHOW timezone") == "UTC"
        assert await connection.fetchval("SHOW transaction_isolation") == "read committed"
        assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "30s"
        await connection.execute("SELECT set_config('kith.test', 'set', true)")
    async with pool.connection() as connection:
        assert not await connection.fetchval("SELECT current_setting('kith.test', true)")


async def test_release_costs_no_round_trip(pool: Database) -> None:
    """What a release sends would be the last statement of the connection."""
    async with pool.connection() as connection:
        pid = await connection.fetchval("SELECT pg_backend_pid()")
    async with pool.session() as other:
        last = await other.fetchval("SELECT query FROM pg_stat_activity WHERE pid = $1", pid)
    assert last == "SELECT pg_backend_pid()"


async def test_a_server_that_is_not_there_at_start(
    tmp_path: Path, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F10: the pool opens without a server, calls are UNAVAILABLE, and it recovers alone."""
    monkeypatch.setattr(database, "_START_SECONDS", 0.5)
    url_file = tmp_path / "url"
    url_file.write_text(own_postgres.dsn("postgres", SUPERUSER))
    own_postgres.stop()
    async with database.pool(url_file, name="test") as pool:
        with pytest.raises(Unavailable, match="DATABASE_UNREACHABLE"):
            await pool.ready()
        again = Postgres.start(own_postgres.folder)
        try:
            await pool.ready()
        finally:
            again.stop()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_server_restart_heals_the_pool(tmp_path: Path, own_postgres: Postgres, how: str) -> None:
    """F19: calls in flight fail as the driver says, the pool needs no restart."""
    url_file = tmp_path / "url"
    url_file.write_text(own_postgres.dsn("postgres", SUPERUSER))
    async with database.pool(url_file, name="test", max_size=4) as pool:

        async def sleep() -> None:
            async with pool.connection() as connection:
                await connection.execute("SELECT pg_sleep(60)")

        in_flight = [asyncio.create_task(sleep()) for _ in range(4)]
        async with pool.session() as other:
            sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"

            async def all_sleep() -> bool:
                return bool(await other.fetchval(sleeping) == 4)

            await eventually(all_sleep)
        getattr(own_postgres, how)()
        outcomes = await asyncio.gather(*in_flight, return_exceptions=True)
        assert all(
            isinstance(outcome, asyncpg.PostgresConnectionError | asyncpg.AdminShutdownError)
            for outcome in outcomes
        ), outcomes
        again = Postgres.start(own_postgres.folder)
        try:
            await asyncio.gather(*(pool.ready() for _ in range(12)))
        finally:
            again.stop()


async def test_many_connections_refused_by_the_server(home: ServiceDatabase) -> None:
    """F20: a server that is full answers UNAVAILABLE, and serves again when there is room."""
    admin = await asyncpg.connect(home.superuser_dsn)
    try:
        # One of them is this connection.
        await admin.execute(f"ALTER DATABASE {home.name} CONNECTION LIMIT 2")
        async with database.pool(home.app_url_file, name="test") as pool:
            async with pool.connection():
                with pytest.raises(Unavailable, match="DATABASE_UNREACHABLE"):
                    await pool.ready()
            await pool.ready()
    finally:
        await admin.close()
