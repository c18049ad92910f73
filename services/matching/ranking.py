"""Grades and order: how sure we are of each candidate, and whether one stands clear of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from services.matching.agreement import FAMILY_AGREES, GIVEN_AGREES
from services.matching.features import Features
from services.matching.model import Model
from services.matching.score import Score, score

K = TypeVar("K")

_WHOLE = frozenset(("exact", "variant"))
_NEARLY = frozenset(("part", "slip"))
_SAME_DAY = frozenset(("exact", "first_of_january"))
_OTHER_CHILDS_DAY = frozenset(("disagree", "near_year"))
_MOST_ASKED = 3


class Grade(IntEnum):
    """How sure: the higher, the surer. Below POSSIBLE a candidate is not shown at all."""

    POSSIBLE = 1
    PROBABLE = 2
    CERTAIN = 3


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """One candidate that is worth showing."""

    key: K
    grade: Grade
    score: Score
    likely_sibling: bool


@dataclass(frozen=True, slots=True)
class Ranking(Generic[K]):
    """Best first, with at most one CERTAIN, and none when `ambiguous`: others are too near to choose.

    `ask_next` names the fields that would settle it: given_name, birth_date, postcode, other_given_names,
    nhs_number.
    """

    matches: tuple[Match[K], ...]
    ambiguous: bool
    ask_next: tuple[str, ...]


def rank(
    query: Features, candidates: Sequence[tuple[K, Features]], model: Model, limit: int = 50
) -> Ranking[K]:
    """Scores, grades and orders candidates; at most `limit` are kept, and those below POSSIBLE dropped."""
    scored = [(key, known, score(query, known, model)) for key, known in candidates]
    scored = [entry for entry in scored if entry[2].bits >= model.possible]
    scored.sort(key=lambda entry: entry[2].bits, reverse=True)
    scored = scored[:limit]
    graded = [grade(found, model) for _, _, found in scored]
    ambiguous = _ambiguous(scored, graded, model)
    matches = tuple(
        Match(
            key=key,
            # Only the first, and only when it stands clear, may be CERTAIN.
            grade=own if place == 0 and not ambiguous else min(own, Grade.PROBABLE),
            score=found,
            likely_sibling=found.twin_suspected or _likely_sibling(found),
        )
        for place, ((key, _, found), own) in enumerate(zip(scored, graded, strict=True))
    )
    settled = not matches or matches[0].grade is not Grade.PROBABLE
    ask_next = () if settled else _ask_next(query, scored, model)
    return Ranking(matches, ambiguous, ask_next)


def grade(found: Score, model: Model) -> Grade:
    """Grades one score, at or above POSSIBLE, by itself; CERTAIN needs more than bits (`_may_be_certain`)."""
    if found.bits < model.probable:
        return Grade.POSSIBLE
    return Grade.CERTAIN if found.bits >= model.certain and _may_be_certain(found) else Grade.PROBABLE


def _may_be_certain(found: Score) -> bool:
    """Bits alone never link: a machine's CERTAIN must rest on fields that tell one child from its sibling."""
    if found.nhs_number_conflict or found.twin_suspected:
        return False
    level = {term.field: term.level for term in found.evidence}
    given, family = level["given_name"], level["family_name"]
    if level["nhs_number"] == "exact":
        names = (given in GIVEN_AGREES) + (family in FAMILY_AGREES)
        if level["birth_date"] == "missing":
            return names == 2  # noqa: PLR2004 - both names
        other_child = given in ("disagree", "similar") or level["birth_date"] in _OTHER_CHILDS_DAY
        return names > 0 and not other_child
    swapped = level["birth_date"] == "swapped" or "name_order" in level
    if level["birth_date"] not in _SAME_DAY and level["birth_date"] != "swapped":
        return False
    if given in _WHOLE and family in _WHOLE:
        return level["postcode"] == "exact" or not swapped
    one_whole = (given in _WHOLE and family in _NEARLY) or (given in _NEARLY and family in _WHOLE)
    return one_whole and level["postcode"] == "exact" and not swapped


def _likely_sibling(found: Score) -> bool:
    return (
        found.level("given_name") in ("disagree", "similar")
        and found.level("family_name") in FAMILY_AGREES
        and found.level("postcode") in ("exact", "slip")
    )


def _ambiguous(scored: list[tuple[K, Features, Score]], graded: list[Grade], model: Model) -> bool:
    if len(scored) <= 1 or graded[0] is Grade.POSSIBLE:
        return False
    (_, first, best), (_, second, next_best) = scored[:2]
    if next_best.bits > best.bits - model.margin_bits:
        return True
    numbers = {first.nhs_number, second.nhs_number}
    return graded[1] is Grade.CERTAIN and "" not in numbers and len(numbers) > 1


def _ask_next(query: Features, scored: list[tuple[K, Features, Score]], model: Model) -> tuple[str, ...]:
    """Fields left out of the question that tell the leading candidates apart, or would confirm a lone one."""
    top = scored[0][2].bits
    near = [known for _, known, found in scored if found.bits > top - model.margin_bits]
    asked = _answers(query)
    known = [_answers(child) for child in near]
    useful = []
    for field, given in asked.items():
        answers = [child[field] for child in known if child[field]]
        if not given and (len(set(answers)) > 1 or (len(near) == 1 and answers)):
            useful.append(field)
    return tuple(useful[:_MOST_ASKED])


def _answers(child: Features) -> dict[str, object]:
    return {
        "given_name": frozenset(form.given.lead for form in child.forms if form.given),
        "birth_date": (child.year, child.month, child.day) if child.whole_date else None,
        "postcode": frozenset(child.postcodes),
        "other_given_names": frozenset(child.other_given),
        "nhs_number": child.nhs_number,
    }
