"""Finding a Java that is new enough."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

_INSTALLED = Path("/usr/lib/jvm")
_VERSION = re.compile(r'^JAVA_VERSION="(\d+)', re.MULTILINE)


def home(at_least: int) -> Path | None:
    """The folder of the newest Java of that major version or above: JAVA_HOME, /usr/lib/jvm, the path."""
    found = [(version, folder) for folder in _candidates() if (version := _version(folder)) >= at_least]
    return max(found)[1] if found else None


def _candidates() -> Iterator[Path]:
    if java_home := os.environ.get("JAVA_HOME"):
        yield Path(java_home)
    if _INSTALLED.is_dir():
        yield from (folder for folder in _INSTALLED.iterdir() if (folder / "bin" / "java").exists())
    if java := shutil.which("java"):
        yield Path(java).resolve().parent.parent


def _version(folder: Path) -> int:
    """The major version, 0 if unknown."""
    try:
        found = _VERSION.search((folder / "release").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
