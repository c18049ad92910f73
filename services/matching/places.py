"""How closely two children's postcodes agree, the best over all current and former ones of both."""

from rapidfuzz.distance import OSA

from services.matching.postcodes import Postcode

_CLOSEST_FIRST = ("exact", "slip", "sector", "outcode", "area", "disagree")


def postcode_level(one: tuple[Postcode, ...], other: tuple[Postcode, ...]) -> str:
    """The level of agreement: a name of `weights.postcode` in the model, or "missing"."""
    if not one or not other:
        return "missing"
    best = len(_CLOSEST_FIRST)
    for first in one:
        for second in other:
            best = min(best, _closeness(first, second))
            if best == 0:
                return "exact"
    return _CLOSEST_FIRST[best]


def _closeness(first: Postcode, second: Postcode) -> int:
    if first.full and first.full == second.full:
        return 0
    # One letter more or less makes another outcode, so a slip is one between postcodes of equal length.
    same_length = first.full and len(first.full) == len(second.full)
    if same_length and OSA.distance(first.full, second.full, score_cutoff=1) <= 1:
        return 1
    if first.sector and first.sector == second.sector:
        return 2
    if first.outcode == second.outcode:
        return 3
    return 4 if first.area == second.area else 5
