"""Words as the index keeps them, and those of a question: which must be there, and what else says the same. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

_LONGEST_WORD = 60
_MOST_WORDS = 20
"""Of a question; what comes after is not looked for."""


class How(Enum):
    """How a publication has a word."""

    SAME = "same"
    SYNONYM = "synonym"
    SPELLING = "spelling"


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say what was asked: stems that stand side by side in a part."""

    stems: tuple[str, ...]
    how: How


@dataclass(frozen=True, slots=True)
class Asked:
    """A word or phrase of the question, with all ways to say it, the best first."""

    text: str
    wordings: tuple[Wording, ...]
    weak: bool = False


def _analyzer(*, stemmed: bool) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_LONGEST_WORD))
    builder = builder.filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return (builder.filter(Filter.stemmer("english")) if stemmed else builder).build()


PLAIN: Final = _analyzer(stemmed=False)
"""Cuts text into words: letters and digits, in small letters, without accents."""
STEMMED: Final = _analyzer(stemmed=True)
"""The same words, each cut to its stem: `parent` for `parenting`."""


def asked(text: str) -> list[Asked]:
    """Return what is asked for, in order; nothing if the text has no word.

    Phrases of the synonyms stay together. Every sign but letters and digits only parts words.
    """
    words = PLAIN.analyze(text)[:_MOST_WORDS]
    stems = STEMMED.analyze(text)[:_MOST_WORDS]
    found = list(_cut(words, stems))
    meant = [one for one in found if one.text not in _STOP_WORDS] or found
    if all(one.weak for one in meant):
        return [Asked(one.text, one.wordings) for one in meant]
    return meant


def _cut(words: list[str], stems: list[str]) -> list[Asked]:
    found: list[Asked] = []
    start = 0
    while start < len(words):
        size = next(
            (n for n in range(_LONGEST_PHRASE, 0, -1) if tuple(stems[start : start + n]) in _SYNONYMS), 1
        )
        phrase = tuple(stems[start : start + size])
        others = (Wording(one, How.SYNONYM) for one in _SYNONYMS.get(phrase, ()) if one != phrase)
        text = " ".join(words[start : start + size])
        found.append(Asked(text, (Wording(phrase, How.SAME), *others), weak=text in _WEAK_WORDS))
        start += size
    return found


def _lines(file: str) -> list[str]:
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _listed(file: str) -> frozenset[str]:
    return frozenset(word for line in _lines(file) for word in line.split())


def _synonyms() -> Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Read the groups: of each phrase, as stems, all of its group."""
    groups: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    for line in _lines("synonyms.txt"):
        group = [tuple(STEMMED.analyze(phrase)) for phrase in line.split(",")]
        for phrase in group:
            groups[phrase] = tuple(dict.fromkeys([*groups.get(phrase, ()), *group]))
    return groups


_STOP_WORDS: Final = _listed("stop_words.txt")
_WEAK_WORDS: Final = _listed("weak_words.txt")
_SYNONYMS: Final = _synonyms()
_LONGEST_PHRASE: Final = max(map(len, _SYNONYMS))
