"""How well a figure tells two groups apart: the area under the ROC curve, which is Mann and Whitney's U (1947)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def auc(ones: Sequence[float], others: Sequence[float]) -> float:
    """The chance that one of `ones` is above one of `others`, ties by half: .5 if the figure says nothing."""
    ordered = sorted(others)
    above = sum(bisect_left(ordered, one) + bisect_right(ordered, one) for one in ones)
    return above / (2 * len(ones) * len(others))
