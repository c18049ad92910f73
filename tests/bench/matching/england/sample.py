"""The files of one seed: an index, and queries for children who are in it and who are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from services.matching.scorecard.records import Row
from tests.bench.matching.england.children import Child, Household, households
from tests.bench.matching.england.copies import Copyist
from tests.bench.matching.england.names import Names, spellings
from tests.bench.matching.england.postcodes import Postcodes
from tests.bench.matching.files import write

SEEDS = {"A": 101, "B": 202, "C": 303, "T": 404}
"""A trains and holds ordinary errors only; T tunes, and half of its queries are from another address; B and C test and
hold all.
"""
_HELD_OUT = frozenset("BC")
_TRAINING = "A"
# Somewhat more households are offered a part than are wanted, so that the wanted number comes together.
_SPARE = 1.3
_TWIN_PAIRS_PER_CHILD = 0.0135
_SEVERAL_PER_CHILD = 0.3


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many records the index has, and queries.

    `queries` for children who are in it; `absent` for those who are not while siblings are; `twins` for those who
    are not while their twins are. A small index has fewer twins than are wanted: then all there are.
    """

    records: int = 1_000_000
    queries: int = 20_000
    absent: int = 10_000
    twins: int = 2_000

    def scaled(self, records: int) -> "Sizes":
        """The same shape for another index, with queries for at most a tenth of it."""
        return Sizes(
            records,
            min(self.queries, records // 10),
            min(self.absent, records // 20),
            min(self.twins, records // 100),
        )


def generate(letter: str, sizes: Sizes, shared: Path | None, out: Path) -> dict[str, int]:
    """Writes england_{letter}_{records,queries,absent,twins}.parquet; returns their numbers of rows."""
    made = _Sample(letter, sizes, shared)
    counts = {"records": write(made.records(), out / f"england_{letter}_records.parquet")}
    for name, rows in (("queries", made.queries), ("absent", made.absent), ("twins", made.twins)):
        counts[name] = write(rows, out / f"england_{letter}_{name}.parquet")
    return counts


class _Sample:
    def __init__(self, letter: str, sizes: Sizes, shared: Path | None) -> None:
        self._sizes = sizes
        self._held_out = letter in _HELD_OUT
        self._moving = letter != _TRAINING
        self._chance = Random(SEEDS[letter])
        self._names = Names(shared)
        self._postcodes = Postcodes(sizes.records, self._chance)
        self._copyist = Copyist(self._postcodes, spellings(shared) if self._held_out else {}, self._chance)
        self.queries: list[Row] = []
        self.absent: list[Row] = []
        self.twins: list[Row] = []

    def records(self) -> Iterator[Row]:
        """The index; meanwhile the queries come together."""
        sizes, left = self._sizes, self._sizes.records
        twin_share = _SPARE * sizes.twins / (sizes.records * _TWIN_PAIRS_PER_CHILD)
        absent_share = _SPARE * sizes.absent / (sizes.records * _SEVERAL_PER_CHILD)
        query_share = _SPARE * sizes.queries / sizes.records
        for home in households(self._names, self._postcodes, self._chance):
            left_out = self._left_out(home, twin_share, absent_share)
            for child in home.children:
                if child.number == left_out:
                    continue
                if not left:
                    return
                left -= 1
                yield self._copyist.copy(child, home)
                if len(self.queries) < sizes.queries and self._chance.random() < query_share:
                    self.queries.append(self._asked(child, home))

    def _asked(self, child: Child, home: Household) -> Row:
        return self._copyist.copy(child, home, held_out=self._held_out, moving=self._moving)

    def _left_out(self, home: Household, twin_share: float, absent_share: float) -> int:
        """Asks for one child and leaves it out of the index, or returns -1."""
        if len(home.children) == 1:
            return -1
        chance = self._chance
        twins = [child for child in home.children if child.twin]
        if twins and len(self.twins) < self._sizes.twins and chance.random() < twin_share:
            child, asked = chance.choice(twins), self.twins
        elif not twins and len(self.absent) < self._sizes.absent and chance.random() < absent_share:
            child, asked = chance.choice(home.children), self.absent
        else:
            return -1
        asked.append(self._asked(child, home))
        return child.number
