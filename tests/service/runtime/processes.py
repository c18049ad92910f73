"""Processes to watch, and toy ones to run."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local import health
from deploy.local.process import Process


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked about yet counts as ended."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def toy(name: str, code: str, folder: Path, depends_on: Sequence[str] = (), **settings: object) -> Process:
    """A process of a few lines of Python; ready when it has made the file `name` in `folder`."""
    start = f"import os, pathlib, signal, sys, time\nhere = pathlib.Path({str(folder / name)!r})\n"
    return Process(
        name=name,
        command=[sys.executable, "-c", start + code],
        depends_on=depends_on,
        health=health.file_present(folder / name),
        **settings,  # type: ignore[arg-type]
    )


SERVE = "here.write_text(str(os.getpid()))\nwhile True: time.sleep(60)"
"""The code of a toy that serves until it is ended."""
