"""Reads single values of query parameters. Pure; what cannot be read raises BadValue with what it must be."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.timeofday_pb2 import TimeOfDay

Read: TypeAlias = Callable[[str], Any]

POSTCODE_PATTERN: Final = r"^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?([0-9][A-Za-z]{2})?$"
TIME_PATTERN: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_WHOLE_NUMBER: Final = re.compile(r"^(0|[1-9][0-9]{0,9})$")
_POSTCODE: Final = re.compile(POSTCODE_PATTERN)
_TIME: Final = re.compile(TIME_PATTERN)
_DATE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}$", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?$", re.ASCII
)
_UUID: Final = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class BadValue(Exception):
    """A value is not what it must be; `sentence` goes on from the name of the parameter."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad value")
        self.sentence = sentence


def text(longest: int, shortest: int = 0) -> Read:
    """Return a reader of text in one line."""

    def read(value: str) -> str:
        if not shortest <= len(value) <= longest:
            raise BadValue(f"must have {f'{shortest} to' if shortest else 'at most'} {longest} characters")
        if _CONTROL.search(value):
            raise BadValue("must be text in one line, without control characters")
        return value

    return read


def whole_number(least: int, most: int) -> Read:
    """Return a reader of whole numbers."""

    def read(value: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(value) or not least <= int(value) <= most:
            raise BadValue(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def one_of(choices: Mapping[str, Any]) -> Read:
    """Return a reader of words, each with what it stands for."""

    def read(value: str) -> Any:
        if value not in choices:
            raise BadValue(f"must be {' or '.join(choices)}")
        return choices[value]

    return read


truth: Final = one_of({"true": True, "false": False})
"""Reads `true` or `false`."""


def identifier(value: str) -> str:
    """Read a UUID."""
    if not _UUID.fullmatch(value):
        raise BadValue("must be a UUID, such as 00000000-0000-4000-8000-000000000000")
    return str(uuid.UUID(value))


def postcode(value: str) -> str:
    """Read a postcode, whole or its first half."""
    if not _POSTCODE.fullmatch(value):
        raise BadValue("must be a postcode or its first half, such as LS1 4AP or LS1")
    return value.strip()


def time_of_day(value: str) -> TimeOfDay:
    """Read a time of day. Seconds are passed over: no service opens by the second."""
    if not _TIME.fullmatch(value):
        raise BadValue("must be a time from 00:00 to 23:59, such as 09:30")
    return TimeOfDay(hours=int(value[:2]), minutes=int(value[3:5]))


def moment(value: str) -> Timestamp:
    """Read a date, or a date and time; without an offset it is UTC."""
    if not (_DATE.fullmatch(value) or _DATE_TIME.fullmatch(value)):
        raise BadValue("must be a date or a date and time, such as 2026-03-01T09:30:00Z")
    try:
        found = dt.datetime.fromisoformat(value.upper())
        if found.tzinfo is None:
            found = found.replace(tzinfo=dt.UTC)
        timestamp = Timestamp()
        timestamp.FromDatetime(found)
    except (ValueError, OverflowError):
        raise BadValue("must be a date that exists, from the year 1 to 9999") from None
    return timestamp
