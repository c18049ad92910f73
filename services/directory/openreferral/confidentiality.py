"""Places that nobody may learn of, such as refuges: what would tell where one is, found and taken out. Pure.

Kith does not hold where a confidential place is: nothing to leak from a page, an export, the history, a dump. Stricter
than needed is right here: a sentence can be written again, an address cannot be taken back (DOMAIN 2.5).
"""

import copy
import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from kith.directory.v1 import entry_pb2
from kith.directory.v1.directory_pb2 import Service
from services.directory.openreferral.faults import Fault, step

Document = dict[str, Any]

HIDDEN: Final = "[not shown]"
"""What stands in a text in place of what told where the place is."""

_MESSAGE: Final = "tells where a confidential place is"
_BORN_CONFIDENTIAL: Final = frozenset({Service.Kind.Name(Service.KIND_DOMESTIC_ABUSE)})

# Whole parts that say where something is, wherever they stand.
_PARTS: Final = frozenset(
    {
        "addresses",
        "latitude",
        "longitude",
        "external_identifier",
        "external_identifier_type",
        "transportation",
        "extent",
        "extent_type",
        # A publisher's own record of changes repeats the values before.
        "metadata",
    }
)
# Identifiers of ours, and what is no text of anybody's.
_NO_TEXT: Final = re.compile(r"id|\w+_id|kind|extension")
_NUMBERS: Final = frozenset({"number", "phone"})

# Of the digits alone, however they are parted.
_GEOGRAPHIC: Final = re.compile(r"(?:0*440*|0+)[12]\d{5,}")
# The marks alone: an attribute may tell as well.
_TAG: Final = re.compile(
    r"</?(?:a|b|br|div|em|font|h[1-6]|i|li|ol|p|span|strong|su[bp]|t[dhr]|u|ul)\b|/?>", re.IGNORECASE
)
_MOST_WRAPPINGS: Final = 8
_STREETS: Final = (
    "road|rd|street|avenue|ave|lane|drive|crescent|cres|terrace|grove|gardens|gdns|mews|wharf|quay"
)
# These are also words of other sentences: "24 hour help on the way".
_PERHAPS_STREETS: Final = (
    "St|Ln|Dr|Close|Court|Ct|Place|Pl|Way|Square|Sq|Hill|Park|Row|Walk|Rise|Green|View|Parade|Yard"
)
_MAPS: Final = (
    r"maps\.google|google\.[a-z.]{2,6}/maps|goo\.gl/maps|maps\.app\.goo\.gl|what3words\.com|w3w\.co|"
    r"openstreetmap\.org|osm\.org|streetmap\.co\.uk|maps\.apple\.com|bing\.com/maps|waze\.com"
)
_TELLING: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # A postcode, whatever stands between its halves.
        r"\b[A-Z]{1,2}\d[A-Z\d]?[\s.,_/+-]{0,3}\d[A-Z]{2}\b",
        # A telephone number whose code is that of a place.
        r"(?<!\d)(?:(?:\+|00)\s?44[\s()./-]{0,3}0?|\(?0)[\s()./-]{0,3}[12](?:[\s()./-]{0,3}\d){7,9}(?!\d)",
        # A house in a street.
        rf"\b\d{{1,4}}[a-z]?,?\s+(?:[\w’'-]+\s+){{1,3}}(?:{_STREETS})\b",
        rf"(?-i:\b\d{{1,4}}[A-Za-z]?,?\s+(?:[A-Z][\w’'-]+\s+){{1,3}}(?:{_PERHAPS_STREETS})\b)",
        r"\bP\.?\s?O\.?\s?Box\s*\d+",
        # Coordinates in degrees, a reference of the National Grid, an open location code, three words, a UPRN.
        r"-?\b\d{1,2}\.\d{3,}°?\s*[NS]?[\s,;/]{1,3}-?\d{1,3}\.\d{3,}",
        r"\b\d{1,3}\s?°\s?\d{1,2}\s?['’\u2032]",
        r"\b[HNOST][A-HJ-Z]\s?\d{3,5}\s?\d{3,5}\b",
        r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b",
        r"///\w+\.\w+\.\w+",
        r"\bUPRN\D{0,3}\d{6,12}\b",
        # Maps.
        rf"\b(?:{_MAPS})\S*",
    )
)


