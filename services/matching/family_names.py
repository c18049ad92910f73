"""A family name, ready to be compared and keyed: its core without particles, its halves, its sound."""

from dataclasses import dataclass
from functools import lru_cache

from doublemetaphone import doublemetaphone

from services.matching.letters import fold
from services.matching.placeholders import is_placeholder_family
from services.matching.sounds import marks, skeleton
from services.matching.variants import name_lists

_SHORTEST_CORE = 4
# Names are interned, so that two of them are compared once and then known by identity.
_NAMES_KEPT = 1 << 16
_APOSTROPHES = str.maketrans({"'": " ", "\N{RIGHT SINGLE QUOTATION MARK}": " "})


@dataclass(frozen=True, slots=True, eq=False)
class FamilyName:
    """A known family name; a missing one is None where this is used."""

    whole: str
    """All its words joined: obrien, smithjones, vandenberg."""
    core: str
    """Without particles (O', Mac, de, bin, Al-, Abdul-), in its canonical spelling: brien, berg."""
    halves: frozenset[str]
    """The canonical words of a double-barrelled or double name, or the core alone."""
    sounds: tuple[str, str]
    marks: int
    """As of a given name."""
    skeletons: tuple[str, ...]
    """Of the core and of each half."""


@lru_cache(maxsize=_NAMES_KEPT)
def family_name(family: str | None) -> FamilyName | None:
    """Reads a family name; None when there is none or it says only that none is known."""
    # The apostrophe of O'Brien and D'Souza parts a particle from the name, unlike the one inside a name.
    text = family or ""
    words = fold(text)
    if not words or is_placeholder_family(words):
        return None
    lists = name_lists()
    whole = "".join(words)
    cored = fold(text.translate(_APOSTROPHES))
    kept = [word for word in cored if word not in lists.family_particles and len(word) > 1] or list(words)
    halves = frozenset(canonical_family(_without_prefix(word)) for word in kept)
    core = canonical_family(_without_prefix("".join(kept)))
    spelled = lists.family_spelling.get(whole)
    core = spelled or core
    halves = halves if len(kept) > 1 else frozenset((core,))
    sounds = doublemetaphone(core)
    return FamilyName(
        whole=whole,
        core=core,
        halves=halves,
        sounds=sounds,
        marks=marks((whole, core, *halves), sounds),
        skeletons=tuple(dict.fromkeys(skeleton(name) for name in (core, *sorted(halves)))),
    )


def canonical_family(word: str) -> str:
    """The canonical spelling of a family name's word."""
    return name_lists().family_spelling.get(word, word)


def _without_prefix(word: str) -> str:
    lists = name_lists()
    if word in lists.elided_particles:
        return word[1:]
    for particle in lists.fused_particles:
        rest = word.removeprefix(particle)
        if len(rest) >= _SHORTEST_CORE and rest != word:
            return rest
    return word
