"""A lock on a state folder: one fleet at a time, freed by the kernel however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StateInUse(Exception):
    """Another fleet runs on the folder; the text names its process and says what to do."""


class StateUnusable(Exception):
    """The folder cannot be made or written to; the text says why and what to do."""


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold `home`/lock, making `home` if absent. Raises StateInUse, StateUnusable."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise StateUnusable(
            f"{home} cannot be used: {error.strerror}. Set KITH_HOME to a folder that you may write to."
        ) from None
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StateInUse(
                f"Kith runs on {home} already, as process {file.read().strip()}. "
                "Stop it with Ctrl-C, or set KITH_HOME to another folder and KITH_…_PORT to other ports."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
