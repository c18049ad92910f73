"""Short re-implementations of peers' published rules (MATCHING 2), as scorers over Kith's candidates.

Written afresh from the rules, for the fields that a child lookup has. Fields of theirs that it has not (telephone,
identifiers, city) are left out, or stood for by what is named in each class; thresholds are scaled to the fields left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import jellyfish
from doublemetaphone import doublemetaphone
from rapidfuzz.distance import JaroWinkler

from services.matching.scorecard import Records
from tests.bench.matching.contest import Pairs, each_pair

_POSSIBLE, _PROBABLE, _CERTAIN = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Person:
    """A row in lower case; '' where a cell is empty."""

    given: str
    family: str
    born: str
    postcode: str
    gender: str

    @property
    def outcode(self) -> str:
        """The part before the last three characters."""
        return self.postcode[:-3]


def people(records: Records) -> list[Person]:
    """All rows as peers see them."""
    return [
        Person(
            (row["given_name"] or "").casefold(),
            (row["family_name"] or "").casefold(),
            row["birth_date"] or "",
            (row["postcode"] or "").casefold().replace(" ", ""),
            (row["gender"] or "").casefold(),
        )
        for row in records.rows()
    ]


class _Rules:
    """Judges pair by pair."""

    name = ""
    is_probability = False

    def pairs(self, asked: Records, known: Records, candidates: Sequence[Sequence[int]]) -> Pairs:
        ours, theirs = people(asked), people(known)
        return each_pair(asked, known, candidates, lambda query, row: self.judge(ours[query], theirs[row]))

    def judge(self, asked: Person, known: Person) -> float | None:
        """A score, or None for a pair that the rules do not show."""
        raise NotImplementedError


class OpenCR(_Rules):
    """Deterministic rules of OpenCR: given JW ≥ .8, family JW ≥ .9, birth date exact; a point each, nulls neither.

    The postcode, exact, stands for telephone and identifiers. Gender filters. Automatic: all six points there, so all
    compared fields here; potential: four of six, so two thirds of them.
    """

    name = "OpenCR rules"

    def judge(self, asked: Person, known: Person) -> float | None:
        if asked.gender and known.gender and asked.gender != known.gender:
            return None
        fields = (
            (asked.given, known.given, 0.8),
            (asked.family, known.family, 0.9),
            (asked.born, known.born, 1.0),
            (asked.postcode, known.postcode, 1.0),
        )
        compared = [(one, other, least) for one, other, least in fields if one and other]
        points = sum(JaroWinkler.similarity(one, other) >= least for one, other, least in compared)
        return points / len(compared) if points else None

    def grade(self, scores: Sequence[float]) -> int:
        first = scores[0]
        return _CERTAIN if first == 1 else _PROBABLE if first >= 2 / 3 else _POSSIBLE


class JeMPI(_Rules):
    """JeMPI's weights: JW ≥ .92 on every field, score between its least and greatest sum, match ≥ .65, margin .1.

    The outcode stands for the city. A missing field is left out of all three sums.
    """

    name = "JeMPI weights"
    _MU = (
        (0.8806, 0.00266),
        (0.9140, 0.000628),
        (0.9468, 0.4436),
        (0.7856, 4.65e-5),
        (0.8446, 0.0356),
    )

    def judge(self, asked: Person, known: Person) -> float | None:
        fields = (
            (asked.given, known.given),
            (asked.family, known.family),
            (asked.gender, known.gender),
            (asked.born, known.born),
            (asked.outcode, known.outcode),
        )
        total = least = most = 0.0
        for (one, other), (m, u) in zip(fields, self._MU, strict=True):
            if one and other:
                agree, differ = log2(m / u), log2((1 - m) / (1 - u))
                total += agree if JaroWinkler.similarity(one, other) >= 0.92 else differ
                least, most = least + differ, most + agree
        return (total - least) / (most - least) if most > least else None

    def grade(self, scores: Sequence[float]) -> int:
        if scores[0] < 0.65:
            return _POSSIBLE
        return _PROBABLE if len(scores) > 1 and scores[0] - scores[1] < 0.1 else _CERTAIN


class HapiMdm(_Rules):
    """The example of HAPI's documentation: birth date and metaphones of both names match; with JW ≥ .8 possibly."""

    name = "HAPI MDM rules"

    def judge(self, asked: Person, known: Person) -> float | None:
        if not asked.born or asked.born != known.born:
            return None
        names = ((asked.given, known.given), (asked.family, known.family))
        if not all(one and other for one, other in names):
            return None
        if all(doublemetaphone(one)[0] == doublemetaphone(other)[0] for one, other in names):
            return 1.0
        return 0.5 if all(JaroWinkler.similarity(one, other) >= 0.8 for one, other in names) else None

    def grade(self, scores: Sequence[float]) -> int:
        if scores[0] < 1:
            return _POSSIBLE
        # Several matches are for people.
        return _PROBABLE if scores.count(1.0) > 1 else _CERTAIN


class ThreeOfFour(_Rules):
    """Mavis: any three of given name, family name, date of birth and postcode exact; one such child or none."""

    name = "3 of 4 (Mavis)"

    def judge(self, asked: Person, known: Person) -> float | None:
        same = sum(
            bool(one) and one == other
            for one, other in (
                (asked.given, known.given),
                (asked.family, known.family),
                (asked.born, known.born),
                (asked.postcode, known.postcode),
            )
        )
        return float(same) if same >= 3 else None

    def grade(self, scores: Sequence[float]) -> int:
        return _CERTAIN if len(scores) == 1 else _PROBABLE


class PdsLike(_Rules):
    """Searches like those of PDS: only with the right date of birth; one child, or nothing certain.

    Exact names first; then Soundex, names in either order; then one name with gender and postcode.
    """

    name = "PDS-like search"

    def judge(self, asked: Person, known: Person) -> float | None:
        if not asked.born or asked.born != known.born:
            return None
        if asked.given and asked.family:
            if (asked.given, asked.family) == (known.given, known.family):
                return 1.0
            codes = _soundex(asked.given), _soundex(asked.family)
            there = _soundex(known.given), _soundex(known.family)
            if codes in (there, there[::-1]):
                return 0.97
        elsewhere = asked.gender != known.gender or asked.postcode != known.postcode
        if not asked.gender or not asked.postcode or elsewhere:
            return None
        one_name = (asked.family and _soundex(asked.family) == _soundex(known.family)) or (
            asked.given and _soundex(asked.given) == _soundex(known.given)
        )
        return 0.9 if one_name else None

    def grade(self, scores: Sequence[float]) -> int:
        if scores[0] < 0.95:
            return _PROBABLE if len(scores) == 1 else _POSSIBLE
        return _CERTAIN if scores.count(scores[0]) == 1 else _PROBABLE


def _soundex(name: str) -> str:
    letters = "".join(letter for letter in name if letter.isalpha())
    return jellyfish.soundex(letters) if letters else ""
