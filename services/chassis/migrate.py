"""Applies numbered SQL files to a database, in order, once each (F39, STYLE principle 11).

`python -m services.chassis.migrate services/child_index/migrations` connects as the owner
(KITH_DATABASE_URL_FILE) and applies the migrations of the chassis, then the service's. Each file runs in a
transaction of its own together with the record of it, so a run that was cut off can simply be repeated. Two
runs at once: the second waits. Migrations only go forward, and one that was applied is never changed: fix it
by the next number.

The role that the service runs as is `kith_<service>_app`, where <service> is the folder above `migrations`.
Files find it as `current_setting('kith.app_role')` or write it out.
"""

import argparse
import asyncio
import hashlib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

CHASSIS = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
# An arbitrary number that means "migrating" to all of Kith.
_LOCK = 0x6B697468
_LOCK_SECONDS = 300.0
# A migration that waits for a lock stops everyone queueing behind it: better that it fails and is repeated.
_TIMEOUTS = (("lock_timeout", "4s"), ("statement_timeout", "60s"))


class MigrationError(Exception):
    """The migrations cannot be applied; the text names the file and says why."""


@dataclass(frozen=True)
class Migration:
    """One file. `component` is the folder above `migrations`: chassis, or the service."""

    component: str
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.component}/{self.number:04}_{self.name}"


def read(folder: Path) -> list[Migration]:
    """Return the migrations in `folder` in order. Raises MigrationError unless numbered 0001, 0002, ..."""
    component = folder.resolve().parent.name
    migrations = []
    for number, path in enumerate(sorted(folder.glob("*.sql")), start=1):
        match = _NAME.fullmatch(path.name)
        if match is None or int(match[1]) != number:
            raise MigrationError(f"{component}/{path.name}: expected {number:04}_<name>.sql")
        migrations.append(Migration(component, number, match[2], path.read_text(encoding="utf-8")))
    if not migrations:
        raise MigrationError(f"{folder} has no migrations")
    return migrations


async def migrate(dsn: str, folders: Sequence[Path]) -> list[Migration]:
    """Apply what is missing of the chassis' migrations and then of each folder's; return what was applied.

    `dsn` is the owner's. Raises MigrationError, or what the driver raises when the server cannot be reached.
    """
    groups = [read(folder) for folder in _with_chassis_first(folders)]
    app_role = f"kith_{groups[-1][0].component}_app"
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "kith-migrate"})
    try:
        await _lock(connection)
        await connection.execute(_CREATE_RECORD)
        return [done for group in groups for done in await _apply_group(connection, group, app_role)]
    finally:
        await connection.close()


def _with_chassis_first(folders: Sequence[Path]) -> list[Path]:
    return [CHASSIS, *(folder for folder in folders if folder.resolve() != CHASSIS.resolve())]


async def _lock(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Take the lock of this database; the end of the session gives it back."""
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=_LOCK_SECONDS)


async def _apply_group(
    connection: "asyncpg.Connection[asyncpg.Record]", group: Sequence[Migration], app_role: str
) -> list[Migration]:
    rows = await connection.fetch(
        "SELECT number, checksum FROM kith_migration WHERE component = $1", group[0].component
    )
    applied = {row["number"]: row["checksum"] for row in rows}
    for migration in group:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration} was changed after it had been applied")
    # Numbers above ours are of a newer release, whose schema must serve this one too (expand, then contract).
    missing = [migration for migration in group if migration.number not in applied]
    if missing and applied and missing[0].number < max(applied):
        raise MigrationError(f"{missing[0]} was added below one that had been applied")
    for migration in missing:
        await _apply(connection, migration, app_role)
    return missing


async def _apply(
    connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration, app_role: str
) -> None:
    try:
        async with connection.transaction():
            for setting, value in (*_TIMEOUTS, ("kith.app_role", app_role)):
                await connection.execute("SELECT set_config($1, $2, true)", setting, value)
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO kith_migration (component, number, name, checksum) VALUES ($1, $2, $3, $4)",
                migration.component,
                migration.number,
                migration.name,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        # Its text may show a row; the state and the place in the file do not.
        place = f", at character {error.position}" if error.position else ""
        raise MigrationError(
            f"{migration} failed: {type(error).__name__} ({error.sqlstate}{place})"
        ) from None


_CREATE_RECORD = """
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS kith_migration (
    component text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component, number)
)
"""


def main() -> None:
    """Run from the command line; exit 1 with one line when it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m services.chassis.migrate", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, nargs="+", help="such as services/child_index/migrations")
    folders = parser.parse_args().folder
    url_file = os.environ.get("KITH_DATABASE_URL_FILE")
    if not url_file:
        sys.exit("KITH_DATABASE_URL_FILE: the file with the DSN of the database's owner")
    try:
        applied = asyncio.run(migrate(Path(url_file).read_text(encoding="utf-8").strip(), folders))
    except MigrationError as error:
        sys.exit(f"not migrated: {error}")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        sys.exit(f"not migrated: the database cannot be used ({type(error).__name__})")
    for migration in applied:
        print(f"applied {migration}")  # noqa: T201 - a command line talks to a person
    if not applied:
        print("nothing to apply")  # noqa: T201 - as above


if __name__ == "__main__":
    main()
