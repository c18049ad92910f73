"""Text as the directory takes it: every letter there is, and nothing that hides or turns round what is read. Pure."""

import unicodedata
from typing import Final

_BREAKS: Final = frozenset("\n\t")
# They reorder what stands around them (CVE-2021-42574); the plain marks U+200E and U+200F do not, and are needed.
_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# No characters at all, or none that anybody sees: separators of lines, what is left of a file's head, tags.
_INVISIBLE: Final = frozenset("\u2028\u2029\ufeff\ufff9\ufffa\ufffb")
_TAGS: Final = range(0xE0000, 0xE1000)
_REFUSED: Final = frozenset({"Cc", "Cs", "Cn", "Co"})


def normal(text: str) -> str:
    """Return the text in Unicode's form C, with plain line ends and no space at either end."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return (
        plain if plain.isascii() and plain == plain.strip() else unicodedata.normalize("NFC", plain).strip()
    )


def refused(text: str) -> str | None:
    """Return why the text is not taken, None if it is. Markup is text like any other: nothing here carries it out."""
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if character in _BREAKS:
            continue
        if character in _BIDI_CONTROLS:
            return "has a character that turns round the direction of the text"
        if character in _INVISIBLE or ord(character) in _TAGS or unicodedata.category(character) in _REFUSED:
            return "has a control character or one that is not assigned"
    return None
