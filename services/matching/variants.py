"""The project's own short lists of name variants, placeholders and frequent names (`names.json`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nicknames import name_triplets


@dataclass(frozen=True, slots=True)
class NameLists:
    """The lists, indexed. Given names and family names have spellings of their own."""

    formal: dict[str, frozenset[str]]
    """A short or pet form to the formal names that it may stand for."""
    given_spelling: dict[str, str]
    """A spelling to the canonical one; transliterations of one name are one name."""
    family_spelling: dict[str, str]
    shared_first_names: frozenset[str]
    """First names that brothers or sisters share, so that the next name tells them apart."""
    known_given: frozenset[str]
    """Names so well known that one is no slip of the pen for another."""
    registered_pet_forms: frozenset[str]
    """Forms of another name that children are registered under, too."""
    family_particles: frozenset[str]
    fused_particles: tuple[str, ...]
    elided_particles: frozenset[str]
    """O'Brien, D'Souza and the like as they are written without the apostrophe."""
    placeholder_words: frozenset[str]
    placeholder_fillers: frozenset[str]
    placeholder_phrases: frozenset[str]
    titles: frozenset[str]
    school_words: frozenset[str]
    """Words that many schools' names share."""
    frequent_given: frozenset[str]
    frequent_family: frozenset[str]


def _spellings(groups: list[str]) -> dict[str, str]:
    return {name: group.split()[0] for group in groups for name in group.split()}


def _canonical(names: str, spelling: dict[str, str]) -> frozenset[str]:
    return frozenset(spelling.get(name, name) for name in names.split())


@cache
def name_lists() -> NameLists:
    """Reads the lists, once per process."""
    raw = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
    formal: dict[str, set[str]] = {}
    for group in raw["nicknames"]:
        canonical, *others = group.split()
        for name in (canonical, *others):
            formal.setdefault(name, set()).add(canonical)
    # Of the package's pairs only those whose short form is no name of its own here: it has Anna for Hannah.
    own = {group.split()[0] for group in raw["nicknames"]} | set(raw["known_given"].split())
    for canonical, _, short in name_triplets():
        if short not in own and canonical.isalpha() and short.isalpha():
            formal.setdefault(canonical, {canonical})
            formal.setdefault(short, set()).add(canonical)
    # Known only in comparing: what the package says that they are short for still makes keys.
    more = frozenset(raw["more_known_given"].split())
    given_spelling = _spellings(raw["given_spellings"])
    family_spelling = _spellings(raw["family_spellings"])
    return NameLists(
        formal={name: frozenset(of) for name, of in formal.items()},
        given_spelling=given_spelling,
        family_spelling=family_spelling,
        shared_first_names=_canonical(raw["shared_first_names"], given_spelling),
        known_given=more.union(raw["known_given"].split(), formal, given_spelling),
        registered_pet_forms=frozenset(
            own.union(more, raw["registered_pet_forms"].split(), raw["frequent_given"].split())
        ),
        family_particles=frozenset(raw["family_particles"].split()),
        fused_particles=tuple(raw["fused_particles"].split()),
        elided_particles=frozenset(raw["elided_particles"].split()),
        placeholder_words=frozenset(raw["placeholder_words"].split()),
        placeholder_fillers=frozenset(raw["placeholder_fillers"].split()),
        placeholder_phrases=frozenset(raw["placeholder_phrases"]),
        titles=frozenset(raw["titles"].split()),
        school_words=frozenset(raw["school_words"].split()),
        frequent_given=_canonical(raw["frequent_given"], given_spelling),
        frequent_family=_canonical(raw["frequent_family"], family_spelling),
    )
