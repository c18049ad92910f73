"""What HSDS 3.0, Open Referral UK 3.0 and Kith ask of each object beyond its shape, as a table. Pure.

A rule looks at one object that has the right shape (`shape.py`) and may put a value into its standard form in place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.directory.openreferral import recurrence
from services.directory.openreferral.faults import Fault, step

Object = dict[str, Any]
Rule = Callable[[Object, str], Iterator[Fault]]

_LEAST_YEAR, _MOST_YEAR = 1900, 2200
_OLDEST: Final = 130
_FEWEST_DIGITS: Final = 3

_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_WEB: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?#]([!$&-;=?-Z_a-z~#@]|%[0-9A-Fa-f]{2})*)?")
# RFC 3986 by its letters; what a browser would carry out is no identifier.
_URI: Final = re.compile(
    r"(?!(javascript|data|vbscript|file|blob|about):)[A-Za-z][A-Za-z0-9+.-]*:"
    r"([!$&-;=?-Z_a-z~#@]|%[0-9A-Fa-f]{2})+",
    re.IGNORECASE,
)
_TELEPHONE: Final = re.compile(r"[+0-9() .-]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?", re.ASCII)


def judge(message: str, value: Object, pointer: str) -> Iterator[Fault]:
    """Give the faults of one object; `message` is its name in kith.hsds.v1. Objects inside it are judged apart."""
    for name in _REQUIRED.get(message, ()):
        if name not in value:
            yield Fault(step(pointer, name), "required", "is required")
    for name, check in _FIELDS.items():
        if name in value and isinstance(value[name], str) and (why := check(value[name])):
            yield Fault(step(pointer, name), name, why)
    for name, allowed in _VALUES.get(message, {}).items():
        if name in value and value[name] not in allowed:
            yield Fault(step(pointer, name), "value", "must be one of: " + ", ".join(allowed))
    for name, (least, most) in _RANGES.get(message, {}).items():
        if name in value and not least <= value[name] <= most:
            yield Fault(step(pointer, name), "range", f"must be from {least} to {most}")
    for rule in _RULES.get(message, ()):
        yield from rule(value, pointer)


def is_mail_address(value: str) -> bool:
    """Whether the text is an e-mail address."""
    return _EMAIL.fullmatch(value) is not None


def _matches(pattern: re.Pattern[str], why: str) -> Callable[[str], str | None]:
    return lambda value: None if pattern.fullmatch(value) else why


def _day(value: str) -> str | None:
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return "must be a day that exists, YYYY-MM-DD"
    return None if _LEAST_YEAR <= found.year <= _MOST_YEAR else "must be a day of this age"


def _telephone(value: str) -> str | None:
    enough = sum(character.isdigit() for character in value) >= _FEWEST_DIGITS
    return None if _TELEPHONE.fullmatch(value) and enough else "must be a telephone number"


def is_id(value: str) -> bool:
    """Whether the text is a UUID in its usual form."""
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Organization": ("name", "description"),
    "Program": ("name", "description"),
    "Service": ("organization_id", "name", "status"),
    "ServiceAtLocation": ("location_id",),
    "Location": ("location_type",),
    "Address": ("address_1", "city", "postal_code", "country", "address_type"),
    "Phone": ("number",),
    "OrganizationIdentifier": ("identifier_type", "identifier"),
    "URL": ("url",),
    "Unit": ("name",),
    "Attribute": ("taxonomy_term_id",),
    "Taxonomy": ("name", "description"),
    "TaxonomyTerm": ("name", "description"),
}

_WEB_ADDRESS: Final = _matches(_WEB, "must be a web address: http or https")
_IDENTIFIER: Final = _matches(_URI, "must be a URI")
_MAIL_ADDRESS: Final = _matches(_EMAIL, "must be an e-mail address")
_CLOCK_TIME: Final = _matches(_CLOCK, "must be a time of day, HH:MM")

# By the name of the field, which means the same wherever it stands in HSDS.
_FIELDS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "email": _MAIL_ADDRESS,
    "assurer_email": _MAIL_ADDRESS,
    "website": _WEB_ADDRESS,
    "logo": _WEB_ADDRESS,
    "url": _WEB_ADDRESS,
    "schedule_link": _WEB_ADDRESS,
    "referral_form_uri": _WEB_ADDRESS,
    "uri": _IDENTIFIER,
    "term_uri": _IDENTIFIER,
    "number": _telephone,
    "phone": _telephone,
    "valid_from": _day,
    "valid_to": _day,
    "assured_date": _day,
    "dtstart": _day,
    "until": _day,
    "opens_at": _CLOCK_TIME,
    "closes_at": _CLOCK_TIME,
    "currency": _matches(_CURRENCY, "must be a currency by ISO 4217"),
    "country": _matches(_COUNTRY, "must be a country by ISO 3166-1 alpha-2"),
}

_VALUES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Service": {"status": ("active", "inactive", "defunct", "temporarily closed")},
    "Location": {"location_type": ("physical", "postal", "virtual")},
    "Address": {"address_type": ("physical", "postal", "virtual")},
    "Phone": {"type": ("text", "voice", "fax", "cell", "video", "pager", "textphone")},
    "Schedule": {"freq": ("WEEKLY", "MONTHLY"), "wkst": recurrence.WEEKDAYS},
    "ServiceArea": {"extent_type": ("geojson", "topojson", "kml", "text")},
}

_ANY: Final = 2**31
_RANGES: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = {
    "Organization": {"year_incorporated": (1000, _MOST_YEAR)},
    "Service": {"minimum_age": (0, _OLDEST), "maximum_age": (0, _OLDEST)},
    "Location": {"latitude": (-90, 90), "longitude": (-180, 180)},
    "Phone": {"extension": (0, _ANY)},
    "Schedule": {"interval": (1, 1000), "count": (1, 10_000), "timezone": (-12, 14)},
    "CostOption": {"amount": (0, _ANY)},
    "ServiceCapacity": {"available": (0, _ANY), "maximum": (0, _ANY)},
}


def _ages(value: Object, pointer: str) -> Iterator[Fault]:
    if value.get("minimum_age", 0) > value.get("maximum_age", _OLDEST):
        yield Fault(step(pointer, "maximum_age"), "ages", "must not be below minimum_age")


def _coordinates(value: Object, pointer: str) -> Iterator[Fault]:
    for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if one in value and other not in value:
            yield Fault(step(pointer, other), "coordinates", f"is required with {one}")


def _period(value: Object, pointer: str) -> Iterator[Fault]:
    for begin, end in (("valid_from", "valid_to"), ("dtstart", "until")):
        first, last = value.get(begin, ""), value.get(end, "9")
        if _day(first) is None and _day(last) is None and first > last:
            yield Fault(step(pointer, end), "period", f"must not be before {begin}")


def _recurs(value: Object, pointer: str) -> Iterator[Fault]:
    for name, why in recurrence.faults(value):
        yield Fault(step(pointer, name), "recurrence", why)


def _language(value: Object, pointer: str) -> Iterator[Fault]:
    if "code" in value and not _LANGUAGE.fullmatch(value["code"]):
        yield Fault(step(pointer, "code"), "language", "must be a language by ISO 639 or BCP 47")


_RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "Service": (_ages,),
    "Location": (_coordinates,),
    "Schedule": (_period, _recurs),
    "CostOption": (_period,),
    "Language": (_language,),
}
