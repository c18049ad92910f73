"""Two documents made one: parts chosen from each, and where every part comes from (issue 7, no. 4). Pure."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

Document = Mapping[str, Any]
Provenance = Mapping[str, Mapping[str, str]]

# What an entry is, whose it is and when it was checked is its own.
_OWN: Final = frozenset(
    {"id", "organization_id", "status", "assured_date", "assurer_email", "last_modified", "metadata"}
)
# Of Kith's own facts those that fix who may see the entry are its own too.
_OWN_FACTS: Final = frozenset({"kind", "confidential"})
_KITH: Final = "kith"
# What a part is called, and whose it is: made anew where the part is taken to, since two are never called the same.
_OF_A_PART: Final = frozenset(
    {"id", "service_id", "organization_id", "service_at_location_id", "contact_id", "link_id"}
)


class NotDiffering(Exception):
    """A pointer names no part in which the two differ."""

    def __init__(self, pointer: str) -> None:
        super().__init__("not a differing part")
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its document with where its parts come from, and whose word it is where that does not say."""

    document: Document
    provenance: Provenance
    source: str
    since: date


def differing(one: Document, other: Document) -> Iterator[tuple[str, Any, Any]]:
    """Give the parts in which two documents differ and between which one may choose: pointer and both values."""
    for name in sorted({*one, *other} - _OWN - {_KITH}):
        if _plain(one.get(name)) != _plain(other.get(name)):
            yield f"/{name}", one.get(name), other.get(name)
    facts, others = one.get(_KITH) or {}, other.get(_KITH) or {}
    for name in sorted({*facts, *others} - _OWN_FACTS):
        if facts.get(name) != others.get(name):
            yield f"/{_KITH}/{name}", facts.get(name), others.get(name)


def merged(surviving: Side, other: Side, taken: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the surviving document with the taken parts of the other, and the provenance of it all.

    Raises NotDiffering for a pointer that `differing` does not give.
    """
    choices = {pointer: value for pointer, _, value in differing(surviving.document, other.document)}
    document: dict[str, Any] = json.loads(json.dumps(surviving.document))
    provenance: dict[str, Any] = {
        pointer: dict(said)
        for pointer, said in surviving.provenance.items()
        if not any(_within(pointer, one) for one in taken)
    }
    provenance.setdefault("", _said(surviving, ""))
    for pointer in taken:
        if pointer not in choices:
            raise NotDiffering(pointer)
        *path, name = pointer.removeprefix("/").split("/")
        holder = document.setdefault(path[0], {}) if path else document
        if choices[pointer] is None:
            holder.pop(name, None)
        else:
            holder[name] = _plain(choices[pointer])
        provenance[pointer] = _said(other, pointer)
        provenance |= {
            inner: dict(said) for inner, said in other.provenance.items() if _within(inner, pointer)
        }
    return document, provenance


def _said(side: Side, pointer: str) -> dict[str, str]:
    """Return where a part comes from, by the nearest pointer around it."""
    at = pointer
    while at not in side.provenance and at:
        at = at.rpartition("/")[0]
    known = side.provenance.get(at)
    return dict(known) if known is not None else {"source": side.source, "date": side.since.isoformat()}


def _within(pointer: str, around: str) -> bool:
    return pointer == around or pointer.startswith(f"{around}/")


def _plain(value: Any) -> Any:
    """Return what a part says, without what it is called and whose it is."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items() if name not in _OF_A_PART}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
