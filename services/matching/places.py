"""How closely two children's postcodes agree, the best over all current and former ones of both."""

from rapidfuzz.distance import OSA

from services.matching.postcodes import Postcode

_CLOSEST_FIRST = ("exact", "slip", "sector", "outcode", "area", "disagree")


def postcode_level(one: tuple[Postcode, ...], other: tuple[Postcode, ...]) -> str:
    """The level of agreement: a name of `weights.postcode` in the model, or "missing"."""
    if not one or not other:
        return "missing"
    if len(one) == len(other) == 1:
        return _CLOSEST_FIRST[_closeness(one[0], other[0])]
    best = len(_CLOSEST_FIRST)
    for first in one:
        for second in other:
            best = min(best, _closeness(first, second))
            if best == 0:
                return "exact"
    return _CLOSEST_FIRST[best]


def _closeness(first: Postcode, second: Postcode) -> int:
    one, other = first.full, second.full
    if one:
        if one == other:
            return 0
        # One letter more or less makes another outcode, so a slip is one between postcodes of equal length.
        if len(one) == len(other) and (first.outcode == second.outcode or one[-3:] == other[-3:]):
            slip = OSA.distance(one, other, score_cutoff=1) <= 1
            if one.isdigit():
                # A code of digits: one more or less is no neighbour.
                return 3 if slip else 5
            if slip:
                return 1
    if first.sector and first.sector == second.sector:
        return 2
    if first.outcode == second.outcode:
        return 3
    return 4 if first.area == second.area else 5
