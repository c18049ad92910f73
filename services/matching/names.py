"""The best way in which any name of one child agrees with any name of the other."""

from dataclasses import dataclass

from services.matching.agreement import FAMILY_AGREES, GIVEN_AGREES, crossed_level, family_level, given_level
from services.matching.evidence import Evidence
from services.matching.features import NameForm
from services.matching.model import Model

_PLAIN_USES = ("usual", "official")


@dataclass(frozen=True, slots=True)
class NameAgreement:
    """The evidence of the best pair of names; `use` is that of the candidate's name."""

    given: Evidence
    family: Evidence
    more: tuple[Evidence, ...]
    """Name order and name use, where they matter."""
    use: str
    bits: float


def compare_names(
    query: tuple[NameForm, ...], candidate: tuple[NameForm, ...], model: Model
) -> NameAgreement:
    """Compares every name with every other, straight and with given and family name swapped."""
    best: NameAgreement | None = None
    for asked in query:
        for known in candidate:
            found = _straight(asked, known, model)
            if best is None or (found.bits, found.given.bits) > (best.bits, best.given.bits):
                best = found
            if found.given.level == found.family.level == "exact":
                continue
            crossed = _swapped(asked, known, model)
            if crossed is not None and crossed.bits > best.bits:
                best = crossed
    if best is None:
        missing = (model.evidence("given_name", "missing"), model.evidence("family_name", "missing"))
        best = NameAgreement(*missing, (), "usual", 0.0)
    return best


def given_agrees_anywhere(query: tuple[NameForm, ...], candidate: tuple[NameForm, ...]) -> bool:
    """Whether any given name of one agrees with any of the other: then they are not told apart by it."""
    pairs = ((asked.given, known.given) for asked in query for known in candidate)
    return any(given_level(*pair) in GIVEN_AGREES for pair in pairs)


def _straight(asked: NameForm, known: NameForm, model: Model) -> NameAgreement:
    given = model.name_evidence(
        "given_name",
        given_level(asked.given, known.given),
        asked.given.lead if asked.given else "",
        known.given.lead if known.given else "",
    )
    family = model.name_evidence(
        "family_name",
        family_level(asked.family, known.family),
        asked.family.core if asked.family else "",
        known.family.core if known.family else "",
    )
    bits = given.bits + family.bits
    uses = {asked.use, known.use}.difference(_PLAIN_USES)
    if not uses or (given.level not in GIVEN_AGREES and family.level not in FAMILY_AGREES):
        return NameAgreement(given, family, (), known.use, bits)
    used = min((model.evidence("name_use", use) for use in sorted(uses)), key=lambda term: term.bits)
    return NameAgreement(given, family, (used,), known.use, bits + used.bits)


def _swapped(asked: NameForm, known: NameForm, model: Model) -> NameAgreement | None:
    given, family = crossed_level(asked.given, known.family), crossed_level(known.given, asked.family)
    if given is None or family is None or given == family == "slip":
        return None
    if asked.given is None or known.given is None:  # pragma: no cover - crossed_level has told already
        return None
    given_found = model.name_evidence("given_name", given, asked.given.lead, asked.given.lead)
    family_found = model.name_evidence("family_name", family, known.given.lead, known.given.lead)
    order = model.evidence("name_order", "swapped")
    bits = given_found.bits + family_found.bits + order.bits
    return NameAgreement(given_found, family_found, (order,), known.use, bits)
