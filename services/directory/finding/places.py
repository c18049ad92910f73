"""Where the locations of what is indexed are, and how far each is from a place. In memory, for one process."""

import threading
from collections.abc import Sequence
from math import cos, radians, sin
from typing import Final

import numpy as np
import numpy.typing as npt

EARTH_METRES: Final = 6371008.8
"""The mean radius of the earth. A distance on a sphere of it is right to 0.5 %."""

Rows = npt.NDArray[np.int64]
Metres = npt.NDArray[np.float64]

_ROOM: Final = 1024


class Places:
    """Points on the globe by the row of what is there; a row may have several, or none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of each row, where its points begin and how many there are.
        self._start, self._count = np.zeros(_ROOM, np.int64), np.zeros(_ROOM, np.int64)
        # As points of a sphere of radius 1, so that a distance needs no more than a product.
        self._points = np.zeros((_ROOM, 3))
        self._used = 0

    def put(self, row: int, points: Sequence[tuple[float, float]]) -> None:
        """Say where the row is, in degrees; what was said before no longer holds."""
        size = len(points)
        with self._lock:
            if row >= len(self._start):
                more = np.zeros(max(len(self._start), row + 1 - len(self._start)), np.int64)
                self._start, self._count = np.append(self._start, more), np.append(self._count, more)
            if size > self._count[row]:
                self._make_room(row, size)
                self._start[row], self._used = self._used, self._used + size
            self._count[row] = size
            start = self._start[row]
            self._points[start : start + size] = [_on_sphere(*point) for point in points] or np.empty((0, 3))

    def distances(self, latitude: float, longitude: float, rows: Rows) -> Metres:
        """Return the metres to the nearest point of each of the rows; infinite for one that has none."""
        nearest = np.full(len(rows), np.inf)
        with self._lock:
            counts = self._count[rows]
            starts = np.cumsum(counts) - counts
            # Of each row its points, one after the other.
            at = np.arange(counts.sum()) + np.repeat(self._start[rows] - starts, counts)
            chords = np.linalg.norm(self._points[at] - _on_sphere(latitude, longitude), axis=1)
        some = counts > 0
        if some.any():
            least = np.minimum.reduceat(chords, starts[some])
            nearest[some] = 2 * EARTH_METRES * np.arcsin(np.minimum(least / 2, 1))
        return nearest

    def _make_room(self, row: int, size: int) -> None:
        """Have room for `size` more points, giving up those that nobody has any more."""
        self._count[row] = 0
        if self._used + size <= len(self._points):
            return
        some = np.flatnonzero(self._count)
        counts = self._count[some]
        starts = np.cumsum(counts) - counts
        kept = self._points[np.arange(counts.sum()) + np.repeat(self._start[some] - starts, counts)]
        self._start[some], self._used = starts, len(kept)
        self._points = np.concatenate([kept, np.zeros((len(kept) + size + _ROOM, 3))])


def _on_sphere(latitude: float, longitude: float) -> tuple[float, float, float]:
    lat, lon = radians(latitude), radians(longitude)
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)
