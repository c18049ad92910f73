"""F39: migrations can be repeated, interrupted and raced; schema.sql is compared in tests/repository."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from services.chassis import migrate
from services.chassis.migrate import MigrationError
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabase


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The migrations of a service called chassis, so that its role exists."""
    made = tmp_path / "chassis" / "migrations"
    made.mkdir(parents=True)
    (made / "0001_thing.sql").write_text("CREATE TABLE thing (id int PRIMARY KEY);")
    (made / "0002_thing_name.sql").write_text("ALTER TABLE thing ADD COLUMN name text;")
    return made


@pytest.fixture
def service(folder: Path) -> Path:
    """The same under a name of its own, apart from the chassis' migrations."""
    other = folder.parents[1] / "things"
    folder.parent.rename(other)
    return other / "migrations"


async def _tables(home: ServiceDatabase) -> set[str]:
    connection = await asyncpg.connect(home.owner_dsn)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


async def test_applied_twice_is_applied_once(home: ServiceDatabase, service: Path) -> None:
    assert [str(done) for done in await migrate.migrate(home.owner_dsn, [service])] == [
        "things/0001_thing",
        "things/0002_thing_name",
    ]
    assert await migrate.migrate(home.owner_dsn, [service]) == []
    assert "thing" in await _tables(home)


async def test_a_new_number_is_applied_alone(home: ServiceDatabase, service: Path) -> None:
    await migrate.migrate(home.owner_dsn, [service])
    (service / "0003_more.sql").write_text("CREATE TABLE more (id int PRIMARY KEY);")
    assert [done.number for done in await migrate.migrate(home.owner_dsn, [service])] == [3]


async def test_a_changed_file_is_refused(home: ServiceDatabase, service: Path) -> None:
    await migrate.migrate(home.owner_dsn, [service])
    (service / "0001_thing.sql").write_text("CREATE TABLE thing (id bigint PRIMARY KEY);")
    with pytest.raises(MigrationError, match="things/0001_thing was changed"):
        await migrate.migrate(home.owner_dsn, [service])


async def test_an_older_release_passes_over_newer_migrations(home: ServiceDatabase, service: Path) -> None:
    await migrate.migrate(home.owner_dsn, [service])
    (service / "0002_thing_name.sql").unlink()
    assert await migrate.migrate(home.owner_dsn, [service]) == []


@pytest.mark.parametrize("name", ["0003_gap.sql", "2_short.sql", "0002-dash.sql", "0002_Upper.sql"])
def test_numbers_and_names_are_strict(service: Path, name: str) -> None:
    (service / "0002_thing_name.sql").rename(service / name)
    with pytest.raises(MigrationError, match="expected 0002_<name>"):
        migrate.read(service)


async def test_a_failing_migration_leaves_nothing_and_can_be_repeated(
    home: ServiceDatabase, service: Path
) -> None:
    second = service / "0002_thing_name.sql"
    good = second.read_text()
    second.write_text("CREATE TABLE half (id int); INSERT INTO thing VALUES ('Jane Doe');")
    with pytest.raises(MigrationError) as failure:
        await migrate.migrate(home.owner_dsn, [service])
    assert "things/0002_thing_name failed: InvalidTextRepresentationError (22P02" in str(failure.value)
    assert "Jane" not in str(failure.value)
    assert "half" not in await _tables(home)
    second.write_text(good)
    assert [done.number for done in await migrate.migrate(home.owner_dsn, [service])] == [2]


async def test_two_runners_at_once(home: ServiceDatabase, service: Path) -> None:
    applied = await asyncio.gather(*(migrate.migrate(home.owner_dsn, [service]) for _ in range(4)))
    assert sorted(len(done) for done in applied) == [0, 0, 0, 2]


async def test_killed_half_way_can_be_repeated(home: ServiceDatabase, service: Path) -> None:
    """Kill -9 while the second file runs: the first is applied, of the second nothing, and nothing stays locked."""
    second = service / "0002_thing_name.sql"
    good = second.read_text()
    second.write_text("CREATE TABLE half (id int); SELECT pg_sleep(50);")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.chassis.migrate", str(service)),
        env=os.environ | {"KITH_DATABASE_URL_FILE": str(home.owner_url_file)},
    )
    admin = await asyncpg.connect(home.superuser_dsn)
    try:
        sleeping = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'PgSleep'"
        pid = await eventually(lambda: admin.fetchval(sleeping, home.name))
        process.kill()
        await process.wait()
        # The server notices a lost client at the end of its statement.
        await admin.execute("SELECT pg_terminate_backend($1)", pid)
    finally:
        await admin.close()
    assert await _tables(home) >= {"thing"}
    assert "half" not in await _tables(home)
    second.write_text(good)
    assert [done.number for done in await migrate.migrate(home.owner_dsn, [service])] == [2]


async def test_a_migration_does_not_wait_for_a_lock(home: ServiceDatabase, service: Path) -> None:
    (service / "0002_thing_name.sql").unlink()
    await migrate.migrate(home.owner_dsn, [service])
    (service / "0002_thing_name.sql").write_text("ALTER TABLE thing ADD COLUMN name text;")
    holder = await asyncpg.connect(home.owner_dsn)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE thing IN ACCESS SHARE MODE")
            with pytest.raises(MigrationError, match="LockNotAvailableError"):
                await migrate.migrate(home.owner_dsn, [service])
    finally:
        await holder.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE chassis.outbox ADD COLUMN more text",
        "DROP TABLE chassis.outbox",
        "TRUNCATE chassis.audit_outbox",
        "UPDATE chassis.outbox SET payload = ''",
        "UPDATE chassis.audit_outbox SET payload = ''",
        "UPDATE kith_migration SET checksum = ''",
        "COPY chassis.outbox TO '/tmp/outbox'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE TEMP TABLE mine (id int)",
    ],
)
async def test_the_app_role_cannot(home: ServiceDatabase, statement: str) -> None:
    """S21: what the service runs as changes rows where it may, and nothing else."""
    connection = await asyncpg.connect(home.app_dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


def test_the_command_line_says_what_is_missing() -> None:
    command = [sys.executable, "-m", "services.chassis.migrate", "services/chassis/migrations"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("KITH_DATABASE_URL_FILE")
