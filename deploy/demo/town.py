"""The synthetic town, put together. A loader iterates: `directory` first, then `rows()`.

    town = generate(DEMO)
    for organisation in town.directory.organisations: ...
    for row in town.rows(): ...   # row.agency is the organisation whose client sends it; never send row.truth_id

`python -m deploy.demo.town --size 300 --seed 1 --json -` prints the rows as JSON lines.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO, Final

from deploy.demo import households
from deploy.demo.agencies import Agencies
from deploy.demo.directory import Directory, directory
from deploy.demo.model import AgencyRow, Story, TrueChild
from deploy.demo.story import story

TINY: Final = 300
DEMO: Final = 5_000
TOWN: Final = 20_000
REFERENCE_DATE: Final = date(2026, 9, 1)
"""Ages are counted on this day, so that they do not drift."""


@dataclass(frozen=True)
class Town:
    """A town of `size` children and one of the story.

    Iterating makes rows anew each time, the same ones; nothing is kept.
    """

    size: int
    seed: int
    reference_date: date
    directory: Directory
    story: Story

    def children(self) -> Iterator[TrueChild]:
        """Yields the truth, the story's child first. For evaluation only."""
        yield self.story.child
        yield from households.children(self.size, self.seed, self.reference_date)

    def rows(self) -> Iterator[AgencyRow]:
        """Yields what the agencies wrote down, the story's rows first, then child by child."""
        yield from self.story.rows
        agencies = Agencies(self.directory, self.seed, self.reference_date)
        for child in households.children(self.size, self.seed, self.reference_date):
            yield from agencies.rows(child)


def generate(size: int, seed: int = 1, reference_date: date = REFERENCE_DATE) -> Town:
    """Returns a town; equal arguments give equal rows on any machine. Quick: children are made while iterating."""
    if size < 1:
        raise ValueError("a town needs at least one child")
    made = directory(size, seed)
    return Town(size, seed, reference_date, made, story(made))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the rows of a town as JSON lines, to a file or (-) to standard output."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.town", description="Print a synthetic town as JSON lines."
    )
    parser.add_argument("--size", type=int, default=TINY, help="number of children (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--json", metavar="FILE", default="-", help="where to write; - is standard output (default)"
    )
    given = parser.parse_args(arguments)
    town = generate(given.size, given.seed)
    if given.json == "-":
        _write(town, sys.stdout)
        return
    with Path(given.json).open("w", encoding="utf-8") as file:
        _write(town, file)


def _write(town: Town, file: IO[str]) -> None:
    for row in town.rows():
        file.write(json.dumps(asdict(row), default=date.isoformat, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
