"""How the people and places around two children agree: the school, and the names of parents and carers."""

from services.matching.agreement import family_level, given_level
from services.matching.features import NameForm

_SAME = frozenset(("exact", "variant", "part", "slip", "sounds"))


def school_level(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """The level of agreement: a level of `school` in the model, or "missing"."""
    if not one or not other:
        return "missing"
    if one == other:
        return "exact"
    return "disagree" if set(one).isdisjoint(other) else "part"


def carers_level(one: tuple[NameForm, ...], other: tuple[NameForm, ...]) -> str:
    """The level of agreement of the best pair: a level of `carers` in the model, or "missing"."""
    if not one or not other:
        return "missing"
    best = "disagree"
    for asked in one:
        for known in other:
            given = given_level(asked.given, known.given)
            family = family_level(asked.family, known.family)
            if given in _SAME and family in _SAME:
                return "exact"
            if (given in _SAME and family == "missing") or (family in _SAME and given == "missing"):
                best = "part"
            elif given in _SAME and best == "disagree":
                best = "given"
    return best
