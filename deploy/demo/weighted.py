"""Choosing among values of unequal weight."""

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values with weights, drawn by one random number and a binary search."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        """Takes any positive weights; they need not add up to one."""
        self.values = tuple(weights)
        self._reached = list(accumulate(weights.values()))

    def pick(self, rng: Random) -> T:
        """Returns one value."""
        place = bisect(self._reached, rng.random() * self._reached[-1])
        return self.values[min(place, len(self.values) - 1)]
