"""The score of one candidate: the prior and the bits of every field, which are also the explanation."""

from math import inf

from rapidfuzz.distance import JaroWinkler

from services.matching.agreement import DIFFERS, FAMILY_AGREES
from services.matching.circle import carers_level, school_level
from services.matching.dates import SAME_DAY, birth_date_level
from services.matching.evidence import Evidence, sentence
from services.matching.features import Features
from services.matching.model import Model
from services.matching.names import NameAgreement, compare_names, given_agrees_anywhere
from services.matching.places import postcode_level

_SIMILAR = 0.85
_MOST_BITS = 1000.0
_SAME_HOME = frozenset(("exact", "slip", "missing"))
_ELSEWHERE = frozenset(("missing", "area", "disagree"))


class Score:
    """`bits` is exactly the model's prior plus the bits of all evidence.

    The evidence is put into words when it is asked for: of a hundred candidates few are shown.
    """

    __slots__ = (
        "_evidence",
        "_model",
        "_names",
        "_others",
        "birth_date",
        "bits",
        "nhs_number_conflict",
        "postcode",
        "twin_off",
        "twin_suspected",
    )

    def __init__(
        self,
        bits: float,
        names: NameAgreement,
        others: tuple[tuple[str, str], ...],
        twin_off: float,
        model: Model,
        *,
        twin_suspected: bool,
    ) -> None:
        """`others` are the fields beside the names with their levels; `twin_off` is what the twin rule adds."""
        self.bits = bits
        self.twin_off = twin_off
        self.twin_suspected = twin_suspected
        self.birth_date, self.postcode = others[0][1], others[1][1]
        self.nhs_number_conflict = ("nhs_number", "conflict") in others
        self._names = names
        self._others = others
        self._model = model
        self._evidence: tuple[Evidence, ...] | None = None

    @property
    def probability(self) -> float:
        """The pairwise one, 2^bits / (1 + 2^bits): not how likely a top hit is to be right (`Match.probability`)."""
        return probability(self.bits)

    @property
    def matched_name_use(self) -> str:
        """The use of the candidate's name that agreed best."""
        return self._names.use

    @property
    def given_name(self) -> str:
        """The level of the given name, as `birth_date` and `postcode` are of theirs: these are read often."""
        return self._names.given

    @property
    def family_name(self) -> str:
        """The level of the family name."""
        return self._names.family

    @property
    def swapped(self) -> bool:
        """Whether given and family name agree in each other's place."""
        return self._names.swapped

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """One term per field, and one each for name order, name use and twin rule where they matter."""
        if self._evidence is None:
            self._evidence = tuple(self._terms())
        return self._evidence

    def level(self, field: str) -> str:
        """The level of a field; "missing" when it was not compared."""
        if field == "given_name":
            return self._names.given
        if field == "family_name":
            return self._names.family
        if field == "name_order":
            return "swapped" if self._names.swapped else "missing"
        return next((level for name, level in self._others if name == field), "missing")

    def _terms(self) -> list[Evidence]:
        names, model = self._names, self._model
        terms = [
            model.evidence("given_name", names.given, names.given_off),
            model.evidence("family_name", names.family, names.family_off),
        ]
        if names.swapped:
            terms.append(model.evidence("name_order", "swapped"))
        if names.name_use:
            terms.append(model.evidence("name_use", names.name_use))
        terms += [model.evidence(name, level) for name, level in self._others]
        if self.twin_off:
            terms.append(Evidence("twin_rule", "applied", self.twin_off, sentence("twin_rule", "applied")))
        return terms


def score(query: Features, candidate: Features, model: Model) -> Score:
    """Compares two descriptions field by field. Symmetric but for `matched_name_use`, the candidate's."""
    found = score_from(query, candidate, model, -inf)
    if found is None:  # pragma: no cover - nothing is below
        raise AssertionError
    return found


