"""JSON schemas of what the open API answers, made from the messages of `kith.hsds.v1`: their JSON form is HSDS's.

They stand alone: nothing is fetched to read them.
"""

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from kith.hsds.v1 import hsds_pb2

_PREFIX: Final = "#/components/schemas/"
_ROOTS: Final = ("Service", "ServiceAtLocation", "Organization", "Taxonomy", "TaxonomyTerm")
_REQUIRED: Final = {
    "Service": ["id", "name", "status"],
    "Organization": ["id", "name", "description"],
    "Taxonomy": ["id", "name", "description"],
    "TaxonomyTerm": ["id", "name", "description"],
}
"""As the profile has it; of all other objects the id alone."""
_TYPES: Final = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_DOUBLE: "number",
    FieldDescriptor.TYPE_INT32: "integer",
    FieldDescriptor.TYPE_BOOL: "boolean",
}
_FORMATS: Final = {
    "assured_date": "date",
    "assurer_email": "email",
    "email": "email",
    "last_modified": "date-time",
    "term_uri": "uri",
    "uri": "uri",
    "url": "uri",
    "valid_from": "date",
    "valid_to": "date",
    "website": "uri",
}
_NOT_UUIDS: Final = {"tax_id"}
_NEVER: Final = {"Metadata"}
"""Who changed what is kept inside."""
_WORDS: Final = {
    ("Service", "status"): ["active", "inactive", "defunct", "temporarily closed"],
    ("Location", "location_type"): ["physical", "postal", "virtual"],
    ("Schedule", "freq"): ["WEEKLY", "MONTHLY"],
}


def schemas() -> dict[str, Any]:
    """Return the schemas by name: the objects of HSDS, and what lies around them."""
    return {
        **{found.name: _object(found) for found in _reached()},
        "Minimal": {
            "type": "object",
            "description": "An item of which only the id and the time of its last change were asked for.",
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "modified_date": {"type": "string", "format": "date-time"},
            },
            "required": ["id", "modified_date"],
            "additionalProperties": False,
        },
        "Information": {
            "type": "object",
            "properties": {
                "version": {"type": "string", "description": "The profile of HSDS and its version."},
                "profile": {
                    "type": "string",
                    "format": "uri",
                    "description": "Where the profile is described.",
                },
                "openapi_url": {"type": "string", "format": "uri", "description": "Where this document is."},
            },
            "required": ["version", "profile", "openapi_url"],
        },
        "Problem": _problem(),
    }


def page_of(schema: str) -> dict[str, Any]:
    """Return the schema of a page of items."""
    count = {"type": "integer", "minimum": 0}
    members = {
        "total_items": {**count, "description": "How many items there are on all pages."},
        "total_pages": {**count, "description": "How many pages there are."},
        "page_number": {"type": "integer", "minimum": 1, "description": "The number of this page."},
        "size": {**count, "description": "How many items are on this page."},
        "first_page": {"type": "boolean", "description": "Whether this is the first page."},
        "last_page": {"type": "boolean", "description": "Whether this is the last page."},
        "empty": {"type": "boolean", "description": "Whether this page has no items."},
        "contents": {"type": "array", "description": "The items.", "items": reference(schema)},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def reference(schema: str) -> dict[str, Any]:
    """Return a reference to a schema of the document."""
    return {"$ref": f"{_PREFIX}{schema}"}


def _reached() -> Iterator[Descriptor]:
    """Return the messages that the answers hold, each once."""
    messages = hsds_pb2.DESCRIPTOR.message_types_by_name
    waiting, seen = [messages[name] for name in _ROOTS], set(_ROOTS)
    while waiting:
        message = waiting.pop(0)
        yield message
        for field in _fields(message):
            if field.message_type is not None and field.message_type.name not in seen:
                seen.add(field.message_type.name)
                waiting.append(field.message_type)


def _fields(message: Descriptor) -> list[FieldDescriptor]:
    return [
        field
        for field in message.fields
        if field.message_type is None or field.message_type.name not in _NEVER
    ]


def _object(message: Descriptor) -> dict[str, Any]:
    members = {field.name: _field(message.name, field) for field in _fields(message)}
    if message.name == "Organization":
        # Of HSDS's JSON alone: where an organization is kept, its services are entries of their own.
        members["services"] = {"type": "array", "items": reference("Service")}
    return {"type": "object", "properties": members, "required": _REQUIRED.get(message.name, ["id"])}


def _field(message: str, field: FieldDescriptor) -> dict[str, Any]:
    if field.message_type is not None:
        found = reference(field.message_type.name)
    else:
        found = {"type": _TYPES[field.type]}
        if field.type == FieldDescriptor.TYPE_STRING:
            found |= _string(message, field.name)
    return {"type": "array", "items": found} if field.is_repeated else found


def _string(message: str, name: str) -> dict[str, Any]:
    if (message, name) in _WORDS:
        return {"enum": _WORDS[message, name]}
    if name == "id" or (name.endswith("_id") and name not in _NOT_UUIDS):
        return {"format": "uuid"}
    return {"format": _FORMATS[name]} if name in _FORMATS else {}


def _problem() -> dict[str, Any]:
    error = {
        "type": "object",
        "properties": {
            "parameter": {"type": "string", "description": "The parameter; empty for the query as a whole."},
            "detail": {"type": "string", "description": "What it must be."},
        },
        "required": ["parameter", "detail"],
    }
    return {
        "type": "object",
        "description": "A problem document (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "The kind of problem."},
            "title": {"type": "string", "description": "The kind of problem in words."},
            "status": {"type": "integer", "description": "The status of the response."},
            "detail": {"type": "string", "description": "What to do."},
            "errors": {"type": "array", "items": error, "description": "The parameters that are not valid."},
            "error_id": {"type": "string", "description": "A number to quote when it is a fault of ours."},
        },
        "required": ["type", "title", "status", "detail"],
    }
