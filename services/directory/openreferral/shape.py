"""Documents in the shape that the protos of kith.hsds.v1 give them: names, types and sizes, from the descriptors. Pure.

The protos are the one list of what HSDS has; JSON from a feed and messages of our own RPCs are held to it alike.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.directory.openreferral import text
from services.directory.openreferral.faults import Fault, step

EMBEDDED: Final[Mapping[str, Mapping[str, str]]] = {
    "Service": {"organization": "organization_id"},
    "ServiceAtLocation": {"location": "location_id", "service": "service_id"},
    "Attribute": {"taxonomy_term": "taxonomy_term_id"},
    "Taxonomy": {"taxonomy_terms": ""},
    "TaxonomyTerm": {"taxonomy_detail": "taxonomy_id"},
}
"""Objects with an entry of their own, and the field that names it: readers get them, documents do not hold them."""

_UUID_LENGTH: Final = 36


class Field(NamedTuple):
    """What a field may hold."""

    descriptor: FieldDescriptor
    message: Descriptor | None
    repeated: bool
    max_len: int
    max_items: int

    @property
    def is_id(self) -> bool:
        """Whether it holds the id of something: those fields alone are as long as one."""
        return self.max_len == _UUID_LENGTH


@cache
def fields(message: Descriptor) -> Mapping[str, Field]:
    """Return what the fields of a message may hold, by name."""
    extension: Any = validate_pb2.field
    found = {}
    for descriptor in message.fields:
        rules = descriptor.GetOptions().Extensions[extension]
        found[descriptor.name] = Field(
            descriptor,
            descriptor.message_type,
            descriptor.is_repeated,
            rules.string.max_len,
            rules.repeated.max_items,
        )
    return found


class Shaper:
    """Shapes one document. `faults` and `dropped` (JSON pointers of what HSDS does not have) are filled on the way."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.dropped: list[str] = []

    def message(self, message: Descriptor, value: object, pointer: str) -> dict[str, Any]:
        """Return the object with what has the right name and type, empty texts, lists and nulls left out."""
        if not isinstance(value, Mapping):
            self._fault(pointer, "type", "must be an object")
            return {}
        shaped: dict[str, Any] = {}
        known, embedded = fields(message), EMBEDDED.get(message.name, {})
        for name, inner in value.items():
            at = step(pointer, name)
            field = known.get(name) if isinstance(name, str) else None
            if field is None:
                self.dropped.append(at)
            elif name in embedded:
                self._embedded(embedded[name], inner, shaped)
            elif inner is not None:
                found = self._field(field, inner, at)
                # What stands in a field of its own goes before what an embedded object said.
                if found is not None and found != []:
                    shaped[name] = found
        return {name: shaped[name] for name in known if name in shaped}

    def _embedded(self, id_field: str, value: object, shaped: dict[str, Any]) -> None:
        if id_field and isinstance(value, Mapping) and isinstance(value.get("id"), str):
            shaped.setdefault(id_field, value["id"].lower())

    def _field(self, field: Field, value: object, pointer: str) -> Any:
        if not field.repeated:
            return self._single(field, value, pointer)
        if not isinstance(value, list):
            return self._fault(pointer, "type", "must be a list")
        if field.max_items and len(value) > field.max_items:
            return self._fault(pointer, "size", f"must have at most {field.max_items} items")
        shaped = [self._single(field, inner, step(pointer, at)) for at, inner in enumerate(value)]
        return [inner for inner in shaped if inner is not None]

    def _single(self, field: Field, value: object, pointer: str) -> Any:
        if field.message is not None:
            return self.message(field.message, value, pointer)
        kind = field.descriptor.type
        if kind == FieldDescriptor.TYPE_STRING:
            return self._text(field, value, pointer)
        if kind == FieldDescriptor.TYPE_ENUM:
            enum: Any = field.descriptor.enum_type
            known = isinstance(value, str) and value in enum.values_by_name
            return value if known else self._fault(pointer, "value", "is not one of the values it may have")
        if kind == FieldDescriptor.TYPE_BOOL:
            return value if isinstance(value, bool) else self._fault(pointer, "type", "must be true or false")
        return self._number(value, pointer, whole=kind == FieldDescriptor.TYPE_INT32)

    def _text(self, field: Field, value: object, pointer: str) -> Any:
        if not isinstance(value, str):
            return self._fault(pointer, "type", "must be text")
        if len(value) > field.max_len:
            return self._fault(pointer, "size", f"must have at most {field.max_len} characters")
        normal = text.normal(value)
        if why := text.refused(normal):
            return self._fault(pointer, "characters", why)
        return (normal.lower() if field.is_id else normal) or None

    def _number(self, value: object, pointer: str, *, whole: bool) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._fault(pointer, "type", "must be a number")
        # By comparison: a whole number may be too long for a float.
        if not -(2**31) < value < 2**31:
            return self._fault(pointer, "value", "must be a number of a sensible size")
        if value == int(value):
            return int(value)
        return self._fault(pointer, "type", "must be a whole number") if whole else value

    def _fault(self, pointer: str, rule: str, message: str) -> Any:
        """Note the fault; the value is None, for it is not taken."""
        self.faults.append(Fault(pointer, rule, message))
        return None
