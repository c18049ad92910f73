"""The skeleton of a name: what is left when the spellings of one sound are made one.

Rules instead of lists, since one Arabic, Bengali, Slavic or Chinese name is written in Latin letters in more ways than
a list holds: Chowdhury, Choudhry and Chaudhari; Yusuf, Youssef and Jusuf; Kowalski and Kovalsky. Coarser than an
English phonetic code on purpose; whoever compares two names looks at their letters as well.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

# In order: digraphs before the letters that they are made of.
_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^(?:kn|gn)", "n"),
        (r"^wr", "r"),
        (r"^x(?=[aeiouy])", "s"),
        (r"mb$", "m"),
        (r"mp(?=[st])", "m"),
        (r"(?:ough|augh|igh)", "a"),
        (r"(?:dzh|dj|dg(?=e))", "j"),
        (r"(?:tsch|tch|shch|szcz|sch|cz|ch(?=[aeiouy]|$)|sh|sz|zh|ts|tz|z)", "s"),
        (r"(?:ph|pf)", "f"),
        (r"(?:kh|ck|q|gh(?=[aeiouy])|c(?![eiy]))", "k"),
        (r"c", "s"),
        (r"x", "ks"),
        (r"(?<=.)h", ""),
        (r"(?<=[aeiouy])w(?=[^aeiouy]|$)", "u"),
        (r"w", "v"),
        (r"^[yi](?=[aeou])", "j"),
        (r"d$", "t"),
        (r"b$", "p"),
        (r"g$", "k"),
        (r"v$", "f"),
        (r"(.)\1+", r"\1"),
        (r"^[aeiouy]+", "a"),
        (r"(?<=.)[aeiouy]+", ""),
    )
)


_MARKS = 256


def marks(names: Iterable[str], sounds: Iterable[str]) -> int:
    """One bit for each name and each sound; differs from one process to the next."""
    found = 0
    for name in names:
        found |= 1 << hash(name) % _MARKS
    for sound in sounds:
        if sound:
            found |= 1 << hash((sound,)) % _MARKS
    return found


@lru_cache(maxsize=1 << 17)
def skeleton(word: str) -> str:
    """The skeleton of one folded word, never empty unless the word is."""
    found = word
    for pattern, replacement in _RULES:
        found = pattern.sub(replacement, found)
    return found or word
