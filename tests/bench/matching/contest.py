"""Peers answer the same questions into the same index; their pairs become the same figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.matching import Model, score
from services.matching.scorecard import Index, Outcomes, Records

_CANDIDATES = 100
_COUNTED = 50
_PRECISE = 0.9995


class Pairs(NamedTuple):
    """Scored pairs of a row of the queries and a row of the index; the higher, the more alike."""

    queries: NDArray[np.int64]
    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


class Peer(Protocol):
    """Another way to match."""

    name: str
    is_probability: bool
    """Whether its scores mean a probability, so that they can be calibrated or not."""

    def pairs(self, asked: Records, known: Records, candidates: Sequence[Sequence[int]]) -> Pairs:
        """Scores what it would show of `candidates[query]`, or of what its own blocking finds."""
        ...

    def grade(self, scores: Sequence[float]) -> int:
        """The grade (1 possible, 2 probable, 3 certain) of the first of these children, the best first."""
        ...


def candidate_lists(index: Index, asked: Records) -> list[list[int]]:
    """What Kith's own keys find, for peers who score candidates and have no index of their own."""
    return [index.candidates(asked.features(query))[:_CANDIDATES].tolist() for query in range(asked.size)]


def each_pair(
    asked: Records,
    known: Records,
    candidates: Sequence[Sequence[int]],
    judge: Callable[[int, int], float | None],
) -> Pairs:
    """The pairs to which `judge` gives a score."""
    queries, rows, scores = [], [], []
    for query, found in enumerate(candidates):
        for row in found:
            value = judge(query, row)
            if value is not None:
                queries.append(query)
                rows.append(row)
                scores.append(value)
    return Pairs(np.array(queries, np.int64), np.array(rows, np.int64), np.array(scores, np.float64))


def kith_pairs(asked: Records, known: Records, candidates: Sequence[Sequence[int]], model: Model) -> Pairs:
    """Kith's own scores of pairs, in bits, before any rule on the whole answer."""
    return each_pair(
        asked,
        known,
        candidates,
        lambda query, row: score(asked.features(query), known.features(row), model).bits,
    )


def outcomes(peer: Peer, pairs: Pairs, asked: Records, known: Records) -> Outcomes:
    """What a searcher would be shown, with the child in the index and, for the absent figures, without it.

    Its candidates are the fifty best that it scores.
    """
    in_index = set(known.entities.tolist())
    starts = np.searchsorted(pairs.queries, np.arange(asked.size + 1))
    made = []
    for query, entity in enumerate(asked.entities.tolist()):
        chosen = slice(starts[query], starts[query + 1])
        children = _children(known.entities[pairs.rows[chosen]], pairs.scores[chosen])
        others = [child for child in children if child[0] != entity]
        place = next((place for place, child in enumerate(children, 1) if child[0] == entity), 0)
        there = entity in in_index
        made.append(
            (
                there,
                0 < place <= _COUNTED,
                place,
                *(_top(peer, children) if there else (0, np.nan)),
                *_top(peer, others),
            )
        )
    kinds = (np.bool_, np.bool_, np.int32, np.int8, np.float64, np.int8, np.float64)
    columns = zip(*made, strict=True)
    return Outcomes(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


@dataclass(frozen=True, slots=True)
class Precise:
    """The greatest recall of pairs at a precision of at least .9995, and both at the threshold that gives it."""

    recall: float
    precision: float
    threshold: float


def recall_at_precision(pairs: Pairs, asked: Records, known: Records) -> Precise:
    """Over all pairs of a query and a record of its child, pairs of the same score counted together."""
    right = asked.entities[pairs.queries] == known.entities[pairs.rows]
    per_child = dict(zip(*np.unique(known.entities, return_counts=True), strict=True))
    wanted = sum(int(per_child.get(entity, 0)) for entity in asked.entities)
    order = np.argsort(-pairs.scores, kind="stable")
    scores, true = pairs.scores[order], np.cumsum(right[order])
    precision = true / np.arange(1, len(true) + 1)
    last_of_score = np.append(scores[1:] != scores[:-1], [True] * bool(len(scores)))
    good = np.flatnonzero(last_of_score & (precision >= _PRECISE))
    if not len(good):
        return Precise(0.0, 1.0, float("inf"))
    best = good[-1]
    return Precise(float(true[best] / wanted), float(precision[best]), float(scores[best]))


def _children(entities: NDArray[np.int64], scores: NDArray[np.float64]) -> list[tuple[int, float]]:
    """Each child once with its best score, the best first; ties stay in the order of the candidates."""
    best: dict[int, float] = {}
    for entity, value in zip(entities.tolist(), scores.tolist(), strict=True):
        if value > best.get(entity, -np.inf):
            best[entity] = value
    return sorted(best.items(), key=lambda child: -child[1])


def _top(peer: Peer, children: Sequence[tuple[int, float]]) -> tuple[int, float]:
    if not children:
        return 0, np.nan
    grade = peer.grade([value for _, value in children])
    return grade, children[0][1] if peer.is_probability else np.nan
