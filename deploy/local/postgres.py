"""A real PostgreSQL 18 in a folder: start, stop, connect, and make the databases of the services.

`Postgres.start` is for tests and tools; the fleet runs the same server as a row of its table (`command`).
"""

import asyncio
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

from deploy.local import tether
from deploy.local.postgres_server import BINARIES, SUPERUSER
from deploy.local.process import Process

_LONGEST_SOCKET_PATH = 103  # macOS; Linux allows 107
_READY_WITHIN = 60.0
_STOPPED_WITHIN = 30.0


class PostgresError(Exception):
    """PostgreSQL did not start, or refused a statement of ours; the text says what it said."""


def command(folder: Path, *, fsync: bool = True) -> list[str]:
    """The command line of the server whose state is in `folder` (made if absent)."""
    folder.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "deploy.local.postgres_server", str(folder), str(socket_folder(folder))]
    return argv if fsync else [*argv, "--no-fsync"]


def socket_folder(folder: Path) -> Path:
    """The folder of the server's socket, always the same for the same `folder`, closed to other users.

    It is in `folder` unless that makes its path too long for a unix socket or puts a comma into it, at which
    PostgreSQL splits paths; then among the temporary files. Raises PostgresError where others could enter it.
    """
    sockets = folder.resolve() / "socket"
    if len(os.fsencode(sockets / ".s.PGSQL.5432.lock")) > _LONGEST_SOCKET_PATH or "," in str(sockets):
        digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()) / f"kith-{os.geteuid()}-{digest}"
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = sockets.lstat()
    # As root, the server runs as `nobody` and owns the folder.
    owned = os.geteuid() == 0 or status.st_uid == os.geteuid()
    if not owned or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o077:
        raise PostgresError(f"{sockets} is open to other users; remove it.")
    return sockets


def dsn(folder: Path, database: str, user: str) -> str:
    """The address of a database of the server in `folder`, as asyncpg and libpq read it."""
    # A folder may have any name, a space in it too.
    return f"postgresql://{user}@/{database}?host={quote(str(socket_folder(folder)))}"


def ready(folder: Path) -> bool:
    """Whether the server in `folder` takes connections now."""
    host = f"--host={socket_folder(folder)}"
    probe = [str(BINARIES / "pg_isready"), "--quiet", "--timeout=1", host, f"--username={SUPERUSER}"]
    return subprocess.run(probe, cwd="/", check=False).returncode == 0


def process(name: str, folder: Path, *, fsync: bool = True) -> Process:
    """The row of a fleet's table for the server whose state is in `folder`."""

    async def check() -> bool:
        return await asyncio.to_thread(ready, folder)

    # SIGINT is a fast shutdown: sessions are ended, data is flushed. SIGTERM would wait for the sessions.
    argv = command(folder, fsync=fsync)
    return Process(
        name=name, command=argv, health=check, stop_signal=signal.SIGINT, stopped_within=_STOPPED_WITHIN
    )


class Postgres:
    """A running server, started by this process and ended with it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self._process = process

    @classmethod
    def start(cls, folder: Path, *, fsync: bool = True) -> Self:
        """Start a server whose state is in `folder` and wait for it; its log is `folder`/log.

        Call it in a thread that lives as long as the server may (see `tether`). Raises PostgresError with the
        log's end.
        """
        argv = tether.command(command(folder, fsync=fsync))
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        postgres = cls(folder, process)
        deadline = time.monotonic() + _READY_WITHIN
        # Its own process is asked first: while a second server waits for its refusal, the first one answers.
        while process.poll() is None and time.monotonic() < deadline:
            if postgres._started() and ready(folder):
                return postgres
            time.sleep(0.02)
        postgres.kill()
        raise PostgresError((folder / "log").read_text(errors="replace")[-2000:].strip())

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    def dsn(self, database: str, user: str) -> str:
        """The address of `database` for the role `user`."""
        return dsn(self.folder, database, user)

    def stop(self) -> None:
        """End it cleanly: sessions are ended, data is flushed."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()

    def _started(self) -> bool:
        try:
            return int((self.folder / "data" / "postmaster.pid").read_text().split()[0]) == self._process.pid
        except (FileNotFoundError, IndexError, ValueError):
            return False


def create_service_database(folder: Path, service: str) -> None:
    """Make the database `kith_<service>` and its two roles, unless there, on the server in `folder`.

    `kith_<service>_owner` owns the database and runs the migrations. `kith_<service>_app`, as which the
    service runs, can connect and see the schema, no more: each migration grants it what it needs (RELIABILITY
    finding 9). Raises PostgresError.
    """
    psql = [
        str(BINARIES / "psql"),
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        f"--set=service={service}",
    ]
    psql.append(dsn(folder, "postgres", SUPERUSER))
    result = subprocess.run(
        psql,
        input=_SERVICE_DATABASE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        check=False,
    )
    if result.returncode != 0:
        raise PostgresError(result.stderr.strip())


_SERVICE_DATABASE = r"""
SET client_min_messages = warning;
SELECT 'kith_' || :'service' AS database,
       'kith_' || :'service' || '_owner' AS owner,
       'kith_' || :'service' || '_app' AS app \gset
SELECT format('CREATE ROLE %I LOGIN', role)
  FROM unnest(ARRAY[:'owner', :'app']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
\connect :"database"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
"""
