"""What a publisher sends, read without trust: no text of it can cost more than its size. Pure."""

import json
import math
from enum import StrEnum
from typing import Any, Final

DEEPEST: Final = 20
"""Levels of a record; a full HSDS service has nine."""
_LARGEST_NUMBER: Final = 2**53
"""Above it JSON numbers are not exact, and no field of HSDS comes near."""


class JsonFault(StrEnum):
    """What is wrong with a text or with a value in it; the names are told to editors."""

    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    BAD_NUMBER = "bad_number"
    """NaN, infinite or beyond what is exact."""
    BAD_TEXT = "bad_text"
    """NUL or half of a pair of surrogates, which no text of ours can hold."""


class Unreadable(Exception):
    """The text is not JSON that can be used."""

    def __init__(self, fault: JsonFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def parse(text: bytes) -> Any:
    """Return the value of a JSON text in UTF-8 (a BOM may come first), UTF-16 or Windows-1252. Raises Unreadable."""
    try:
        return json.loads(_decoded(text), parse_constant=_refuse)
    except RecursionError:
        raise Unreadable(JsonFault.TOO_DEEP) from None
    except ValueError:
        raise Unreadable(JsonFault.NOT_JSON) from None


def fault(value: object, depth: int = DEEPEST) -> tuple[str, JsonFault] | None:
    """Return the first place (JSON pointer) in a parsed value that cannot be kept, and why; None if all can.

    Goes `depth` levels down and no further.
    """
    match value:
        case str():
            return None if storable(value) else ("", JsonFault.BAD_TEXT)
        case bool() | None:
            return None
        case int() | float():
            # By comparison: a whole number may be too long for a float.
            usable = -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER
            return None if usable else ("", JsonFault.BAD_NUMBER)
        case _ if depth == 0:
            return "", JsonFault.TOO_DEEP
        case dict():
            children: Any = value.items()
        case _:
            children = enumerate(value) if isinstance(value, list) else ()
    for key, inner in children:
        # A key of ours has none of the characters that a pointer would have to escape.
        name = str(key).replace("~", "~0").replace("/", "~1")
        if not storable(name):
            return "", JsonFault.BAD_TEXT
        if found := fault(inner, depth - 1):
            return f"/{name[:100]}{found[0]}", found[1]
    return None


def storable(text: str) -> bool:
    """Whether the text has neither NUL nor half of a pair of surrogates."""
    return "\0" not in text and (text.isascii() or _encodable(text))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded(text: bytes) -> str:
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return text.decode("utf-16")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What a publisher's spreadsheet left in its database; five bytes of it mean nothing.
        return text.decode("cp1252", errors="replace")


def _refuse(_constant: str) -> float:
    # NaN or Infinity: made into a value that `fault` finds where it stands, so that one record is refused, not all.
    return math.nan