def score_from(query: Features, candidate: Features, model: Model, least: float) -> Score | None:
    """The score, or None where `least` is asked for and it has fewer bits or is a namesake, as most of a lookup are.

    A namesake has another date of birth and another home as far as known.
    """
    weights = model.weights
    birth_date = birth_date_level(query, candidate)
    postcode = postcode_level(query.postcodes, candidate.postcodes)
    if birth_date == "disagree" and postcode in _ELSEWHERE and least > -inf:
        return None
    bits, others = _beside(query, candidate, model)
    bits += model.prior_bits
    if birth_date != "missing":
        bits += weights["birth_date"][birth_date]
    if postcode != "missing":
        bits += weights["postcode"][postcode]
    names = compare_names(query.forms, candidate.forms, model, least - bits)
    if names is None:
        return None
    bits += names.bits
    gender, nhs_number = others[1][1], others[2][1]
    twin = nhs_number != "exact" and birth_date in SAME_DAY and postcode in _SAME_HOME
    twin = twin and names.family in FAMILY_AGREES and _may_be_twins(query, candidate, names, gender)
    twin_off = 0.0
    if twin and postcode != "missing" and _clearly_two(names, gender):
        twin_off = model.twin_bits
        bits += twin_off
    if bits < least:
        return None
    others = (("birth_date", birth_date), ("postcode", postcode), *others)
    return Score(bits, names, others, twin_off, model, twin_suspected=twin)


def probability(bits: float) -> float:
    """2^bits / (1 + 2^bits), without overflow."""
    odds: float = 2.0 ** max(-_MOST_BITS, min(_MOST_BITS, bits))
    return odds / (1.0 + odds)


def _beside(query: Features, candidate: Features, model: Model) -> tuple[float, tuple[tuple[str, str], ...]]:
    """Bits and levels of what is compared beside names, date of birth and postcode."""
    weights, bits = model.weights, 0.0
    gender = nhs_number = other = "missing"
    if query.gender and candidate.gender:
        gender = "exact" if query.gender == candidate.gender else "disagree"
        bits += weights["gender"][gender]
    if query.nhs_number and candidate.nhs_number:
        nhs_number = "exact" if query.nhs_number == candidate.nhs_number else "conflict"
        bits += weights["nhs_number"][nhs_number]
    if query.other_given and candidate.other_given:
        other = _other_level(query.other_given, candidate.other_given)
        bits += weights["other_given_names"][other]
    found = (("other_given_names", other), ("gender", gender), ("nhs_number", nhs_number))
    if query.school or query.carers:
        around = _around(query, candidate)
        bits += sum(weights[name][level] for name, level in around if level != "missing")
        return bits, (*found, *around)
    return bits, found


def _around(query: Features, candidate: Features) -> tuple[tuple[str, str], ...]:
    """School and carers, where they are asked for."""
    found: tuple[tuple[str, str], ...] = ()
    if query.school:
        found = (("school", school_level(query.school, candidate.school)),)
    return (*found, ("carers", carers_level(query.carers, candidate.carers))) if query.carers else found


def _other_level(asked: tuple[str, ...], known: tuple[str, ...]) -> str:
    if not set(asked).isdisjoint(known):
        return "exact"
    pairs = [(one, other) for one in asked for other in known]
    if any(1 in (len(one), len(other)) and one[0] == other[0] for one, other in pairs):
        return "initial"
    return "similar" if any(JaroWinkler.similarity(*pair) >= _SIMILAR for pair in pairs) else "disagree"


def _may_be_twins(query: Features, candidate: Features, names: NameAgreement, gender: str) -> bool:
    """Two given names, or one in two guises where the genders differ: Alexander and Alexandra."""
    if names.given in DIFFERS:
        return not given_agrees_anywhere(query.forms, candidate.forms)
    return gender == "disagree" and names.given not in ("exact", "missing")


def _clearly_two(names: NameAgreement, gender: str) -> bool:
    """Names that only look alike may still be a slip, so these go to people instead of being ruled out."""
    return names.given in ("disagree", "resembles") or (names.given in DIFFERS and gender == "disagree")
