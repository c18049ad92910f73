"""Why a publication was found: which of what was asked it has, how and where. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.directory.finding import words
from services.directory.finding.listing import Part
from services.directory.finding.words import Asked, How, Wording


@dataclass(frozen=True, slots=True)
class Reason:
    """What was asked, what the publication has of it, how, and in which part."""

    asked: str
    found: str
    how: How
    part: Part


class _Cut:
    """A part cut into words and their stems, one for each; only when somebody asks, since most reasons are in names."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stems: list[str] | None = None

    def find(self, stems: Sequence[str]) -> str | None:
        """Return the words whose stems stand there side by side; None if they do not."""
        if self._stems is None:
            self._stems = words.STEMMED.analyze(self._text)
        size, start = len(stems), -1
        while stems[0] in self._stems[start + 1 :]:
            start = self._stems.index(stems[0], start + 1)
            if self._stems[start : start + size] == list(stems):
                return " ".join(words.PLAIN.analyze(self._text)[start : start + size])
        return None


def reasons(asked: Iterable[Asked], texts: Mapping[Part, str]) -> Iterator[Reason]:
    """Give a reason for each of what was asked that is there, in its order: the same word before another for it."""
    cut = {part: _Cut(text) for part, text in texts.items()}
    for one in asked:
        found = next((reason for wording in one.wordings if (reason := _found(one.text, wording, cut))), None)
        if found:
            yield found
            continue
        # A phrase whose words stand apart.
        for wording in one.wordings[:1]:
            for word, stem in zip(one.text.split(), wording.stems, strict=False):
                if reason := _found(word, Wording((stem,), wording.how), cut):
                    yield reason


def _found(asked: str, wording: Wording, cut: Mapping[Part, _Cut]) -> Reason | None:
    for part in Part:
        if part in cut and (found := cut[part].find(wording.stems)) is not None:
            return Reason(asked, found, wording.how, part)
    return None
