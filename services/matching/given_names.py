"""A given name, ready to be compared and keyed: its words, the names that it may stand for, its sound."""

from dataclasses import dataclass

from doublemetaphone import doublemetaphone

from services.matching.letters import fold
from services.matching.placeholders import is_placeholder, without_titles
from services.matching.variants import name_lists


@dataclass(frozen=True, slots=True)
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
    initial: bool
    shared: bool
    """A first name that siblings share (Mohammed, Maria), told apart by what follows."""
    following: frozenset[str]
    """Canonical names after the first word, other given names included."""
    sounds: tuple[str, str]


def canonical(word: str) -> str:
    """The canonical spelling of a given name's word: one for all transliterations."""
    return name_lists().given_spelling.get(word, word)


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
    return GivenName(
        whole=whole,
        words=words,
        lead=lead,
        formal=formal if pet_form else formal | {lead},
        pet_form=pet_form,
        known=first in lists.known_given or lead in lists.known_given,
        initial=len(whole) == 1,
        shared=lead in lists.shared_first_names,
        following=frozenset(canonical(word) for word in (*words[1:], *other)),
        sounds=doublemetaphone(first if len(words) > 1 else whole),
    )
