"""The query parameters of the open API, each once: how it is read, what it filters by, what OpenAPI says of it.

What cannot be read is refused, and so is a name that is not known at that address: a filter passed over in silence
would make the answer a wrong one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from google.type import dayofweek_pb2

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.gateway.open_directory import values
from services.gateway.open_directory.problems import ADDRESS_TOO_LONG, Problem, bad_parameters
from services.gateway.open_directory.values import BadValue, Read

MOST_PER_PAGE: Final = 100
USUAL_PER_PAGE: Final = 20
_LAST_PAGE: Final = 1_000_000
_FARTHEST: Final = 500_000
_OLDEST: Final = 150
_MOST_LEVELS: Final = 9
_LONGEST_QUERY: Final = 4_096
_MOST_PARAMETERS: Final = 100
_NAME: Final = re.compile(r"^[A-Za-z_]{1,40}$")

_UUID_SCHEMA: Final = {"type": "string", "format": "uuid"}
_TRUTH_SCHEMA: Final = {"type": "boolean"}
_TIME_SCHEMA: Final = {"type": "string", "pattern": values.TIME_PATTERN}
_DAYS: Final = {
    "MO": dayofweek_pb2.MONDAY,
    "TU": dayofweek_pb2.TUESDAY,
    "WE": dayofweek_pb2.WEDNESDAY,
    "TH": dayofweek_pb2.THURSDAY,
    "FR": dayofweek_pb2.FRIDAY,
    "SA": dayofweek_pb2.SATURDAY,
    "SU": dayofweek_pb2.SUNDAY,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. `field` is the one of the directory's requests; `most` how often it may be given."""

    name: str
    field: str
    description: str
    schema: Mapping[str, Any]
    read: Read
    most: int = 1


def _age(name: str, description: str) -> Parameter:
    schema = {"type": "integer", "minimum": 0, "maximum": _OLDEST}
    return Parameter(name, name, description, schema, values.whole_number(0, _OLDEST))


def _words(
    name: str, field: str, description: str, longest: int, *, shortest: int = 0, most: int = 1
) -> Parameter:
    schema = {"type": "string", "maxLength": longest, **({"minLength": shortest} if shortest else {})}
    return Parameter(name, field, description, schema, values.text(longest, shortest), most)


def _word(name: str, field: str, description: str, choices: Mapping[str, Any], most: int = 1) -> Parameter:
    schema = {"type": "string", "enum": list(choices)}
    return Parameter(name, field, description, schema, values.one_of(choices), most)


def _truth(name: str, field: str, description: str) -> Parameter:
    return Parameter(name, field, description, _TRUTH_SCHEMA, values.truth)


def _id(name: str, field: str, description: str, most: int = 1) -> Parameter:
    return Parameter(name, field, description, _UUID_SCHEMA, values.identifier, most)


PAGE: Final = Parameter(
    "page",
    "page",
    "The number of the page. One past the last page is 404.",
    {"type": "integer", "minimum": 1, "maximum": _LAST_PAGE, "default": 1},
    values.whole_number(1, _LAST_PAGE),
)
PER_PAGE: Final = Parameter(
    "per_page",
    "per_page",
    "The most items on a page.",
    {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": USUAL_PER_PAGE},
    values.whole_number(1, MOST_PER_PAGE),
)
FORMAT: Final = _word(
    "format",
    "",
    "`ndjson` streams all items without pages, one JSON object in a line. A transfer that breaks off is not whole.",
    {"json": False, "ndjson": True},
)
FULL: Final = _truth("full", "", "Items with everything nested in them, as at their own address.")
MINIMAL: Final = _truth(
    "minimal",
    "",
    "Items with `id` and `modified_date` alone; all of them in one answer unless a page is asked for.",
)
FULL_SERVICE: Final = _truth(
    "full_service", "", "With all services of the organization, everything nested in them."
)
SEARCH: Final = _words(
    "search",
    "text",
    "Words looked for, misspelt or not. Every sign is only itself: there are no operators.",
    200,
)
MODIFIED_AFTER: Final = Parameter(
    "modified_after",
    "modified_after",
    "Only what was modified then or later. Without an offset it is UTC.",
    {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]},
    values.moment,
)
TERM: Final = _id(
    "taxonomy_term_id",
    "taxonomy_term_ids",
    "Only what is described by this term; several: by one of them.",
    20,
)
TAXONOMY: Final = _id(
    "taxonomy_id", "taxonomy_id", "Only what belongs to this taxonomy, or is described by a term of it."
)
ORGANIZATION: Final = _id("organization_id", "organization_id", "Only what belongs to this organization.")
PARENT: Final = _id("parent_id", "parent_id", "Only the children of this term.")
TOP_ONLY: Final = _truth("top_only", "top_only", "Only terms without a parent.")

