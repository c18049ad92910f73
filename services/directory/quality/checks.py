"""What is wrong with the document of an entry, as far as it can be seen from itself (issue 7, no. 4). Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.directory.quality import contact_details, places, schedules
from services.directory.quality.finding import Finding, FindingKind

Document = Mapping[str, Any]

SHORTEST_DESCRIPTION: Final = 60
"""Characters below which nobody can choose by a description."""
_OLDEST: Final = 120
_CAPACITY_WEEKS: Final = 8
# Wherever one of these stands in a document, it is what its name says.
_BY_NAME: Final = {
    "email": (contact_details.email, FindingKind.EMAIL_MALFORMED),
    "number": (contact_details.phone, FindingKind.PHONE_MALFORMED),
    "postal_code": (places.postcode, FindingKind.POSTCODE_MALFORMED),
} | dict.fromkeys(("url", "website", "schedule_link"), (contact_details.url, FindingKind.URL_MALFORMED))
_BRITISH: Final = frozenset({"GB", "UK", ""})
# Parts that are objects of their own where they are nested, or nobody's to repair.
_OTHERS: Final = frozenset({"organization", "location", "service", "metadata", "kith", "taxonomy_term"})
_SPACES: Final = re.compile(r"\W+")


def findings(document: Document, today: date) -> list[Finding]:
    """Return what is wrong with it today, in the order of the document; each once."""
    found = list(_forms(document, ""))
    found += [one for part, at in parts(document, "schedules") for one in schedules.findings(part, at, today)]
    found += _ages(document)
    found += _costs(document, today)
    found += _description(document)
    found += _outside(document)
    if document.get("status") in {"inactive", "defunct"}:
        found.append(Finding("/status", FindingKind.NOT_ACTIVE))
    return list(dict.fromkeys(found))


def of_the_entry(capacity: datetime | None, vanished: datetime | None, now: datetime) -> list[Finding]:
    """Return what is wrong beside the document: capacity that nobody confirmed for weeks, a source that has it no more.

    `capacity` and `vanished` are the times of either, None for never.
    """
    old = capacity is not None and now - capacity >= timedelta(weeks=_CAPACITY_WEEKS)
    found = [Finding("", FindingKind.CAPACITY_OLD)] if old else []
    return found if vanished is None else [*found, Finding("", FindingKind.VANISHED)]


def plain_words(text: str) -> str:
    """Return a text without case, spaces and punctuation, to tell a copy of it."""
    return _SPACES.sub(" ", text).strip().casefold()


def parts(document: Document, name: str) -> Iterator[tuple[Document, str]]:
    """Give the parts of that name, also of its services at locations, each with its JSON pointer."""
    for number, part in enumerate(document.get(name) or ()):
        yield part, f"/{name}/{number}"
    for number, place in enumerate(document.get("service_at_locations") or ()):
        for inner, part in enumerate(place.get(name) or ()):
            yield part, f"/service_at_locations/{number}/{name}/{inner}"


def _forms(part: Document, pointer: str) -> Iterator[Finding]:
    for name, value in part.items():
        at = f"{pointer}/{name}"
        if isinstance(value, str) and value and name in _BY_NAME:
            well_formed, kind = _BY_NAME[name]
            if _is_applicable(name, part) and not well_formed(value):
                yield Finding(at, kind)
        elif isinstance(value, Mapping) and name not in _OTHERS:
            yield from _forms(value, at)
        elif isinstance(value, Sequence) and not isinstance(value, str) and name not in _OTHERS:
            for number, inner in enumerate(value):
                if isinstance(inner, Mapping):
                    yield from _forms(inner, f"{at}/{number}")


def _is_applicable(name: str, part: Document) -> bool:
    return name != "postal_code" or str(part.get("country", "")).upper() in _BRITISH


def _ages(document: Document) -> Iterator[Finding]:
    lowest, highest = document.get("minimum_age"), document.get("maximum_age")
    for age, pointer in ((lowest, "/minimum_age"), (highest, "/maximum_age")):
        if age is not None and not 0 <= age <= _OLDEST:
            yield Finding(pointer, FindingKind.AGES_IMPOSSIBLE)
    if lowest is not None and highest is not None and highest < lowest:
        yield Finding("/maximum_age", FindingKind.AGES_REVERSED)


def _costs(document: Document, today: date) -> Iterator[Finding]:
    options = list(parts(document, "cost_options"))
    over = 0
    for option, pointer in options:
        start, end = option.get("valid_from") or "", option.get("valid_to") or ""
        # Days in ISO 8601 are in order as texts are.
        if (option.get("amount") or 0) < 0 or (start and end and end < start):
            yield Finding(pointer, FindingKind.COST_IMPOSSIBLE)
        over += bool(end and end < today.isoformat())
    if options and over == len(options):
        yield Finding("/cost_options", FindingKind.COST_OVER)


def _description(document: Document) -> Iterator[Finding]:
    text = document.get("description")
    if text is not None and ("status" in document or "website" in document):
        said = plain_words(text)
        if len(said) < SHORTEST_DESCRIPTION or said == plain_words(document.get("name") or ""):
            yield Finding("/description", FindingKind.DESCRIPTION_SHORT)


def _outside(document: Document) -> Iterator[Finding]:
    for address, pointer in parts(document, "addresses"):
        if places.postcode_outside(address.get("postal_code") or ""):
            yield Finding(f"{pointer}/postal_code", FindingKind.OUTSIDE_ENGLAND)
    latitude, longitude = document.get("latitude"), document.get("longitude")
    if latitude is not None and longitude is not None and places.point_outside(latitude, longitude):
        yield Finding("/latitude", FindingKind.OUTSIDE_ENGLAND)
    for area, pointer in parts(document, "service_areas"):
        name = area.get("name") or area.get("service_area") or ""
        if places.area_outside(name, area.get("uri") or ""):
            yield Finding(pointer, FindingKind.OUTSIDE_ENGLAND)
