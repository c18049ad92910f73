"""Counts without names, and small ones left out, so that nobody is found in them (issue 6 no. 9). Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

SMALL: Final = 5
"""Numbers below it are suppressed, as the Office for National Statistics does for counts of people."""
_NEAREST: Final = 5


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """How many there are of a value of a measure; `organisation_id` "" for all together."""

    measure: int
    organisation_id: str
    value: str
    count: int
    suppressed: bool = False


def suppressed(counted: Iterable[Figure]) -> list[Figure]:
    """Return figures for organisations and for all together, none of which gives a small number away.

    `counted` are those of organisations. A number below five is left out; where that leaves one gap alone in a sum that
    is told, the smallest number beside it is left out too, so that the gap cannot be had by taking away.
    """
    cells: defaultdict[tuple[int, str], list[Figure]] = defaultdict(list)
    for figure in counted:
        cells[figure.measure, figure.value].append(figure)
    found: list[Figure] = []
    for (measure, value), of_organisations in cells.items():
        total = Figure(measure, "", value, sum(figure.count for figure in of_organisations))
        small = [figure for figure in of_organisations if 0 < figure.count < SMALL]
        rest = sorted(
            set(of_organisations) - set(small), key=lambda figure: (figure.count, figure.organisation_id)
        )
        if small and sum(figure.count for figure in small) < SMALL and rest:
            small.append(rest.pop(0))
        hide_total = total.count < SMALL or (bool(small) and _told(small, total) < SMALL)
        found += [replace(figure, count=0, suppressed=True) for figure in small]
        found += rest
        found.append(replace(total, count=0, suppressed=True) if hide_total and total.count else total)
    return sorted(found)


def rounded(figures: Iterable[Figure]) -> list[Figure]:
    """Return the figures to the nearest five.

    Of two reports, a day apart, or of two measures that add up to the same, the difference gives no child away either.
    """
    return [replace(one, count=(one.count + _NEAREST // 2) // _NEAREST * _NEAREST) for one in figures]


def _told(small: Iterable[Figure], total: Figure) -> int:
    """Return how much is hidden in all, which the sum minus the numbers told gives away; the sum if nothing else is."""
    hidden = [figure.count for figure in small]
    return sum(hidden) if len(hidden) > 1 else (total.count if hidden == [total.count] else 0)
