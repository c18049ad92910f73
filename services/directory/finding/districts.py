"""Where postcode districts are by the locations that are published in them. In memory, for one process.

Of a postcode that the national list does not have this is all that is known: one that is too new, one of Northern
Ireland, or one of a made-up town.
"""

import threading
from collections.abc import Iterable
from statistics import fmean

from services.directory.finding import postcodes
from services.directory.finding.postcodes import Place, Precision

Point = tuple[float, float]


class Districts:
    """The points of each district by what is there, named by a row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: dict[str, dict[int, list[Point]]] = {}
        self._of_row: dict[int, set[str]] = {}

    def put(self, row: int, points: Iterable[tuple[str, Point]]) -> None:
        """Say in which districts the row is, and where in degrees; what was said before no longer holds."""
        with self._lock:
            for district in self._of_row.pop(row, ()):
                del self._points[district][row]
                if not self._points[district]:
                    del self._points[district]
            for district, point in points:
                self._points.setdefault(district, {}).setdefault(row, []).append(point)
                self._of_row.setdefault(row, set()).add(district)

    def find(self, text: str) -> Place | None:
        """Return the middle of what is published in the district of a postcode; None if nothing is."""
        with self._lock:
            there = self._points.get(postcodes.district(text), {})
            points = {point for each in there.values() for point in each}
        if not points:
            return None
        latitudes, longitudes = zip(*points, strict=True)
        return Place(fmean(latitudes), fmean(longitudes), Precision.DISTRICT)
