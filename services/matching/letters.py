"""Written names to plain lower-case letters, the same at recording and at asking time."""

import unicodedata

# Letters that do not decompose, as they are written where the keyboard lacks them.
_SPECIAL = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ə": "e", "ħ": "h"}
_DOTLESS_I = 0x131
# Apostrophes, their look-alikes and the half rings of transliterations vanish: O'Brien is OBrien.
_VANISHING = (0x27, 0x60, 0xB4, 0x2018, 0x2019, 0x2BB, 0x2BC, 0x2BE, 0x2BF)
_LETTERS = str.maketrans(_SPECIAL) | {_DOTLESS_I: "i"} | dict.fromkeys(_VANISHING)


def fold(text: str) -> tuple[str, ...]:
    """Splits into words of letters and digits: no case, diacritics, apostrophes, hyphens."""
    plain = text.casefold()
    if not (plain.isascii() and plain.isalpha()):
        plain = plain.translate(_LETTERS)
        plain = "".join(
            mark if mark.isalnum() else " "
            for mark in unicodedata.normalize("NFKD", plain)
            if not unicodedata.combining(mark)
        )
    return tuple(plain.split())
