"""A publisher's object with ids of ours, and with the small liberties that publishers take put right. Pure.

Whether it then is what HSDS wants is for the directory's own rules to say.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from kith.hsds.v1 import hsds_pb2
from services.directory.importing.source import Source
from services.directory.openreferral.shape import Field, fields

_NUMBERS: Final = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_INT32)
# Kith keeps its own history, and says itself when something changed.
_LEFT_OUT: Final = frozenset({"id", "metadata", "link_id", "resource_id", "last_modified"})
_BACK: Final = frozenset(
    {"service_id", "location_id", "organization_id", "contact_id", "phone_id", "service_at_location_id"}
)
"""In a part: which object it is a part of, said already by its place."""
_LONGEST_NUMBER: Final = 30

Attributes = Callable[[Any, str], Any]
"""Returns links to terms of ours for those that the publisher has at a pointer."""


class Shaper:
    """Shapes the objects of one source."""

    def __init__(self, source: Source, attributes: Attributes) -> None:
        self._source = source
        self._attributes = attributes

    def whole(self, message: str, value: Mapping[str, Any], id_: UUID, pointer: str) -> dict[str, Any]:
        """Return the object of the HSDS type `message` under the id `id_`."""
        descriptor = hsds_pb2.DESCRIPTOR.message_types_by_name[message]
        return self._shaped(descriptor, value, id_, pointer, part=False)

    def _shaped(
        self, descriptor: Descriptor, value: Mapping[str, Any], id_: UUID, pointer: str, *, part: bool
    ) -> dict[str, Any]:
        made: dict[str, Any] = {"id": str(id_)}
        known = fields(descriptor)
        for name, given in value.items():
            field = known.get(name)
            # Absent, null and empty are one.
            empty = given is None or given in ("", [], {})
            if empty or name in _LEFT_OUT or (part and name in _BACK):
                continue
            place = f"{pointer}/{name}"
            if field is None:
                # For the rules to tell of.
                made[name] = given
            elif name == "attributes":
                made[name] = self._attributes(given, place)
            elif field.message is not None:
                made[name] = self._inner(field, field.message, given, id_, place)
            else:
                made[name] = self._scalar(field, name, given)
        return made

    def _inner(self, field: Field, inner: Descriptor, given: Any, parent: UUID, place: str) -> Any:
        if not field.repeated:
            return self._part(inner, given, uuid5(parent, inner.name), place)
        if not isinstance(given, list):
            return given
        made, known = [], set()
        for index, item in enumerate(given):
            # Bound to its parent: publishers number the parts of each object anew. By its place in the list if it has
            # no id, or one that another has.
            own = item.get("id") if isinstance(item, dict) else None
            name = (
                f"{inner.name}/{own}" if isinstance(own, str | int) and own != "" else f"{inner.name} {index}"
            )
            id_ = uuid5(parent, f"{inner.name} {index}" if name in known else name)
            known.add(name)
            made.append(self._part(inner, item, id_, f"{place}/{index}"))
        return made

    def _part(self, inner: Descriptor, given: Any, id_: UUID, place: str) -> Any:
        return self._shaped(inner, given, id_, place, part=True) if isinstance(given, dict) else given

    def _scalar(self, field: Field, name: str, given: Any) -> Any:
        if isinstance(given, bool) or field.repeated:
            return given
        if field.descriptor.type in _NUMBERS:
            return _number(given)
        if field.is_id and isinstance(given, str | int):
            kind = name.removesuffix("_id").removeprefix("parent_")
            return str(self._source.entry_id(kind, str(given)))
        # A number where the standard wants text, such as a telephone number.
        return str(given) if isinstance(given, int | float) else given


def _number(given: Any) -> Any:
    if not isinstance(given, str) or len(given) > _LONGEST_NUMBER:
        return given
    try:
        return float(given)
    except ValueError:
        return given
