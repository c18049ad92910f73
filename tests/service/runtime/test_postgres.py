"""PostgreSQL from its wheel (DESIGN section 4): start, stop, crash, and who may do what."""

import asyncio
import os
import pwd
from pathlib import Path

import asyncpg
import pytest

from deploy.local import postgres as running
from deploy.local.postgres import Postgres, PostgresError, create_service_database
from deploy.local.postgres_server import SUPERUSER


async def value(
    server: Postgres, statement: str, database: str = "postgres", user: str = SUPERUSER
) -> object:
    connection = await asyncpg.connect(server.dsn(database, user))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_is_version_18_and_says_nothing_of_rows_in_its_log(postgres: Postgres) -> None:
    """RELIABILITY finding 1: neither the statement nor the row it failed on."""
    assert str(await value(postgres, "SHOW server_version")).startswith("18.")
    await value(postgres, "CREATE TABLE fallible (name text UNIQUE)")
    await value(postgres, "INSERT INTO fallible VALUES ('Zebulon Quill')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await value(postgres, "INSERT INTO fallible VALUES ('Zebulon Quill')")
    log = (postgres.folder / "log").read_text()
    assert "fallible_name_key" in log
    assert "Zebulon" not in log


async def test_listens_on_no_network(postgres: Postgres) -> None:
    assert await value(postgres, "SHOW listen_addresses") == ""


def test_never_runs_as_root_and_its_socket_is_closed_to_others(postgres: Postgres) -> None:
    expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    assert Path(f"/proc/{postgres.pid}").stat().st_uid == expected
    assert running.socket_folder(postgres.folder).stat().st_mode & 0o077 == 0


async def test_data_and_socket_are_found_again_under_a_long_path(tmp_path: Path) -> None:
    """The path of a unix socket may have 107 bytes."""
    folder = tmp_path / ("long" * 25)
    server = Postgres.start(folder, fsync=False)
    try:
        assert await value(server, "SELECT 1") == 1
    finally:
        server.stop()
        running.socket_folder(folder).rmdir()


@pytest.mark.parametrize("name", ["state of Kith é 100 %", "here,there"])
async def test_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    """A checkout may lie in a folder such as `My projects`: psql and asyncpg read the same address."""
    server = Postgres.start(tmp_path / name, fsync=False)
    try:
        create_service_database(server.folder, "here")
        assert await value(server, "SELECT 1", "kith_here", "kith_here_app") == 1
    finally:
        server.stop()
        running.socket_folder(server.folder).rmdir()


async def test_committed_data_outlives_kill_9(own_postgres: Postgres) -> None:
    await value(own_postgres, "CREATE TABLE kept AS SELECT 7 AS number")
    own_postgres.kill()
    again = Postgres.start(own_postgres.folder)
    try:
        assert await value(again, "SELECT number FROM kept") == 7
    finally:
        again.stop()


async def test_stale_pid_file_is_no_hindrance_even_when_its_number_lives(own_postgres: Postgres) -> None:
    own_postgres.kill()
    pid_file = own_postgres.folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    again = Postgres.start(own_postgres.folder)
    try:
        assert await value(again, "SELECT 1") == 1
    finally:
        again.stop()


async def test_second_start_on_the_same_folder_is_refused_and_harms_nothing(own_postgres: Postgres) -> None:
    with pytest.raises(PostgresError, match="already running on"):
        await asyncio.to_thread(Postgres.start, own_postgres.folder)
    assert await value(own_postgres, "SELECT 1") == 1


async def test_stop_ends_open_sessions(own_postgres: Postgres) -> None:
    connection = await asyncpg.connect(own_postgres.dsn("postgres", SUPERUSER))
    await asyncio.to_thread(own_postgres.stop)
    with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()
    assert not running.ready(own_postgres.folder)


def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresError, match="PostgreSQL 15"):
        Postgres.start(tmp_path)


async def test_service_role_may_connect_and_nothing_else(postgres: Postgres) -> None:
    """RELIABILITY finding 9: owner and service are different roles."""
    for _ in range(2):
        create_service_database(postgres.folder, "toys")
    owner, app = "kith_toys_owner", "kith_toys_app"
    await value(postgres, "CREATE TABLE toy (name text)", "kith_toys", owner)
    assert await value(postgres, "SELECT 1", "kith_toys", app) == 1
    for refused in (
        "SELECT 1 FROM toy",
        "CREATE TABLE mine ()",
        "CREATE SCHEMA mine",
        "CREATE TEMP TABLE mine ()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await value(postgres, refused, "kith_toys", app)


async def test_service_role_may_not_enter_another_service(postgres: Postgres) -> None:
    create_service_database(postgres.folder, "toys")
    create_service_database(postgres.folder, "games")
    for user in ("kith_toys_app", "kith_toys_owner"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await value(postgres, "SELECT 1", "kith_games", user)
