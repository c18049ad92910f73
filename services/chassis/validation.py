"""Requests checked against the rules in their protos (S25; protovalidate)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import protovalidate
from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.chassis.errors import InvalidArgument

_WITH_TEXT: Final = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE)


def validate(request: Message) -> None:
    """Raise InvalidArgument with one violation per broken rule: dotted field path and description.

    Neither repeats a value: keys of maps, which a caller chooses, are left out of the path.
    """
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        violations = [(_path(violation), violation.proto.message) for violation in error.violations]
        raise InvalidArgument(violations) from None
    if violations := [(path, "must not contain the character NUL") for path in _with_nul(request, "")]:
        raise InvalidArgument(violations)


def warm_up(request: type[Message]) -> None:
    """Compile the rules of a message now, so that the first caller does not wait for it."""
    try:
        protovalidate.validate(request())
    except protovalidate.ValidationError:
        return


def _with_nul(value: object, path: str) -> Iterator[str]:
    """Give the paths of texts with a NUL, which no text of PostgreSQL may hold.

    Not in items that are each to be checked by themselves: such a request has an answer for each.
    """
    if isinstance(value, str):
        if "\0" in value:
            yield path
    elif isinstance(value, Message):
        for field, inner in value.ListFields():
            if field.type not in _WITH_TEXT or _items_checked_apart(field):
                continue
            yield from _with_nul(inner, f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, inner in enumerate(value):
            yield from _with_nul(inner, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _with_nul(key, f"{path}[]")
            yield from _with_nul(inner, f"{path}[]")


@cache
def _items_checked_apart(field: FieldDescriptor) -> bool:
    rule: Any = validate_pb2.field
    items = field.GetOptions().Extensions[rule].repeated.items
    return bool(items.ignore == validate_pb2.IGNORE_ALWAYS)


def _path(violation: protovalidate.Violation) -> str:
    path = ""
    field = violation.proto.field
    for element in field.elements if field is not None else ():
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            path += f"[{element.subscript.value}]" if element.subscript.field == "index" else "[]"
    return path
