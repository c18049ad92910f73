"""Documents read: JSON from a feed and messages of our own RPCs, through the same rules. Pure.

A document is HSDS JSON with Kith's own facts in `kith`. What is stored went through `read` without a fault.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from google.protobuf.descriptor import Descriptor

from kith.directory.v1 import entry_pb2
from kith.hsds.v1 import hsds_pb2
from services.directory.openreferral import rules
from services.directory.openreferral.faults import Fault, step
from services.directory.openreferral.shape import Shaper, fields

KITH: Final = "kith"
"""Where a document has Kith's own facts: those of `ServiceFacts` or `LocationFacts`."""

_HSDS: Final = hsds_pb2.DESCRIPTOR.message_types_by_name
_ENTRY: Final = entry_pb2.DESCRIPTOR.message_types_by_name

OBJECTS: Final[Mapping[int, Descriptor]] = {
    entry_pb2.ENTRY_KIND_ORGANIZATION: _HSDS["Organization"],
    entry_pb2.ENTRY_KIND_SERVICE: _HSDS["Service"],
    entry_pb2.ENTRY_KIND_LOCATION: _HSDS["Location"],
    entry_pb2.ENTRY_KIND_TAXONOMY: _HSDS["Taxonomy"],
    entry_pb2.ENTRY_KIND_TAXONOMY_TERM: _HSDS["TaxonomyTerm"],
}
"""The message of kith.hsds.v1 that each kind of entry is."""

FACTS: Final[Mapping[int, Descriptor]] = {
    entry_pb2.ENTRY_KIND_SERVICE: _ENTRY["ServiceFacts"],
    entry_pb2.ENTRY_KIND_LOCATION: _ENTRY["LocationFacts"],
}
"""The message of Kith's own facts, for the kinds that have them."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A document in its standard form, to be stored only if there are no faults.

    `dropped` are the JSON pointers of what HSDS does not have, or what has an entry of its own and no id.
    """

    document: Document
    faults: tuple[Fault, ...]
    dropped: tuple[str, ...]


def read(kind: int, value: Mapping[str, Any], entry_id: UUID) -> Reading:
    """Read a document of the entry. It need not say its own id; a wrong one is a fault.

    Parts without an id get one that stays the same as long as the part does.
    """
    shaper = Shaper()
    facts = value.get(KITH)
    document = shaper.message(OBJECTS[kind], {k: v for k, v in value.items() if k != KITH}, "")
    faults = shaper.faults
    if document.setdefault("id", str(entry_id)) != str(entry_id):
        faults.append(Fault("/id", "id", "is not the id of the entry"))
    if kind in FACTS:
        shaped = shaper.message(FACTS[kind], facts or {}, step("", KITH))
        faults += _judge_facts(kind, shaped)
        document[KITH] = shaped
    elif facts:
        faults.append(Fault(step("", KITH), "value", "is only for services and locations"))
    for message, part, pointer in parts(OBJECTS[kind], document, ""):
        faults += rules.judge(message.name, part, pointer)
        faults += _judge_ids(message, part, pointer)
    _give_ids(kind, document, entry_id)
    faults += _judge_unique(kind, document)
    return Reading(document, tuple(faults), tuple(shaper.dropped))


def parts(message: Descriptor, value: Document, pointer: str) -> Iterator[tuple[Descriptor, Document, str]]:
    """Give an object and every object inside it, each with its message and its JSON pointer."""
    yield message, value, pointer
    for name, field in fields(message).items():
        inner = value.get(name)
        if field.message is None or inner is None:
            continue
        at = step(pointer, name)
        if not field.repeated:
            yield from parts(field.message, inner, at)
            continue
        for number, one in enumerate(inner):
            yield from parts(field.message, one, step(at, number))


def _judge_facts(kind: int, facts: Document) -> Iterator[Fault]:
    at = step("", KITH)
    if kind == entry_pb2.ENTRY_KIND_SERVICE and facts.get("kind", "KIND_UNSPECIFIED") == "KIND_UNSPECIFIED":
        yield Fault(step(at, "kind"), "required", "is required")
    levels = facts.get("threshold_levels", [])
    if len(set(levels)) != len(levels) or not all(1 <= level <= _MOST_LEVEL for level in levels):
        yield Fault(
            step(at, "threshold_levels"), "value", f"must be different levels from 1 to {_MOST_LEVEL}"
        )
    yield from rules.judge("ServiceFacts", facts, at)
    yield from rules.judge("AdviceContact", facts.get("advice_contact", {}), step(at, "advice_contact"))


def _judge_ids(message: Descriptor, part: Document, pointer: str) -> Iterator[Fault]:
    for name, field in fields(message).items():
        if field.is_id and name in part and not rules.is_id(part[name]):
            yield Fault(step(pointer, name), "id", "must be a UUID")


def _judge_unique(kind: int, document: Document) -> Iterator[Fault]:
    seen: set[str] = set()
    for _, part, pointer in parts(OBJECTS[kind], document, ""):
        if part["id"] in seen:
            yield Fault(step(pointer, "id"), "id", "stands for something else in this document")
        seen.add(part["id"])


def _give_ids(kind: int, document: Document, entry_id: UUID) -> None:
    """Name each part by what it says, so that a second reading of the same document gives the same ids."""
    alike: Counter[str] = Counter()
    # From the inside out: what a part says includes the ids of its own parts.
    for message, part, _ in reversed(list(parts(OBJECTS[kind], document, ""))):
        if "id" not in part:
            says = f"{message.name} {json.dumps(part, sort_keys=True)}"
            alike[says] += 1
            part["id"] = str(uuid5(entry_id, f"{says} {alike[says]}"))


_MOST_LEVEL: Final = 9
