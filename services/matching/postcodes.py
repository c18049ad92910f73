"""Postcodes and their parts. A pseudo postcode (ZZ99, no fixed abode) is no place, and so is missing."""

import re
from dataclasses import dataclass

_SHAPE = re.compile(r"([A-Z]{1,2})(\d[A-Z\d]?)(?:(\d)([A-Z]{2}))?")
_SECTOR = re.compile(r"([A-Z]{1,2})(\d[A-Z\d]?)\s+(\d)")  # NE1 4: the space alone tells it from outcode NE14
_TO_DIGIT = str.maketrans("OIS", "015")
_TO_LETTER = str.maketrans("015", "OIS")
_PSEUDO = "ZZ99"
_INWARD = 3
_SHORTEST_FULL = 5
_SHORTEST_FOREIGN = 4
_LONGEST = 8


@dataclass(frozen=True, slots=True)
class Postcode:
    """NE1 4XX: sector NE14, outcode NE1, area NE. `full` and `sector` are empty when not known."""

    full: str
    sector: str
    outcode: str
    area: str


def parse_postcode(text: str) -> Postcode | None:
    """Reads a postcode or a part of one, O for 0 put right; None when it is neither, or a pseudo one.

    What has the length of a postcode and a digit in it, but not its shape, is one with a slip in it (TQ1W 8DF) or one
    of another country: it is kept as written.
    """
    upper = text.upper().strip()
    if sector_only := _SECTOR.fullmatch(upper):
        area, district, digit = sector_only.groups()
        outcode = area + district
        return None if outcode == _PSEUDO else Postcode("", outcode + digit, outcode, area)
    squashed = "".join(mark for mark in upper if mark.isalnum() and mark.isascii())
    found = _SHAPE.fullmatch(squashed)
    if found is None and len(squashed) >= _SHORTEST_FULL:
        outward, inward = squashed[:-_INWARD], squashed[-_INWARD:]
        inward = inward[0].translate(_TO_DIGIT) + inward[1:].translate(_TO_LETTER)
        for letters in (1, 2):
            tried = outward[:letters].translate(_TO_LETTER) + outward[letters:].translate(_TO_DIGIT)
            found = found or _SHAPE.fullmatch(tried + inward)
    if found is None:
        return _misshapen(squashed)
    area, district, sector, unit = found.groups()
    outcode = area + district
    if outcode == _PSEUDO:
        return None
    if sector is None:
        return Postcode("", "", outcode, area)
    return Postcode(outcode + sector + unit, outcode + sector, outcode, area)


def _misshapen(squashed: str) -> Postcode | None:
    if squashed.isdigit() and _SHORTEST_FOREIGN <= len(squashed) <= _LONGEST:
        return Postcode(squashed, squashed[:-1], squashed[:-2], squashed[:1])
    mixed = not squashed.isalpha() and not squashed.isdigit()
    if not mixed or not _SHORTEST_FULL <= len(squashed) <= _LONGEST - 1:
        return None
    outcode = squashed[:-_INWARD]
    area = outcode[:2] if outcode[1:2].isalpha() else outcode[:1]
    return Postcode(squashed, squashed[: 1 - _INWARD], outcode, area)
