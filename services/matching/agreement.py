"""How two given names, or two family names, agree. The first rule that fits gives the level."""

from functools import lru_cache
from itertools import groupby

from rapidfuzz.distance import OSA, JaroWinkler

from services.matching.family_names import FamilyName
from services.matching.given_names import GivenName

GIVEN_AGREES = frozenset(
    (
        "exact",
        "spelling",
        "variant",
        "other_form",
        "part",
        "slip",
        "short_slip",
        "sounds",
        "initial",
        "middle_as_first",
    )
)
FAMILY_AGREES = frozenset(("exact", "variant", "part", "slip", "sounds"))
DIFFERS = frozenset(("disagree", "resembles", "similar"))

# Where the twin rule of hmpps-person-match begins to take two names for two.
_LOOKS_ALIKE = 0.9
# Below that, names have no more in common than names have by chance.
_RESEMBLES = 0.8
# Less than any two names have that are one or two slips apart; 0 then.
_UNLIKE = 0.7
# One slip in a name of four letters, two in one of eight: beyond that another name is the likelier reason.
_SHORTEST_WITH_SLIP = 4
_SHORTEST_WITH_TWO = 8
_SHORTEST_SOUND = 2
# On a British keyboard, in its row or right above and below.
_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_KEYS = {
    letter: (place + left, row)
    for row, (letters, left) in enumerate(_ROWS)
    for place, letter in enumerate(letters)
}
_NEIGHBOURS = frozenset(
    frozenset((one, other))
    for one, (left, row) in _KEYS.items()
    for other, (right, line) in _KEYS.items()
    if one != other and abs(row - line) <= 1 and abs(left - right) <= (0.5 if row != line else 1)
)
# Names are interned, so that a pair that was compared before is found by identity.
_PAIRS_KEPT = 1 << 17


@lru_cache(maxsize=_PAIRS_KEPT)
def given_level(one: GivenName | None, other: GivenName | None) -> str:
    """The level of agreement: a level of `given_name` in the model, or "missing"."""
    if one is None or other is None:
        return "missing"
    if not one.marks & other.marks:
        return _look(one, other)
    if (one.shared or other.shared) and (level := _shared(one, other)):
        return level
    if one.whole == other.whole:
        return "exact"
    if one.lead == other.lead:
        return _same_lead(one, other)
    if one.initial or other.initial:
        return "initial" if one.whole[0] == other.whole[0] else "disagree"
    if _stands_for(one, other):
        return (
            "other_form" if one.registered and other.registered and not _shortened(one, other) else "variant"
        )
    if one.lead in other.words or other.lead in one.words:
        return "part"
    if one.lead in other.following or other.lead in one.following:
        return "middle_as_first"
    return _look_and_sound(one, other)


@lru_cache(maxsize=_PAIRS_KEPT)
def family_level(one: FamilyName | None, other: FamilyName | None) -> str:
    """The level of agreement: a level of `family_name` in the model, or "missing"."""
    if one is None or other is None:
        return "missing"
    if one.whole == other.whole:
        return "exact"
    alike = JaroWinkler.similarity(one.core, other.core, score_cutoff=_UNLIKE)
    if not one.marks & other.marks and not alike and len(one.halves) == len(other.halves) == 1:
        # As for most pairs.
        return "disagree"
    if one.core == other.core:
        return "variant"
    if not one.halves.isdisjoint(other.halves):
        return "part"
    sounds = _sounds_alike(one.sounds, other.sounds)
    if one_slip(one.core, other.core) or one_slip(one.whole, other.whole):
        return "slip"
    if sounds or (alike >= _RESEMBLES and _same_skeleton(one.skeletons[0], other.skeletons[0])):
        return "sounds"
    if any(one_slip(a, b) for a in one.halves for b in other.halves):
        return "similar"
    return "similar" if alike >= _LOOKS_ALIKE else "resembles" if alike >= _RESEMBLES else "disagree"


@lru_cache(maxsize=_PAIRS_KEPT)
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
        return "exact" if one.whole == other.whole else "spelling"
    if one.shared and other.lead in one.following:
        return "part"
    if other.shared and one.lead in other.following:
        return "part"
    return None


