"""A given name, ready to be compared and keyed: its words, the names that it may stand for, its sound."""

from dataclasses import dataclass
from functools import lru_cache

from doublemetaphone import doublemetaphone

from services.matching.letters import fold
from services.matching.placeholders import is_placeholder, without_titles
from services.matching.sounds import marks, skeleton
from services.matching.variants import name_lists

# Names are interned, so that two of them are compared once and then known by identity.
_NAMES_KEPT = 1 << 16
_PET_ENDINGS = ("ie", "ey", "y", "i")
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True, eq=False)
class GivenName:
    """A known given name; a missing one is None where this is used."""

    whole: str
    """All its words joined: maryann."""
    words: tuple[str, ...]
    lead: str
    """The first word, in its canonical spelling."""
    formal: frozenset[str]
    """The formal names that it may stand for, itself among them when it is no mere pet form."""
    pet_form: bool
    known: bool
    stem: str
    """Without the ending of a pet form: dan of Danny; empty where too little is left to tell a name by."""
    registered: bool
    """A name that children are registered under, be it a form of another: Theo, Sophie. Twins may bear two forms."""
    initial: bool
    shared: bool
    """A first name that siblings share (Mohammed, Maria), told apart by what follows."""
    following: frozenset[str]
    """Canonical names after the first word, other given names included."""
    sounds: tuple[str, str]
    marks: int
    """Bits for all words and sounds by which it may agree with another name: without a common one, only letters can."""
    skeletons: tuple[str, ...]
    """Of the formal names that it may stand for: Joe as Joseph."""


def _stem(name: str) -> str:
    for ending in _PET_ENDINGS:
        short = name.removesuffix(ending)
        if short != name:
            name = short[:-1] if short[-2:-1] == short[-1:] else short
            break
    return name if len(name) >= _SHORTEST_STEM else ""


def canonical(word: str) -> str:
    """The canonical spelling of a given name's word: one for all transliterations."""
    return name_lists().given_spelling.get(word, word)


@lru_cache(maxsize=_NAMES_KEPT)
def given_name(given: str | None, other: tuple[str, ...], family: tuple[str, ...]) -> GivenName | None:
    """Reads a given name; None when there is none or it is a placeholder."""
    lists = name_lists()
    words = without_titles(fold(given or ""))
    if is_placeholder(words, family):
        return None
    first, whole = words[0], "".join(words)
    # A name written in two words may be one in the lists: Abdul Rahman, Mary Ann.
    lead = lists.given_spelling.get(whole) or canonical(first)
    none: frozenset[str] = frozenset()
    formal = lists.formal.get(whole) or lists.formal.get(first, none) | lists.formal.get(lead, none)
    pet_form = bool(formal) and lead not in formal and first not in formal
    stands_for = formal if pet_form else formal | {lead}
    following = frozenset(canonical(word) for word in (*words[1:], *other))
    sounds = doublemetaphone(first if len(words) > 1 else whole)
    return GivenName(
        whole=whole,
        words=words,
        lead=lead,
        formal=stands_for,
        pet_form=pet_form,
        known=first in lists.known_given or lead in lists.known_given,
        stem=_stem(whole) if len(words) == 1 else "",
        registered=not pet_form or first in lists.registered_pet_forms,
        initial=len(whole) == 1,
        shared=lead in lists.shared_first_names,
        following=following,
        sounds=sounds,
        # Any name may agree with an initial.
        marks=marks((*words, whole, lead, *formal, *following, whole[0]), sounds),
        skeletons=tuple(dict.fromkeys(skeleton(name) for name in (lead, *sorted(stands_for)))),
    )