def is_confidential(kind: int, document: Mapping[str, Any]) -> bool:
    """Whether nobody may learn where the service or location is: as it says, else as its kind of service says."""
    if kind in {entry_pb2.ENTRY_KIND_LOCATION, entry_pb2.ENTRY_KIND_SERVICE}:
        return hides(document.get("kith", {}))
    return False


def hides(facts: Mapping[str, Any]) -> bool:
    """Whether Kith's facts of a service or location say so; those of a location have no kind."""
    return bool(facts.get("confidential", facts.get("kind") in _BORN_CONFIDENTIAL))


def declares_public(kind: int, document: Mapping[str, Any]) -> bool:
    """Whether the document says that a service is public that would be confidential by its kind."""
    facts = document.get("kith", {})
    return (
        kind == entry_pb2.ENTRY_KIND_SERVICE
        and facts.get("kind") in _BORN_CONFIDENTIAL
        and not is_confidential(kind, document)
    )


def telling(document: Mapping[str, Any]) -> list[Fault]:
    """Return a fault for each part that would tell where a confidential place is."""
    return [Fault(pointer, "confidential", _MESSAGE) for pointer, _ in _found(document, "")]


def tells(text: str) -> bool:
    """Whether a text would tell where a confidential place is; for notes."""
    return _without(text) != text


def without(document: Document) -> tuple[Document, list[str]]:
    """Return the document without what would tell where it is, and the JSON pointers of what went."""
    found = list(_found(document, ""))
    cleaned = copy.deepcopy(document)
    # From the end, so that positions in a list hold until they are reached.
    for pointer, text in reversed(found):
        _replace(cleaned, pointer, text)
    return cleaned, [pointer for pointer, _ in found]


def hidden(text: str) -> str:
    """Return the text with what would tell where it is replaced."""
    return _without(text)


def geographic(number: str) -> bool:
    """Whether a telephone number's code is that of a place: it begins with 01 or 02."""
    digits = "".join(character for character in _plain(number) if character.isdigit())
    return _GEOGRAPHIC.match(digits) is not None


def _found(value: object, pointer: str) -> Iterator[tuple[str, str | None]]:
    """Give the JSON pointer of each part that tells, and what may stand there instead; None for nothing."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            at = step(pointer, name)
            if name in _PARTS:
                yield at, None
            elif isinstance(inner, str):
                yield from _found_in_text(name, inner, at)
            else:
                yield from _found(inner, at)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            at = step(pointer, number)
            if (
                isinstance(inner, Mapping)
                and isinstance(inner.get("number"), str)
                and geographic(inner["number"])
            ):
                yield at, None
            else:
                yield from _found(inner, at)


def _found_in_text(name: str, text: str, pointer: str) -> Iterator[tuple[str, str | None]]:
    if _NO_TEXT.fullmatch(name):
        return
    if name in _NUMBERS and geographic(text):
        yield pointer, None
    elif (cleaned := _without(text)) != text:
        # A web address with a hole in it is none.
        yield pointer, None if text.startswith(("http://", "https://")) else cleaned


def _without(text: str) -> str:
    plain = cleaned = _plain(text)
    for pattern in _TELLING:
        cleaned = pattern.sub(HIDDEN, cleaned)
    return text if cleaned == plain else cleaned


def _plain(text: str) -> str:
    """Return the text as a reader takes it.

    Compatible forms, digits of any script and one hyphen; nothing that has no width, no markup, nothing encoded.
    """
    for _ in range(_MOST_WRAPPINGS):
        before = text
        if not text.isascii():
            text = "".join(map(_plain_character, unicodedata.normalize("NFKC", text)))
        if "&" in text or "%" in text or ">" in text or "<" in text:
            text = unquote(_TAG.sub(" ", html.unescape(text)))
        if text == before:
            break
    return text


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    # The minus sign is no dash to Unicode.
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    return "" if category == "Cf" else character


def _replace(document: Document, pointer: str, text: str | None) -> None:
    *path, last = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    parent: Any = document
    for token in path:
        parent = parent[int(token)] if isinstance(parent, list) else parent[token]
    key: Any = int(last) if isinstance(parent, list) else last
    if text is None:
        del parent[key]
    else:
        parent[key] = text
