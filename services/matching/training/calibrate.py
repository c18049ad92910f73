"""The probability that the top hit is right, fitted on questions of which the answer is known (MATCHING 1.5)."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from services.matching import Model, rank
from services.matching.calibration import against_rivals
from services.matching.ranking import SIGNS, signs
from services.matching.scorecard.index import CANDIDATES, Index
from services.matching.scorecard.records import Records
from services.matching.training.pairs import true_pairs

_ALONE = 60.0
_MOST_QUERIES = 2_500
_KNOTS = (-12.0, -8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
# Smooths the steps between knots; small beside thousands of questions.
_RIDGE = 2e-4


@dataclass(frozen=True, slots=True)
class Answer:
    """The top hit of one question: what is known of it at answer time, and whether it was right."""

    bits: float
    """Against nobody and the second together."""
    signs: tuple[bool, ...]
    right: bool


class Questions:
    """A record of each of some children is asked for among all other records; made once for any number of models."""

    def __init__(self, records: Records, seed: int) -> None:
        """`seed` picks the children, of those with several records, and the record of each."""
        chance = random.Random(seed)  # noqa: S311 - picks questions
        queries = list(dict.fromkeys(asked for asked, _ in true_pairs(records, chance)))
        chance.shuffle(queries)
        self._records = records
        self._queries = queries[:_MOST_QUERIES]
        held = set(self._queries)
        kept = np.array([row for row in range(records.size) if row not in held])
        self._index = Index(records.taken(kept), np.arange(len(kept), dtype=np.uint64))
        self._children = len(set(records.entities.tolist()))

    def answers(self, model: Model) -> Iterator[Answer]:
        """What the model answers to each question, with its child there and without it."""
        # Only bits matter here: everything is kept that may be first or second.
        asking = replace(model.for_population(self._children), possible=-1000.0)
        known = self._index.records
        for query in self._queries:
            features, entity = self._records.features(query), int(self._records.entities[query])
            found = self._index.candidates(features)
            for there in (True, False):
                rows = found if there else found[known.entities[found] != entity]
                if len(rows) == 0:
                    continue
                ranked = rank(
                    features,
                    [(row, known.features(row)) for row in rows[:CANDIDATES].tolist()],
                    asking,
                    CANDIDATES,
                )
                if not ranked.matches:
                    continue
                first = ranked.matches[0]
                child = int(known.entities[first.key])
                others = (match for match in ranked.matches if int(known.entities[match.key]) != child)
                second = next(others, None)
                gap = first.score.bits - second.score.bits if second else _ALONE
                seen = signs(first.score)
                yield Answer(
                    against_rivals(first.score.bits, gap),
                    tuple(sign in seen for sign in SIGNS),
                    child == entity,
                )


def fitted(files: Sequence[Sequence[Answer]]) -> dict[str, Any]:
    """The calibration as the model file has it: logistic, never falling in bits, each file counting the same."""
    files = [file for file in files if file]
    every = [answer for file in files for answer in file]
    weight = np.concatenate([np.full(len(file), 1 / len(file) / len(files)) for file in files])
    bits = np.clip(np.array([one.bits for one in every]), _KNOTS[0], _KNOTS[-1])
    design = np.column_stack(
        [
            np.ones(len(every)),
            *(np.clip(bits - low, 0, high - low) for low, high in pairwise(_KNOTS)),
            np.array([one.signs for one in every], float),
        ]
    )
    right = np.array([one.right for one in every], float)
    rising = len(_KNOTS) - 1
    start = np.concatenate([[-6.0], np.full(rising, 0.5), np.zeros(len(SIGNS))])
    bounds = [(None, None)] + [(0.0, None)] * rising + [(-4.0, 4.0)] * len(SIGNS)

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = design @ values
        likely = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
        cost = float(np.sum(weight * (np.logaddexp(0, logit) - right * logit)))
        gradient = design.T @ (weight * (likely - right))
        apart = values - start
        return cost + _RIDGE * float(apart @ apart), gradient + 2 * _RIDGE * apart

    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 2000}).x
    logits = found[0] + np.concatenate([[0.0], np.cumsum(found[1 : rising + 1] * np.diff(_KNOTS))])
    return {
        "knots": [[bits, round(float(logit), 3)] for bits, logit in zip(_KNOTS, logits, strict=True)],
        "signs": {sign: round(float(more), 3) for sign, more in zip(SIGNS, found[rising + 1 :], strict=True)},
    }
