"""The files of the checkout, without what is made at set-up or by tools."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What .gitignore names, by folder name. Read from the disk and not from git, so that a copy without history is tested
# too and a file is judged before it is committed.
MADE = {".git", ".venv", "gen", ".kith", "__pycache__", "node_modules", ".hypothesis", "build", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, relative to ROOT, in order."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and not name.endswith("_cache")]
        found += [Path(folder, name).relative_to(ROOT) for name in names if not name.endswith(".pyc")]
    return tuple(sorted(found))


def text_files() -> Iterator[tuple[Path, str]]:
    """Path and text of every file that is UTF-8."""
    for path in files():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Path and syntax tree of every Python file below `folders`."""
    for path in files():
        if path.suffix == ".py" and path.parts[0] in folders:
            yield path, ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def services() -> list[str]:
    """Names of the services that exist as processes: folders of services/ with a composition root."""
    return sorted(path.parts[1] for path in files() if path.match("services/*/__main__.py"))
