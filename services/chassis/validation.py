"""Requests checked against the rules in their protos (S25; protovalidate)."""

import protovalidate
from google.protobuf.message import Message

from services.chassis.errors import InvalidArgument


def validate(request: Message) -> None:
    """Raise InvalidArgument with one violation per broken rule: dotted field path and description.

    Neither repeats a value: keys of maps, which a caller chooses, are left out of the path.
    """
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        violations = [(_path(violation), violation.proto.message) for violation in error.violations]
        raise InvalidArgument(violations) from None


def warm_up(request: type[Message]) -> None:
    """Compile the rules of a message now, so that the first caller does not wait for it."""
    try:
        protovalidate.validate(request())
    except protovalidate.ValidationError:
        return


def _path(violation: protovalidate.Violation) -> str:
    path = ""
    field = violation.proto.field
    for element in field.elements if field is not None else ():
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            path += f"[{element.subscript.value}]" if element.subscript.field == "index" else "[]"
    return path
