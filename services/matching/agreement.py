"""How two given names, or two family names, agree. The first rule that fits gives the level."""

from rapidfuzz.distance import OSA, JaroWinkler

from services.matching.family_names import FamilyName
from services.matching.given_names import GivenName

GIVEN_AGREES = frozenset(("exact", "variant", "part", "slip", "sounds", "initial", "middle_as_first"))
FAMILY_AGREES = frozenset(("exact", "variant", "part", "slip", "sounds"))

# Where the twin rule of hmpps-person-match begins to take two names for two.
_LOOKS_ALIKE = 0.9
# One slip in a name of four letters, two in one of eight: beyond that another name is the likelier reason.
_SHORTEST_WITH_SLIP = 4
_SHORTEST_WITH_TWO = 8
_SHORTEST_SOUND = 2


def given_level(one: GivenName | None, other: GivenName | None) -> str:
    """The level of agreement: a name of `weights.given_name` in the model, or "missing"."""
    if one is None or other is None:
        return "missing"
    if (one.shared or other.shared) and (level := _shared(one, other)):
        return level
    if one.whole == other.whole:
        return "exact"
    if one.lead == other.lead:
        return _same_lead(one, other)
    if one.initial or other.initial:
        return "initial" if one.whole[0] == other.whole[0] else "disagree"
    if one.lead in other.formal or other.lead in one.formal:
        return "variant"
    if one.pet_form and other.pet_form and not one.formal.isdisjoint(other.formal):
        return "variant"
    if one.lead in other.words or other.lead in one.words:
        return "part"
    if one.lead in other.following or other.lead in one.following:
        return "middle_as_first"
    return _look_and_sound(one, other)


def family_level(one: FamilyName | None, other: FamilyName | None) -> str:
    """The level of agreement: a name of `weights.family_name` in the model, or "missing"."""
    if one is None or other is None:
        return "missing"
    if one.whole == other.whole:
        return "exact"
    if one.core == other.core:
        return "variant"
    if not one.halves.isdisjoint(other.halves):
        return "part"
    if one_slip(one.core, other.core) or one_slip(one.whole, other.whole):
        return "slip"
    if _sounds_alike(one.sounds, other.sounds):
        return "sounds"
    return "similar" if JaroWinkler.similarity(one.core, other.core) >= _LOOKS_ALIKE else "disagree"


def crossed_level(given: GivenName | None, family: FamilyName | None) -> str | None:
    """How one child's given name agrees with the other's family name; None when not at all."""
    if given is None or family is None:
        return None
    if given.whole == family.whole:
        return "exact"
    if family.core in (given.lead, given.whole):
        return "variant"
    return "slip" if one_slip(given.whole, family.whole) else None


def one_slip(one: str, other: str) -> bool:
    """Whether a slip of the pen (one letter wrong, missing, doubled or two swapped) may part the two."""
    shortest = min(len(one), len(other))
    allowed = 2 if shortest >= _SHORTEST_WITH_TWO else 1
    return shortest >= _SHORTEST_WITH_SLIP and OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _shared(one: GivenName, other: GivenName) -> str | None:
    """First names that brothers share say little: the names after them decide, where both are known."""
    if one.shared and other.shared and one.lead == other.lead:
        if one.following and other.following:
            if one.following.isdisjoint(other.following):
                slip = any(one_slip(a, b) for a in one.following for b in other.following)
                return "similar" if slip else "disagree"
        elif one.following or other.following:
            return "part"
        return "exact" if one.whole == other.whole else "variant"
    if one.shared and other.lead in one.following:
        return "part"
    if other.shared and one.lead in other.following:
        return "part"
    return None


def _same_lead(one: GivenName, other: GivenName) -> str:
    if len(one.words) == 1 and len(other.words) == 1:
        return "variant"
    if len(one.words) == 1 or len(other.words) == 1:
        return "part"
    if not set(one.words[1:]).isdisjoint(other.words[1:]):
        return "variant"
    return "slip" if one_slip(one.whole, other.whole) else "similar"


def _look_and_sound(one: GivenName, other: GivenName) -> str:
    alike = JaroWinkler.similarity(one.whole, other.whole) >= _LOOKS_ALIKE
    if one.known and other.known:
        # Ella and Bella, Jayden and Hayden: two names that everybody knows are two names, not one and a slip.
        return "similar" if alike else "disagree"
    if one.whole[0] == other.whole[0] and one_slip(one.whole, other.whole):
        return "slip"
    if _sounds_alike(one.sounds, other.sounds):
        return "sounds"
    # In a name of three letters one slip leaves too little to be sure, but enough for people to look: Leo, Loe.
    alike = alike or OSA.distance(one.whole, other.whole, score_cutoff=1) <= 1
    return "similar" if alike else "disagree"


def _sounds_alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    first, second = one
    return (len(first) >= _SHORTEST_SOUND and first in other) or (
        len(second) >= _SHORTEST_SOUND and second in other
    )
