"""`make bench`: how fast Kith is on this machine, each figure beside what the machine could do without Kith.

Parts run one after the other, each with a fleet or a database of its own, and each writes its section of
tests/bench/RESULTS.md when it ends. The matcher has a page of its own, MATCHING_RESULTS.md.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench import (
    consent,
    directory,
    directory_import,
    directory_people,
    directory_quality,
    find_path,
    indexing,
    results,
    shields,
    town,
)
from tests.bench.part import FILLED, Part

_RESULTS: Final = Path(__file__).with_name("RESULTS.md")
_SIZES: Final = ("small", "full")
_MATCHING: Final = "matching"
# What a search costs first, then what keeps it in step, then what must hold, then the rest; the matcher takes longest.
_PARTS: Final = {
    part.name: part
    for part in (
        town.PART,
        find_path.PART,
        find_path.ON_OPENSEARCH,
        indexing.PART,
        shields.PART,
        consent.PART,
        directory.PART,
        directory_import.PART,
        directory_quality.PART,
        directory_people.PART,
    )
}
# A quick look is not worth a page: only the full measurement of the matcher is written.
_MATCHER_SMALL: Final = (
    "--records",
    "20000",
    "--peer-records",
    "10000",
    "--letters",
    "B",
    "--out",
    "/dev/null",
)


def main() -> None:
    """Measure what was asked for."""
    names = (*_PARTS, _MATCHING)
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--parts",
        type=lambda text: text.split(","),
        default=list(names),
        metavar="PART[,PART]",
        help=f"of {', '.join(names)} (default: all)",
    )
    parser.add_argument("--full", action="store_true", help="at full sizes, 1,000,000 children: takes hours")
    parser.add_argument("--size", type=int, help="another size, for one part: is printed and not written")
    parser.add_argument("--home", type=Path, help="a folder of a filled child index: is made or used again")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(names):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if asked.size is not None and (len(asked.parts) > 1 or asked.parts == [_MATCHING]):
        parser.error("--size is of one part, and not of matching")
    chosen = [part for name, part in _PARTS.items() if name in asked.parts]
    if asked.home is not None and any(part.folder != FILLED for part in chosen):
        parser.error("--home is of parts over a filled child index")
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as temporary:
        for part in chosen:
            folder = asked.home or Path(temporary) / (part.folder or part.name)
            _measure(part, folder, full=asked.full, size=asked.size)
    if _MATCHING in asked.parts:
        _match(full=asked.full)


def _measure(part: Part, folder: Path, *, full: bool, size: int | None) -> None:
    if reason := part.unavailable():
        print(f"\n{part.name} is left out: {reason}", flush=True)
        return
    number = size or (part.full if full else part.small)
    print(f"\n{part.name}: {part.title}, {number:,} {part.unit}", flush=True)
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    report = part.run(folder, number)
    minutes = (time.monotonic() - began) / 60
    print(f"{part.name}: {minutes:.1f} min", flush=True)
    if size is None:
        sections = results.read(_RESULTS)
        name = _SIZES[full]
        sections[results.key_of(part, name)] = results.section(part, name, report, minutes)
        order = [results.key_of(one, each) for one in _PARTS.values() for each in _SIZES]
        results.write(_RESULTS, sections, order)


def _match(*, full: bool) -> None:
    """Run the matcher's own measurement, which writes its own page."""
    print(f"\n{_MATCHING}: the matcher beside its peers", flush=True)
    arguments = () if full else _MATCHER_SMALL
    subprocess.run([sys.executable, "-m", "tests.bench.matching", *arguments], check=True)


if __name__ == "__main__":
    main()