def _stands_for(one: GivenName, other: GivenName) -> bool:
    """Whether one is a pet form of the other, or both of a third."""
    if one.lead in other.formal or other.lead in one.formal:
        return True
    return one.pet_form and other.pet_form and not one.formal.isdisjoint(other.formal)


def _same_lead(one: GivenName, other: GivenName) -> str:
    if len(one.words) == 1 and len(other.words) == 1:
        return "spelling"
    if len(one.words) == 1 or len(other.words) == 1:
        return "part"
    if not set(one.words[1:]).isdisjoint(other.words[1:]):
        return "variant"
    return "slip" if one_slip(one.whole, other.whole) else "similar"


def _look_and_sound(one: GivenName, other: GivenName) -> str:
    level = _look(one, other)
    if level in ("disagree", "resembles") and not (one.known and other.known):
        return "sounds" if _sounds_alike(one.sounds, other.sounds) else level
    return level


def _look(one: GivenName, other: GivenName) -> str:
    """By letters alone."""
    if one.initial or other.initial:
        # The same one has been found by now.
        return "disagree"
    first, second = one.whole, other.whole
    alike = JaroWinkler.similarity(first, second, score_cutoff=_UNLIKE)
    if not alike and len(first) >= _SHORTEST_WITH_SLIP <= len(second):
        return "disagree"
    if one.known and other.known:
        # Ella and Bella, Jayden and Hayden: two names that everybody knows are two names, not one and a slip.
        return "similar" if alike >= _LOOKS_ALIKE else "disagree"
    if one_slip(first, second):
        return _slip(one, other)
    if alike >= _RESEMBLES and _same_skeleton(one.skeletons[0], other.skeletons[0]):
        return "sounds"
    # In a name of three letters one slip leaves too little to be sure, but enough for people to look: Leo, Loe.
    if alike >= _LOOKS_ALIKE or OSA.distance(first, second, score_cutoff=1) <= 1:
        return "similar"
    return "resembles" if alike >= _RESEMBLES else "disagree"


def _slip(one: GivenName, other: GivenName) -> str:
    """Of two names a slip apart that are not both known: whether it is the pen's, or may make another name."""
    first, second = one.whole, other.whole
    if not (first.isalpha() and second.isalpha()):
        # No name has a digit in it: J0hn, 3dward.
        return "slip"
    if first[0] != second[0]:
        # The first letter is seldom the wrong one: Amir, Samir.
        return "similar"
    doubted = one.known == other.known
    if min(len(first), len(second)) >= _SHORTEST_WITH_TWO:
        return "short_slip" if doubted and OSA.distance(first, second) > 1 else "slip"
    if _undoubled(first) == _undoubled(second):
        # Where neither name is known, a letter doubled may make the name of a twin: Ariana, Arianna.
        return "short_slip" if doubted else "slip"
    # A letter more or another one makes another short name: Kara, Kiara; Amara, Amaia. A neighbouring key seldom does.
    return "slip" if _mistyped(first, second) else "short_slip"


def _mistyped(first: str, second: str) -> bool:
    """Whether two letters in a row are swapped, or one is that of a neighbouring key."""
    if len(first) != len(second):
        return False
    apart = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    return len(apart) > 1 or all(frozenset(pair) in _NEIGHBOURS for pair in apart)


def _undoubled(name: str) -> str:
    return "".join(letter for letter, _ in groupby(name))


def _shortened(one: GivenName, other: GivenName) -> bool:
    """Will and William, Danny and Daniel: a name and its beginning are one name, which nobody gives to two."""
    return _short_for(one, other) or _short_for(other, one)


def _short_for(short: GivenName, name: GivenName) -> bool:
    begins = bool(short.stem) and len(name.words) == 1 and name.lead.startswith(short.stem)
    return begins and name.lead in short.formal and not name.pet_form


def _same_skeleton(one: str, other: str) -> bool:
    return one == other and len(one) >= _SHORTEST_SOUND


def _sounds_alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    first, second = one
    return (len(first) >= _SHORTEST_SOUND and first in other) or (
        len(second) >= _SHORTEST_SOUND and second in other
    )
