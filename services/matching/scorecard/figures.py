"""Figures of merit from outcomes, with 95 % intervals."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matching.scorecard.outcomes import CERTAIN, PROBABLE, Outcomes

Figures = dict[str, Any]
_Array = NDArray[np.float64]

BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Edges of the calibration table: finer where decisions are made."""
_RESAMPLES = 1_000
_AT_ONCE = 100
_DIGITS = 6


def figures(outcomes: Outcomes, seed: int) -> Figures:
    """Everything the scorecard says of one set of queries; a figure that has no denominator is None.

    - Rates are of the queries whose child is in the index; `precision` is of those answered so; `absent` is of all
      queries with their child taken out of the index.
    - `calibration`: on the top hit of every answer that has one, with the child in the index and without it
      (MATCHING 1.5), whether it is the right one. `calibration_present`: with the child in the index alone.
    - `intervals`: 95 %, percentile bootstrap over queries, with 1,000 resamples; where all or none succeeded, which
      no resample can vary, the exact binomial limit.
    """
    here = outcomes.where(outcomes.present)
    right = here.place == 1
    made: Figures = {"queries": int(outcomes.present.sum())}
    ratios: dict[str, tuple[_Array, _Array]] = {}

    def ratio(name: str, part: NDArray[Any], of: NDArray[Any] | None = None) -> None:
        whole = np.ones(len(part)) if of is None else of.astype(float)
        ratios[name] = (part.astype(float), whole)

    ratio("candidate_recall_at_50", here.candidate)
    for depth in (1, 5, 10):
        ratio(f"recall_at_{depth}", (here.place >= 1) & (here.place <= depth))
    ratio("mrr", np.divide(1.0, here.place, out=np.zeros(len(here.place)), where=here.place > 0))
    for name, least in (("certain", CERTAIN), ("probable_or_better", PROBABLE)):
        answered = here.grade >= least
        ratio(f"{name}.rate", answered)
        ratio(f"{name}.precision", answered & right, answered)
        ratio(f"{name}.recall", answered & right)
    ratio("absent.certain_rate", outcomes.absent_grade >= CERTAIN)
    ratio("absent.probable_or_better_rate", outcomes.absent_grade >= PROBABLE)

    intervals: Figures = {}
    sums = _resampled(ratios, seed)
    for name, (part, whole) in ratios.items():
        _put(made, name, _rounded(part.sum() / whole.sum()) if whole.sum() else None)
        _put(intervals, name, _interval(part, whole, *sums[name]))
    made["absent"]["queries"] = len(outcomes.absent_grade)
    both = np.concatenate((here.probability, outcomes.absent_probability))
    truth = np.concatenate((right, np.zeros(len(outcomes.absent_probability), np.bool_)))
    made["calibration"] = calibration(both, truth)
    made["calibration_present"] = calibration(here.probability, right)
    intervals["calibration"] = _of_calibration(both, truth, seed)
    intervals["calibration_present"] = _of_calibration(here.probability, right, seed)
    made["intervals"] = intervals
    return made


def calibration(probability: _Array, right: NDArray[np.bool_]) -> Figures:
    """Brier score, expected calibration error (over `BINS`, weighted by count) and the bins. NaN is left out."""
    there = ~np.isnan(probability)
    probability, truth = probability[there], right[there].astype(float)
    bins = []
    for low, high, chosen in _binned(probability):
        count = int(chosen.sum())
        bins.append(
            {
                "from": low,
                "to": high,
                "count": count,
                "predicted": _rounded(probability[chosen].mean()) if count else None,
                "observed": _rounded(truth[chosen].mean()) if count else None,
            }
        )
    if not len(probability):
        return {"answers": 0, "brier": None, "ece": None, "bins": bins}
    return {
        "answers": len(probability),
        "brier": _rounded(np.mean((probability - truth) ** 2)),
        "ece": _rounded(_ece(probability, truth, np.ones(len(truth)))),
        "bins": bins,
    }


def _binned(probability: _Array) -> list[tuple[float, float, NDArray[np.bool_]]]:
    place = np.digitize(probability, BINS[1:-1])
    return [(low, high, place == number) for number, (low, high) in enumerate(pairwise(BINS))]


def _ece(probability: _Array, truth: _Array, weights: _Array) -> float:
    place = np.digitize(probability, BINS[1:-1])
    gap = np.bincount(place, weights * (probability - truth), len(BINS) - 1)
    return float(np.abs(gap).sum() / weights.sum())


def _of_calibration(probability: _Array, right: NDArray[np.bool_], seed: int) -> Figures:
    there = ~np.isnan(probability)
    probability, truth = probability[there], right[there].astype(float)
    if not len(truth):
        return {"brier": None, "ece": None}
    errors = (probability - truth) ** 2
    brier: list[float] = []
    ece: list[float] = []
    for weights in _draws(len(truth), seed):
        brier.extend(weights @ errors / len(truth))
        ece.extend(_ece(probability, truth, one) for one in weights)
    return {"brier": _percentiles(np.array(brier)), "ece": _percentiles(np.array(ece))}


def _resampled(ratios: dict[str, tuple[_Array, _Array]], seed: int) -> dict[str, tuple[_Array, _Array]]:
    """For each ratio the sums of its parts and wholes in every resample."""
    sums: dict[str, tuple[_Array, _Array]] = {}
    for size in {len(part) for part, _ in ratios.values()}:
        names = [name for name, (part, _) in ratios.items() if len(part) == size]
        columns = np.stack([column for name in names for column in ratios[name]], axis=1)
        drawn = [weights @ columns for weights in _draws(size, seed)]
        together = np.concatenate(drawn) if drawn else np.zeros((0, len(names) * 2))
        for number, name in enumerate(names):
            sums[name] = (together[:, 2 * number], together[:, 2 * number + 1])
    return sums


def _draws(size: int, seed: int) -> Iterator[_Array]:
    """Weights of resamples: how often each query was drawn, some resamples at a time."""
    if not size:
        return
    chance = np.random.default_rng(seed)
    even = np.full(size, 1.0 / size)
    for _ in range(_RESAMPLES // _AT_ONCE):
        yield chance.multinomial(size, even, _AT_ONCE).astype(float)


def _interval(part: _Array, whole: _Array, parts: _Array, wholes: _Array) -> list[float] | None:
    count = whole.sum()
    if not count:
        return None
    if part.sum() in (0.0, count):
        # Clopper and Pearson's limit where none of n failed.
        limit = 0.025 ** (1.0 / count)
        return [_rounded(limit), 1.0] if part.sum() else [0.0, _rounded(1.0 - limit)]
    kept = wholes > 0
    return _percentiles(parts[kept] / wholes[kept])


def _percentiles(values: _Array) -> list[float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return [_rounded(low), _rounded(high)]


def _rounded(value: Any) -> float:
    return round(float(value), _DIGITS)


def _put(into: Figures, name: str, value: object) -> None:
    """`a.b` goes into the object `a`."""
    outer, _, inner = name.partition(".")
    if inner:
        into.setdefault(outer, {})[inner] = value
    else:
        into[outer] = value
