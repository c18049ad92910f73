"""RESULTS.md: a section for each part and size, so that one can be measured anew and the others stay."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench.machine import machine, versions
from tests.bench.part import Part
from tests.bench.report import Report

_HEAD: Final = """\
# Results of `make bench`

Every section was written by one run of one part, and every ratio is of two figures of that run. Figures of different
sections or machines are not to be compared: what else a machine does at the time counts for more than most changes.
"""
_PACKAGES: Final = ("grpcio", "protobuf", "asyncpg", "aiokafka", "opensearch-py", "cryptography", "uvloop")
_SECTION: Final = re.compile(r"^## `(?P<key>[^`]+)`", re.MULTILINE)


def key_of(part: Part, size: str) -> str:
    """The name of a section."""
    return f"{part.name}, {size}"


def section(part: Part, size: str, report: Report, minutes: float) -> str:
    """The section of a part: on what, with what and when it was measured, and the figures."""
    lines = [
        f"## `{key_of(part, size)}`: {part.title[0].lower()}{part.title[1:]}",
        "",
        f"- {datetime.now(UTC).date()}, {minutes:.0f} min, {machine()}",
        f"- {versions(_PACKAGES)}",
        *report.lines(),
    ]
    return "\n".join(lines) + "\n"


def read(path: Path) -> dict[str, str]:
    """The sections that a page has, by name."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    begins = [*_SECTION.finditer(text)]
    ends = [*(one.start() for one in begins[1:]), len(text)]
    return {
        one["key"]: text[one.start() : end].rstrip() + "\n" for one, end in zip(begins, ends, strict=False)
    }


def write(path: Path, sections: Mapping[str, str], order: Sequence[str]) -> None:
    """Write a page; sections that the order does not name are gone with the part that made them."""
    path.write_text("\n".join([_HEAD, *_in_order(sections, order)]), encoding="utf-8")


def _in_order(sections: Mapping[str, str], order: Iterable[str]) -> list[str]:
    return [sections[key] for key in order if key in sections]