PAGING: Final = (PAGE, PER_PAGE, FORMAT)
FINDING: Final = (
    SEARCH,
    TERM,
    TAXONOMY,
    ORGANIZATION,
    MODIFIED_AFTER,
    FULL,
    Parameter(
        "postcode",
        "postcode",
        "Where to measure `proximity` from: a postcode, or its first half.",
        {"type": "string", "pattern": values.POSTCODE_PATTERN},
        values.postcode,
    ),
    Parameter(
        "proximity",
        "proximity",
        "Within so many metres of the postcode, in a straight line. Needs `postcode`.",
        {"type": "integer", "minimum": 1, "maximum": _FARTHEST},
        values.whole_number(1, _FARTHEST),
    ),
    _age("minimum_age", "States a minimum age of at least this. See `age` for what is open to somebody."),
    _age("maximum_age", "States a maximum age of at most this. See `age` for what is open to somebody."),
    _age("age", "Open to somebody of this age in years. A service that states no ages is open to all."),
    _word("day", "days", "Has a schedule on this day; several: on one of them.", _DAYS, len(_DAYS)),
    Parameter(
        "start_time",
        "start_time",
        "Has a schedule that opens then or later.",
        _TIME_SCHEMA,
        values.time_of_day,
    ),
    Parameter(
        "end_time", "end_time", "Has a schedule that closes by then.", _TIME_SCHEMA, values.time_of_day
    ),
    _word("cost", "free", "`free`: says that it costs nothing.", {"free": True}),
    _words(
        "language",
        "languages",
        "Offered in this language, an ISO 639 code or an English name; several: in one of them.",
        50,
        shortest=2,
        most=20,
    ),
    _words("accessibility", "accessibility", "Words of what a place says of its accessibility.", 100),
    _truth("accepts_caf", "accepts_caf", "Takes an Early Help Assessment (CAF) as the referral."),
    Parameter(
        "threshold",
        "threshold_levels",
        "Works at this level of need; several: at one of them.",
        {"type": "integer", "minimum": 1, "maximum": _MOST_LEVELS},
        values.whole_number(1, _MOST_LEVELS),
        _MOST_LEVELS,
    ),
    _word("capacity", "capacity_open", "`open`: says that it has room now.", {"open": True}),
)
"""Of services and of services at locations: HSDS's own, those of the profile, then Kith's (from `age` on)."""


def read(query: bytes, known: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values by name, lists where a parameter may be given several times. Raises Problem."""
    if len(query) > _LONGEST_QUERY:
        raise Problem(ADDRESS_TOO_LONG, f"The query may have {_LONGEST_QUERY} bytes.")
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise bad_parameters([("", "the query must be percent-encoded UTF-8")]) from None
    by_name = {parameter.name: parameter for parameter in known}
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in pairs:
        parameter = by_name.get(name)
        if parameter is None:
            errors[name if _NAME.fullmatch(name) else ""] = (
                f"is not known here; known are {', '.join(by_name)}"
            )
            continue
        try:
            _put(found, parameter, value)
        except BadValue as bad:
            errors[name] = bad.sentence
    if errors := errors or _contradictions(found):
        raise bad_parameters(list(errors.items()))
    return found


def view(found: Mapping[str, Any]) -> publication_pb2.PublicationView:
    """Return how much of each item is asked for."""
    if found.get(MINIMAL.name):
        return publication_pb2.PUBLICATION_VIEW_MINIMAL
    if found.get(FULL.name):
        return publication_pb2.PUBLICATION_VIEW_FULL
    return publication_pb2.PUBLICATION_VIEW_LIST


def filters(found: Mapping[str, Any], known: Sequence[Parameter]) -> dict[str, Any]:
    """Return the fields of a request to the directory: everything but pages and the form of the answer."""
    own = {PAGE.name, PER_PAGE.name}
    return {
        one.field: found[one.name] for one in known if one.field and one.name in found and one.name not in own
    }


def _put(found: dict[str, Any], parameter: Parameter, value: str) -> None:
    read_value = parameter.read(value)
    if parameter.most == 1:
        if parameter.name in found:
            raise BadValue("must be given once")
        found[parameter.name] = read_value
        return
    several = found.setdefault(parameter.name, [])
    if len(several) == parameter.most:
        raise BadValue(f"must be given at most {parameter.most} times")
    several.append(read_value)


def _contradictions(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what the values together cannot mean."""
    errors: dict[str, str] = {}
    if found.get("minimum_age", 0) > found.get("maximum_age", _OLDEST):
        errors["minimum_age"] = "must not be above maximum_age"
    if "proximity" in found and "postcode" not in found:
        errors["proximity"] = "needs a postcode to measure from"
    if "start_time" in found and "end_time" in found:
        start, end = found["start_time"], found["end_time"]
        if (start.hours, start.minutes) > (end.hours, end.minutes):
            errors["start_time"] = "must not be after end_time"
    if found.get(MINIMAL.name) and found.get(FULL.name):
        errors[MINIMAL.name] = "cannot be asked for together with full"
    return errors
