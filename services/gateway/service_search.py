"""The public search for services: what is typed, the request it makes, and how it travels in an address.

A postcode tells where somebody lives, and a need what they need: neither may stand in an address, which histories,
proxies and other sites come to see. So the form is sent by POST, and leads to an address that holds what was typed
sealed, good for an hour. Nothing is stored, here or in a cookie, and going back, reloading and the next page all work.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.type import dayofweek_pb2

from services.chassis.errors import InvalidArgument
from services.chassis.paging import PageTokens
from services.gateway.forms import Errors
from services.gateway.open_directory import values
from services.gateway.open_directory.values import BadValue

FIELDS: Final = ("need", "age", "postcode", "distance", "day", "language", "access", "free", "assessment")
MILES: Final = {"1": 1_609, "3": 4_828, "5": 8_047, "10": 16_093, "25": 40_234}
"""Distances to choose from, in metres."""
DAYS: Final = {
    dayofweek_pb2.DayOfWeek.Name(day): dayofweek_pb2.DayOfWeek.Name(day).capitalize() for day in range(1, 8)
}
_TICKED: Final = "yes"
_BINDING: Final = b"public search for services"
_SECONDS: Final = 3_600
_LONGEST: Final = 200
_LONGEST_SEALED: Final = 4_096
_OLDEST: Final = 25


class Searches:
    """Seals what was typed, and opens it again within an hour."""

    def __init__(self, tokens: PageTokens, clock: Callable[[], float] = time.time) -> None:
        self._tokens = tokens
        self._clock = clock

    def seal(self, typed: Mapping[str, str]) -> str:
        """Return what was typed in a form that is safe in an address."""
        kept = {
            "until": int(self._clock()) + _SECONDS,
            **{name: typed[name] for name in FIELDS if typed[name]},
        }
        return self._tokens.seal(_BINDING, json.dumps(kept, separators=(",", ":")).encode())

    def open(self, sealed: str) -> dict[str, str] | None:
        """Return what was typed; None if it is too old, or was not sealed here."""
        if not 0 < len(sealed) <= _LONGEST_SEALED:
            return None
        try:
            kept = json.loads(self._tokens.open(sealed, _BINDING))
        except InvalidArgument:
            return None
        return typed(kept) if kept["until"] > self._clock() else None


def typed(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, every field of the form."""
    return {name: fields.get(name, "")[: _LONGEST + 1] for name in FIELDS}


def read(typed: Mapping[str, str]) -> tuple[dict[str, Any], Errors]:
    """Return the fields of a SearchServicesRequest, and what is wrong with what was typed."""
    request: dict[str, Any] = {}
    errors: Errors = {}

    def take(name: str, field: str, label: str, reader: Callable[[str], Any]) -> None:
        if typed[name]:
            try:
                request[field] = reader(typed[name])
            except BadValue as bad:
                errors[name] = f"{label} {bad.sentence}"

    take("need", "text", "What you need help with", values.text(_LONGEST))
    take("age", "age", "Age", values.whole_number(0, _OLDEST))
    take("postcode", "postcode", "Postcode", values.postcode)
    take("distance", "proximity", "Distance", values.one_of(MILES))
    take("day", "days", "Day", values.one_of({name: [dayofweek_pb2.DayOfWeek.Value(name)] for name in DAYS}))
    take("language", "languages", "Language", lambda value: [values.text(50, 2)(value)])
    take("access", "accessibility", "Access needs", values.text(100))
    take("free", "free", "Free", values.one_of({_TICKED: True}))
    take("assessment", "accepts_caf", "Early Help Assessment", values.one_of({_TICKED: True}))
    if "proximity" in request and not typed["postcode"]:
        errors["postcode"] = "Enter a postcode to measure the distance from, such as LS1 4AP or LS1"
    return request, errors


def summary(typed: Mapping[str, str]) -> list[str]:
    """Return what was looked for, in words."""
    near = typed["postcode"].upper()
    miles = typed["distance"]
    within = f"within {miles} mile{'' if miles == '1' else 's'} of {near}" if miles else f"near {near}"
    said = (
        (typed["need"], f"‘{typed['need']}’"),
        (typed["age"], f"age {typed['age']}"),
        (near, within),
        (typed["day"], f"on a {DAYS.get(typed['day'], '')}"),
        (typed["language"], f"in {typed['language']}"),
        (typed["access"], f"access: {typed['access']}"),
        (typed["free"], "free"),
        (typed["assessment"], "takes an Early Help Assessment (CAF)"),
    )
    return [words for given, words in said if given]
