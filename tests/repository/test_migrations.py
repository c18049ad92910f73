"""Migrations are numbered without gaps, and lead to what schema.sql says (STYLE principle 11)."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import postgres
from deploy.local.postgres_server import BINARIES, SUPERUSER
from tests.repository import tree

NAME = re.compile(r"(\d{4})_[a-z0-9]+(_[a-z0-9]+)*\.sql")
# What differs from one dump to the next: a key against injection.
RANDOM = re.compile(r"^\\(un)?restrict .*\n", re.MULTILINE)

MIGRATED = sorted(
    {path.parent.parent.name for path in tree.files() if path.match("services/*/migrations/*.sql")}
)
LIBRARIES = {"chassis"}


def _migrations(component: str) -> list[Path]:
    return sorted((tree.ROOT / "services" / component / "migrations").iterdir())


@pytest.mark.parametrize("component", MIGRATED)
def test_migrations_are_numbered_without_gaps(component: str) -> None:
    names = [path.name for path in _migrations(component)]
    numbers = [int(found[1]) if (found := NAME.fullmatch(name)) else name for name in names]
    assert numbers == list(range(1, len(names) + 1))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres")
    running = postgres.Postgres.start(folder, fsync=False)
    yield folder
    running.stop()


@pytest.mark.parametrize("component", MIGRATED)
def test_schema_says_what_the_migrations_make(component: str, server: Path) -> None:
    before = [] if component in LIBRARIES else _migrations("chassis")
    postgres.create_service_database(server, component)
    owner, database = f"kith_{component}_owner", f"kith_{component}"
    for twin in ("by_migration", "by_schema"):
        copy = f"CREATE DATABASE {database}_{twin} TEMPLATE {database} OWNER {owner}"
        _psql(postgres.dsn(server, "postgres", SUPERUSER), f"--command={copy}")
    by_migration = postgres.dsn(server, f"{database}_by_migration", owner)
    by_schema = postgres.dsn(server, f"{database}_by_schema", owner)
    _run(by_migration, component, [*before, *_migrations(component)])
    _run(by_schema, component, [*before, tree.ROOT / "services" / component / "schema.sql"])
    made, said = _dump(by_migration), _dump(by_schema)
    assert "CREATE TABLE" in said
    assert made == said


def _run(dsn: str, component: str, files: list[Path]) -> None:
    role = f"--command=SET kith.app_role = 'kith_{component}_app'"
    for file in files:
        _psql(dsn, "--single-transaction", role, f"--file={file}")


def _psql(dsn: str, *arguments: str) -> None:
    command = [str(BINARIES / "psql"), dsn, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *arguments]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _dump(dsn: str) -> str:
    command = [str(BINARIES / "pg_dump"), "--schema-only", dsn]
    return RANDOM.sub("", subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
