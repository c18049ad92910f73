"""The best way in which any name of one child agrees with any name of the other."""

from typing import NamedTuple

from services.matching.agreement import FAMILY_AGREES, GIVEN_AGREES, crossed_level, family_level, given_level
from services.matching.family_names import FamilyName
from services.matching.features import NameForm
from services.matching.given_names import GivenName
from services.matching.model import Model

_CROSSED = ("exact", "variant", "slip")
_PLAIN_USES = ("usual", "official")


class NameAgreement(NamedTuple):
    """Levels of the best pair of names, and what commonness takes off; `use` is that of the candidate's name."""

    bits: float
    given: str
    given_off: float
    family: str
    family_off: float
    swapped: bool
    name_use: str
    """A level of `name_use`; empty where neither name is former, an alias or a nickname."""
    use: str


_NOTHING = NameAgreement(0.0, "missing", 0.0, "missing", 0.0, swapped=False, name_use="", use="usual")


def compare_names(
    query: tuple[NameForm, ...], candidate: tuple[NameForm, ...], model: Model, least: float
) -> NameAgreement | None:
    """Compares every name with every other, straight and with given and family name swapped.

    None where no pair has `least` bits: of most candidates one name is enough to see that.
    """
    best: NameAgreement | None = None
    for asked in query:
        for known in candidate:
            found = _straight(asked, known, model, least)
            if found is not None and (
                best is None
                or found.bits > best.bits
                or (found.bits == best.bits and _given_bits(found, model) > _given_bits(best, model))
            ):
                best = found
            same = found is not None and found.given == found.family == "exact"
            if not same and _may_be_swapped(asked, known):
                crossed = _swapped(asked, known, model)
                if (
                    crossed is not None
                    and crossed.bits >= least
                    and (best is None or crossed.bits > best.bits)
                ):
                    best = crossed
    return best or (_NOTHING if least <= 0.0 and not (query and candidate) else None)


def given_agrees_anywhere(query: tuple[NameForm, ...], candidate: tuple[NameForm, ...]) -> bool:
    """Whether any given name of one agrees with any of the other: then they are not told apart by it."""
    pairs = ((asked.given, known.given) for asked in query for known in candidate)
    return any(given_level(*pair) in GIVEN_AGREES for pair in pairs)


def _given_bits(found: NameAgreement, model: Model) -> float:
    return 0.0 if found.given == "missing" else model.weights["given_name"][found.given] - found.given_off


def _straight(asked: NameForm, known: NameForm, model: Model, least: float) -> NameAgreement | None:
    asked_given, known_given = asked.given, known.given
    asked_family, known_family = asked.family, known.family
    given = given_level(asked_given, known_given)
    bits = model.weights["given_name"][given] if given != "missing" else 0.0
    if bits + model.most_family_bits < least:
        return None
    family = family_level(asked_family, known_family)
    if family != "missing":
        bits += model.weights["family_name"][family]
    if bits < least:
        return None
    given_off = family_off = 0.0
    if asked_given is not None and known_given is not None:
        given_off = model.taken_off("given_name", given, asked_given.lead, known_given.lead)
    if asked_family is not None and known_family is not None:
        family_off = model.taken_off("family_name", family, asked_family.core, known_family.core)
    bits -= given_off + family_off
    name_use = ""
    if asked.use not in _PLAIN_USES or known.use not in _PLAIN_USES:
        name_use = _name_use(asked, known, given, family, model)
        if name_use:
            bits += model.weights["name_use"][name_use]
    if bits < least:
        return None
    return NameAgreement(bits, given, given_off, family, family_off, False, name_use, known.use)


def _name_use(asked: NameForm, known: NameForm, given: str, family: str, model: Model) -> str:
    if given not in GIVEN_AGREES and family not in FAMILY_AGREES:
        return ""
    uses = {asked.use, known.use}.difference(_PLAIN_USES)
    return min(sorted(uses), key=lambda use: model.weights["name_use"][use])


def _may_be_swapped(asked: NameForm, known: NameForm) -> bool:
    """Whether a given name and a family name have a word in common, or one of the four is not known: seldom so."""
    if asked.given is None or asked.family is None or known.given is None or known.family is None:
        return True
    return bool(asked.given.marks & known.family.marks or known.given.marks & asked.family.marks)


def _swapped(asked: NameForm, known: NameForm, model: Model) -> NameAgreement | None:
    """Given and family name in each other's place, or the only name that is known in the wrong field."""
    if asked.given is None or asked.family is None or known.given is None or known.family is None:
        return _misplaced(asked, known, model)
    if not (_same(asked.given, known.family) or _same(known.given, asked.family)):
        # Two slips at once in names that are swapped: seen for no child.
        return None
    one, other = crossed_level(asked.given, known.family), crossed_level(known.given, asked.family)
    if one is None or other is None:
        return None
    found = sorted(
        ((one, asked.given.lead), (other, known.given.lead)), key=lambda each: _CROSSED.index(each[0])
    )
    (given, first), (family, second) = found
    given_off = _taken_off(model, "given_name", given, first)
    family_off = _taken_off(model, "family_name", family, second)
    bits = model.weights["given_name"][given] + model.weights["family_name"][family] - given_off - family_off
    bits += model.weights["name_order"]["swapped"]
    return NameAgreement(bits, given, given_off, family, family_off, True, "", known.use)


def _same(given: GivenName, family: FamilyName) -> bool:
    return given.whole == family.whole or family.core in (given.lead, given.whole)


def _misplaced(asked: NameForm, known: NameForm, model: Model) -> NameAgreement | None:
    """One child has but one name, and it is the other's name of the other kind."""
    if asked.family is None and known.family is not None:
        name, level = asked.given, crossed_level(asked.given, known.family)
    elif (known.family is None and asked.family is not None) or (
        asked.given is None and known.given is not None
    ):
        name, level = known.given, crossed_level(known.given, asked.family)
    elif known.given is None and asked.given is not None:
        name, level = asked.given, crossed_level(asked.given, known.family)
    else:
        return None
    if name is None or level is None:
        return None
    off = _taken_off(model, "family_name", level, name.lead)
    bits = model.weights["family_name"][level] + model.weights["name_order"]["swapped"] - off
    return NameAgreement(bits, "missing", 0.0, level, off, True, "", known.use)


def _taken_off(model: Model, field: str, level: str, name: str) -> float:
    """For a name that is a given name here and a family name there: the commoner of the two counts."""
    share = model.frequency_share[field].get(level, 0.0)
    return share * max(short.get(name, 0.0) for short in model.shortfall.values())
