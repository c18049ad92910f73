"""Asks every question twice, with the child in the index and without it, and keeps what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.matching import Model, rank
from services.matching.scorecard.index import CANDIDATES, Index
from services.matching.scorecard.records import Records

NO_GRADE, POSSIBLE, PROBABLE, CERTAIN = range(4)
_RECALL_OF_CANDIDATES = 50


class Hit(NamedTuple):
    """A child in an answer: its `entities` number, the grade (0 to 3) and the probability that it is the right one."""

    entity: int
    grade: int
    probability: float


class Matcher(Protocol):
    """Decides between candidates: the best first, each child once."""

    def __call__(
        self, asked: Records, query: int, known: Records, candidates: Sequence[int]
    ) -> Sequence[Hit]:
        """Row `query` of `asked` is looked for among the rows `candidates` of `known`."""
        ...


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One entry per query in each array. `present`: whether the child was in the index at all.

    `place` is the right child's place in the answer from 1, 0 where it is not in it; `grade` and `probability` are
    those of the top hit, with a grade of 0 and NaN where there is none. `absent_…` are the same with the child taken
    out.
    """

    present: NDArray[np.bool_]
    candidate: NDArray[np.bool_]
    place: NDArray[np.int32]
    grade: NDArray[np.int8]
    probability: NDArray[np.float64]
    absent_grade: NDArray[np.int8]
    absent_probability: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> "Outcomes":
        """These queries alone."""
        return Outcomes(*(getattr(self, name)[chosen] for name in self.__slots__))


def kith_matcher(shipped: Model) -> Matcher:
    """The matcher as the services use it: several records of one child are never rivals of each other.

    Its prior is that of an index of so many children.
    """
    sized: dict[int, Model] = {}

    def answer(asked: Records, query: int, known: Records, candidates: Sequence[int]) -> Sequence[Hit]:
        features = asked.features(query)
        model = sized.get(id(known))
        if model is None:
            model = sized[id(known)] = shipped.for_population(len(np.unique(known.entities)))
        found = rank(features, [(row, known.features(row)) for row in candidates], model, len(candidates))
        best: dict[int, int] = {}
        for match in found.matches:
            best.setdefault(int(known.entities[match.key]), match.key)
        if len(best) < len(found.matches):
            found = rank(features, [(row, known.features(row)) for row in best.values()], model, len(best))
        return [
            Hit(int(known.entities[match.key]), int(match.grade), match.probability)
            for match in found.matches
        ]

    return answer


def ask(index: Index, asked: Records, matcher: Matcher, queries: Sequence[int] | None = None) -> Outcomes:
    """Asks for the children of the rows `queries` of `asked`, or of all its rows."""
    rows = range(asked.size) if queries is None else queries
    known = index.records
    in_index = set(known.entities.tolist())
    made = []
    for query in rows:
        entity = int(asked.entities[query])
        candidates = index.candidates(asked.features(query))
        own = known.entities[candidates] == entity
        absent = _top(matcher(asked, query, known, candidates[~own][:CANDIDATES].tolist()))
        if entity not in in_index:
            made.append((False, False, 0, NO_GRADE, np.nan, *absent))
            continue
        hits = matcher(asked, query, known, candidates[:CANDIDATES].tolist())
        place = next((place for place, hit in enumerate(hits, 1) if hit.entity == entity), 0)
        made.append((True, bool(own[:_RECALL_OF_CANDIDATES].any()), place, *_top(hits), *absent))
    columns = list(zip(*made, strict=True)) or [()] * 7
    types = (np.bool_, np.bool_, np.int32, np.int8, np.float64, np.int8, np.float64)
    return Outcomes(*(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


def _top(hits: Sequence[Hit]) -> tuple[int, float]:
    return (hits[0].grade, hits[0].probability) if hits else (NO_GRADE, np.nan)
