"""The score of one candidate: the prior and the bits of every field, which are also the explanation."""

from dataclasses import dataclass

from rapidfuzz.distance import JaroWinkler

from services.matching.agreement import FAMILY_AGREES
from services.matching.dates import birth_date_level
from services.matching.evidence import Evidence, sentence
from services.matching.features import Features
from services.matching.model import Model
from services.matching.names import NameAgreement, compare_names, given_agrees_anywhere
from services.matching.places import postcode_level

_SIMILAR = 0.85
_MOST_BITS = 1000.0
_SAME_DAY = frozenset(("exact", "first_of_january"))
_SAME_HOME = frozenset(("exact", "slip", "missing"))


@dataclass(frozen=True, slots=True)
class Score:
    """`bits` is exactly the model's prior plus the bits of all evidence.

    `probability` is the pairwise one, 2^bits / (1 + 2^bits), before any calibration on the top hit.
    """

    bits: float
    probability: float
    evidence: tuple[Evidence, ...]
    matched_name_use: str
    twin_suspected: bool
    nhs_number_conflict: bool

    def level(self, field: str) -> str:
        """The level of a field; "missing" when it was not compared."""
        return next((found.level for found in self.evidence if found.field == field), "missing")


def score(query: Features, candidate: Features, model: Model) -> Score:
    """Compares two descriptions field by field. Symmetric but for `matched_name_use`, the candidate's."""
    names = compare_names(query.forms, candidate.forms, model)
    birth_date = model.evidence("birth_date", birth_date_level(query, candidate))
    postcode = model.evidence("postcode", postcode_level(query.postcodes, candidate.postcodes))
    gender = model.evidence("gender", _equality(query.gender, candidate.gender, "disagree"))
    nhs_number = model.evidence("nhs_number", _equality(query.nhs_number, candidate.nhs_number, "conflict"))
    other = model.evidence("other_given_names", _other_level(query.other_given, candidate.other_given))
    found = (names.given, names.family, *names.more, other, birth_date, postcode, gender, nhs_number)
    bits = model.prior_bits
    for term in found:
        bits += term.bits
    twin = (
        birth_date.level in _SAME_DAY
        and nhs_number.level != "exact"
        and postcode.level in _SAME_HOME
        and names.family.level in FAMILY_AGREES
        and _may_be_twins(query, candidate, names, gender)
    )
    if twin and bits > model.twin_bits and postcode.level != "missing" and _clearly_two(names, gender):
        found += (Evidence("twin_rule", "applied", model.twin_bits - bits, sentence("twin_rule", "applied")),)
        bits = model.twin_bits
    return Score(bits, probability(bits), found, names.use, twin, nhs_number.level == "conflict")


def probability(bits: float) -> float:
    """2^bits / (1 + 2^bits), without overflow."""
    odds: float = 2.0 ** max(-_MOST_BITS, min(_MOST_BITS, bits))
    return odds / (1.0 + odds)


def _equality(one: str, other: str, otherwise: str) -> str:
    if not one or not other:
        return "missing"
    return "exact" if one == other else otherwise


def _other_level(asked: tuple[str, ...], known: tuple[str, ...]) -> str:
    if not asked or not known:
        return "missing"
    if not set(asked).isdisjoint(known):
        return "exact"
    pairs = [(one, other) for one in asked for other in known]
    if any(1 in (len(one), len(other)) and one[0] == other[0] for one, other in pairs):
        return "initial"
    return "similar" if any(JaroWinkler.similarity(*pair) >= _SIMILAR for pair in pairs) else "disagree"


def _may_be_twins(query: Features, candidate: Features, names: NameAgreement, gender: Evidence) -> bool:
    """Two given names, or one in two guises where the genders differ: Alexander and Alexandra."""
    if names.given.level in ("disagree", "similar"):
        return not given_agrees_anywhere(query.forms, candidate.forms)
    return gender.level == "disagree" and names.given.level not in ("exact", "missing")


def _clearly_two(names: NameAgreement, gender: Evidence) -> bool:
    """Names that only look alike may still be a slip, so these go to people instead of being ruled out."""
    return names.given.level == "disagree" or (names.given.level == "similar" and gender.level == "disagree")
