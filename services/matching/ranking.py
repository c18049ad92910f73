"""Candidates in order, each with a grade: what a person or a machine may make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import itemgetter
from typing import Generic, TypeVar

from services.matching.agreement import DIFFERS, FAMILY_AGREES, GIVEN_AGREES
from services.matching.asking import ask_next
from services.matching.dates import SAME_DAY
from services.matching.features import Features
from services.matching.model import Model
from services.matching.score import Score, score_from

K = TypeVar("K")

_WHOLE = frozenset(("exact", "spelling", "variant"))
_ALMOST = frozenset(("other_form", "part", "slip", "short_slip"))
_FAMILY_WHOLE = frozenset(("exact", "variant", "part", "slip"))
_NEAR_DAY = frozenset(("swapped", "one_digit", "two_digits", "one_part", "estimated"))
_PART_DAY = frozenset(("year_and_month", "day_and_month"))
_OTHER_CHILDS_DAY = frozenset(("disagree", "near_year", "same_year"))
_SAME_HOME = frozenset(("exact", "slip"))
_NEAR_HOME = frozenset(("exact", "slip", "sector", "outcode"))
_NOT_ELSEWHERE = _NEAR_HOME | {"missing"}
_ONE_SLIP = frozenset(("swapped", "one_digit"))
_COMPARED = ("given_name", "family_name", "birth_date", "postcode")
SIGNS = (*_COMPARED, "given_name_differs", "twin_suspected")
# How far behind the second is where there is none.
_ALONE = 60.0
_BITS = itemgetter(0)


class Grade(IntEnum):
    """How sure: the higher, the surer. Below POSSIBLE a candidate is not shown at all."""

    POSSIBLE = 1
    PROBABLE = 2
    CERTAIN = 3


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """One candidate that is worth showing.

    `probability` is that of being the right child, after calibration: for the first measured on answers like this one,
    for the others at most what the first leaves.
    """

    key: K
    grade: Grade
    score: Score
    likely_sibling: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Ranking(Generic[K]):
    """Best first, with at most one CERTAIN, and none when `ambiguous`: others are too near to choose.

    `ask_next` names the fields of the query that would settle it, the most telling first.
    """

    matches: tuple[Match[K], ...]
    ambiguous: bool
    ask_next: tuple[str, ...]


def rank(
    query: Features, candidates: Sequence[tuple[K, Features]], model: Model, limit: int = 50
) -> Ranking[K]:
    """Scores, grades and orders candidates; at most `limit` are kept, and those below POSSIBLE dropped."""
    possible = model.possible
    scored = [
        (found.bits, key, known, found)
        for key, known in candidates
        if (found := score_from(query, known, model, possible))
    ]
    if not scored:
        return Ranking((), ambiguous=False, ask_next=())
    scored.sort(key=_BITS, reverse=True)
    del scored[limit:]
    best, _, _, first = scored[0]
    gap = best - scored[1][0] if len(scored) > 1 else _ALONE
    likely = _probability(first, gap, model)
    ambiguous = _ambiguous(scored, model)
    # Only the first may be CERTAIN.
    own = grade(first, model)
    if own is Grade.CERTAIN and (ambiguous or likely < model.certain):
        own = Grade.PROBABLE
    grades = [own, *(_below_certain(found, model) for _, _, _, found in scored[1:])]
    # What the first leaves is shared by the others as their bits say.
    rest = min(likely, 1.0 - likely)
    matches = tuple(
        Match(
            key,
            graded,
            found,
            found.twin_suspected or _likely_sibling(found),
            rest * 2.0 ** (bits - best) if place else likely,
        )
        for place, ((bits, key, _, found), graded) in enumerate(zip(scored, grades, strict=True))
    )
    if own is Grade.CERTAIN:
        return Ranking(matches, ambiguous, ())
    near = [
        (match.probability, known)
        for match, (bits, _, known, _) in zip(matches, scored, strict=True)
        if bits > best - model.margin_bits
    ]
    return Ranking(matches, ambiguous, ask_next(query, near))


def likely_alone(found: Score, model: Model) -> float:
    """The probability that it is the right child where no other comes near."""
    return _probability(found, _ALONE, model)


def grade(found: Score, model: Model) -> Grade:
    """Grades one score, at or above POSSIBLE, as if it stood alone.

    CERTAIN needs more than bits (`_may_be_certain`).
    """
    likely = _likely_probable(found, model)
    if likely < model.probable:
        return Grade.POSSIBLE
    if likely < model.certain or found.bits < model.certain_bits or not _may_be_certain(found):
        return Grade.PROBABLE
    return Grade.CERTAIN


def _below_certain(found: Score, model: Model) -> Grade:
    return Grade.POSSIBLE if _likely_probable(found, model) < model.probable else Grade.PROBABLE


def _likely_probable(found: Score, model: Model) -> float:
    """How likely it is where no other comes near; 0 for what is POSSIBLE at most."""
    if found.bits < model.least_probable_bits or found.twin_off or found.birth_date == "disagree":
        return 0.0
    return likely_alone(found, model)


def _probability(found: Score, gap: float, model: Model) -> float:
    return model.calibration.probability(found.bits, gap, signs(found))


def signs(found: Score) -> list[str]:
    """What the calibration looks at beside the bits: fields compared, and whether it is another child of the home."""
    seen = [field for field in _COMPARED if found.level(field) != "missing"]
    if found.level("given_name") in DIFFERS:
        seen.append("given_name_differs")
    if found.twin_suspected:
        seen.append("twin_suspected")
    return seen


def _may_be_certain(found: Score) -> bool:
    """Bits alone never link: a machine's CERTAIN must rest on fields that tell one child from its sibling.

    That is first of all the given name. Beside it the date of birth or the home has to agree, and nothing may speak of
    another child.
    """
    if found.nhs_number_conflict or found.twin_suspected:
        return False
    given, family, date, home = found.given_name, found.family_name, found.birth_date, found.postcode
    if found.level("nhs_number") == "exact":
        names = (given in GIVEN_AGREES) + (family in FAMILY_AGREES)
        if date == "missing":
            return names == 2  # noqa: PLR2004 - both names
        return names > 0 and given not in DIFFERS and date not in _OTHER_CHILDS_DAY
    if family in DIFFERS or date in _OTHER_CHILDS_DAY:
        return False
    if found.swapped:
        return family in _WHOLE and given in _WHOLE and date in SAME_DAY
    # A twin may bear almost the same given name, but not almost the same other names as well.
    if given in _WHOLE or (given in _ALMOST and found.level("other_given_names") == "exact"):
        return _rests_on_the_given_name(family, date, home)
    # A given name with a slip in it may be another name: all else has to be the same.
    return given == "slip" and family in _WHOLE and date in SAME_DAY and home in _SAME_HOME


def _rests_on_the_given_name(family: str, date: str, home: str) -> bool:
    if date in SAME_DAY:
        return family in _FAMILY_WHOLE or home in _SAME_HOME
    if family not in _FAMILY_WHOLE:
        return family == "missing" and home in _SAME_HOME
    if date in _NEAR_DAY:
        return home in _SAME_HOME or (date in _ONE_SLIP and home in _NOT_ELSEWHERE)
    if date in _PART_DAY:
        return home in _NOT_ELSEWHERE
    return home in _NEAR_HOME


def _likely_sibling(found: Score) -> bool:
    return found.given_name in DIFFERS and found.family_name in FAMILY_AGREES and found.postcode in _SAME_HOME


def _ambiguous(scored: list[tuple[float, K, Features, Score]], model: Model) -> bool:
    """Whether another is too near to the first, or is as certain as it but for another NHS number."""
    if len(scored) == 1 or scored[0][0] < model.least_probable_bits:
        return False
    (best, _, first, _), (next_best, _, second, found) = scored[:2]
    if next_best > best - model.margin_bits:
        return True
    numbers = {first.nhs_number, second.nhs_number}
    return "" not in numbers and len(numbers) > 1 and grade(found, model) is Grade.CERTAIN
