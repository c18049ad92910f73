"""A record beside what is here: what it would change, and which of it somebody here has edited since. Pure.

A field is a member of the document, or of `kith` inside it. What an organisation here wrote of it outranks what the
publisher sends; the editor is shown both.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.directory.openreferral import confidentiality

Document = dict[str, Any]
_KITH: Final = "kith"
_SHOWN: Final = 500
# Names the document; what is in the parts says the rest.
_NOT_COMPARED: Final = frozenset({"/id"})


@dataclass(frozen=True, slots=True)
class Change:
    """A field (JSON pointer) that is to change; `conflict`: somebody here has edited it. None stands for nothing."""

    field: str
    before: Any
    after: Any
    conflict: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """The document as it is to be, where its parts come from, and what that changes."""

    document: Document
    provenance: dict[str, dict[str, str]]
    changes: tuple[Change, ...]


def merge(
    sent: Document,
    here: Document,
    provenance: Mapping[str, Mapping[str, str]],
    source_id: UUID,
    day: date,
    *,
    take_published: bool = False,
) -> Merged:
    """Return `here` with what the source sent.

    A field that another than the source wrote, by its provenance, stays; unless `take_published`, or it is the same.
    What is confidential here stays so whatever is sent: a publisher leaves out the refuge that shares a place, or calls
    it otherwise. Only an editor ends it, by an edit.
    """
    if confidentiality.hides(here.get(_KITH, {})) and not confidentiality.hides(sent.get(_KITH, {})):
        sent = {**sent, _KITH: {**sent.get(_KITH, {}), "confidential": True}}
    theirs, ours = dict(_fields(sent)), dict(_fields(here))
    changes, result = [], dict(ours)
    kept = {pointer: dict(origin) for pointer, origin in provenance.items()}
    for field in dict.fromkeys((*ours, *theirs)):
        before, after = ours.get(field), theirs.get(field)
        if before == after or field in _NOT_COMPARED:
            continue
        local = _local(field, provenance, source_id)
        if local and after is None and field not in theirs:
            # The publisher never had it: nothing meets.
            continue
        changes.append(Change(field, before, after, local))
        if local and not take_published:
            continue
        if after is None:
            del result[field]
        else:
            result[field] = after
        kept = {pointer: origin for pointer, origin in kept.items() if not pointer.startswith(f"{field}/")}
        kept[field] = {"source": str(source_id), "date": day.isoformat()}
    return Merged(_document(result, {**here, **sent}), kept, tuple(changes))


def origin(source_id: UUID, day: date) -> dict[str, dict[str, str]]:
    """Return the provenance of a document that comes from the source alone."""
    return {"": {"source": str(source_id), "date": day.isoformat()}}


def member(document: Document, field: str) -> Any:
    """Return what a document has as a field; None for nothing."""
    return dict(_fields(document)).get(field)


def shown(value: Any) -> str:
    """Return a value as JSON for a report, cut off where it is long; empty for nothing."""
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)[:_SHOWN]


def _fields(document: Document) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if name == _KITH and isinstance(value, dict):
            for inner, fact in value.items():
                yield f"/{_KITH}/{inner}", fact
        else:
            yield f"/{name}", value


def _document(fields: Mapping[str, Any], order: Mapping[str, Any]) -> Document:
    """Return the document that has these fields, in the order of another."""
    made: Document = {}
    for name in order:
        if name == _KITH:
            prefix = f"/{_KITH}/"
            made[_KITH] = {
                field.removeprefix(prefix): value
                for field, value in fields.items()
                if field.startswith(prefix)
            }
        elif f"/{name}" in fields:
            made[name] = fields[f"/{name}"]
    return made


def _local(field: str, provenance: Mapping[str, Mapping[str, str]], source_id: UUID) -> bool:
    """Whether another than the source wrote the field or a part of it: as said of parts, else of what it is part of."""
    parts = [origin for pointer, origin in provenance.items() if pointer.startswith(f"{field}/")]
    pointer = field
    while pointer not in provenance and pointer:
        pointer = pointer.rpartition("/")[0]
    around = [provenance[pointer]] if pointer in provenance else []
    return any(origin.get("source") != str(source_id) for origin in (*parts, *around))
