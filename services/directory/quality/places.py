"""Whether a postcode, a point or the code of an area is in England, as far as it can be known by itself. Pure."""

import re
from typing import Final

_POSTCODE: Final = re.compile(r"([A-Z]{1,2})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}|(GIR) ?0AA")
# Postcode areas wholly outside England. Those across a border (CH, HR, LD, NP, SY, TD, DG's and CA's edges) are not
# here: a doubt is no finding.
_OUTSIDE: Final = frozenset(
    "AB BT CF DD EH FK G GY HS IM IV JE KA KW KY LL ML PA PH SA ZE".split()  # noqa: SIM905 - a table
)
# What the codes of the Office for National Statistics begin with: E for England.
_STATISTICAL: Final = re.compile(r"\b([EWSN])\d{8}\b")
# A box around England, the Isles of Scilly and Berwick-upon-Tweed included.
_SOUTH, _NORTH, _WEST, _EAST = 49.8, 55.82, -6.5, 1.78
_ELSEWHERE: Final = re.compile(
    r"(all of |across )?(scotland|wales|northern ireland|jersey|guernsey|isle of man)", re.IGNORECASE
)


def postcode(text: str) -> bool:
    """Whether it has the form of a postcode."""
    return _POSTCODE.fullmatch(text.strip().upper()) is not None


def postcode_outside(text: str) -> bool:
    """Whether a postcode is surely outside England."""
    found = _POSTCODE.fullmatch(text.strip().upper())
    return found is not None and found[1] in _OUTSIDE


def point_outside(latitude: float, longitude: float) -> bool:
    """Whether a point of WGS 84, in degrees, is surely outside England; so is one with the two exchanged."""
    return not (_SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST)


def area_outside(name: str, uri: str) -> bool:
    """Whether a service area is surely outside England, by its code, else by its name."""
    code = _STATISTICAL.search(uri)
    if code is not None:
        return code[1] != "E"
    return _ELSEWHERE.fullmatch(name.strip()) is not None
