"""What a publisher sent on its way into staging: cleaned of what nobody may learn, then judged by the rules. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from kith.directory.v1.entry_pb2 import ENTRY_KIND_ORGANIZATION, ENTRY_KIND_SERVICE
from kith.directory.v1.import_run_pb2 import ImportRecord
from services.directory.importing.source import Problem, Record, Source
from services.directory.importing.untangle import Untangled, untangle
from services.directory.openreferral import confidentiality
from services.directory.openreferral.reading import read

MOST_PROBLEMS: Final = 50
_LONGEST_POINTER: Final = 200
_NO_DIGEST: Final = b""
_OUTRANKS: Final = 1 << 40
_ANYWHERE: Final = ""


@dataclass(slots=True)
class Staged:
    """A record ready to be stored; `digest` is that of what came, with our ids and terms, without what is hidden."""

    record: Record
    digest: bytes
    weight: int
    needs: tuple[UUID, ...]
    outcome: ImportRecord.Outcome = ImportRecord.OUTCOME_UNSPECIFIED


@dataclass(slots=True)
class Batch:
    """A page of records, each once, and the terms that nobody has mapped."""

    staged: dict[UUID, Staged] = field(default_factory=dict)
    unknown_terms: Counter[tuple[str, str]] = field(default_factory=Counter)


def prepare(items: Iterable[object], source: Source, position: str) -> Batch:
    """Take items apart and clean them, `position` naming the page. Of copies of one thing the fullest stays."""
    batch = Batch()
    for number, item in enumerate(items):
        add(batch, untangle(item, source, f"{position}.{number}"))
    return batch


def add(batch: Batch, found: Untangled) -> None:
    """Add what came of one item."""
    batch.unknown_terms += found.unknown_terms
    for record in found.records:
        staged = _staged(record)
        known = batch.staged.get(record.id)
        if known is None:
            batch.staged[record.id] = staged
            continue
        if known.digest == staged.digest:
            continue
        first, second = sorted((known, staged), key=lambda one: (one.weight, one.digest))
        if record.kind == ENTRY_KIND_SERVICE:
            second.record.problems.append(Problem(_ANYWHERE, "duplicate_id", fatal=False))
        if record.kind != ENTRY_KIND_ORGANIZATION:
            second.record.confidential |= first.record.confidential
        batch.staged[record.id] = second


def judge(staged: Staged, known_digest: bytes | None) -> None:
    """Judge what differs from what was taken from here last: it is INVALID, or waits to be compared.

    What does not differ is UNCHANGED and goes no further; its document is let go.
    """
    record = staged.record
    if record.document is None:
        staged.outcome = ImportRecord.OUTCOME_INVALID
    elif known_digest == staged.digest:
        staged.outcome = ImportRecord.OUTCOME_UNCHANGED
        record.document = None
    else:
        reading = read(record.kind, record.document, record.id)
        record.problems += [Problem(_pointer(record, fault.pointer), fault.rule) for fault in reading.faults]
        record.problems += [
            Problem(_pointer(record, pointer), "unknown_field", fatal=False) for pointer in reading.dropped
        ]
        record.document = reading.document
    if any(problem.fatal for problem in record.problems):
        staged.outcome = ImportRecord.OUTCOME_INVALID
        record.document = None
    # The fatal ones are what an editor has to know.
    record.problems = sorted(record.problems, key=lambda problem: not problem.fatal)[:MOST_PROBLEMS]


def digest(document: Mapping[str, Any]) -> tuple[bytes, int]:
    """Return the digest of a document and its length as text."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return blake2b(text, digest_size=16).digest(), len(text)


def _staged(record: Record) -> Staged:
    if record.document is None:
        return Staged(record, _NO_DIGEST, 0, ())
    if record.confidential:
        record.document, gone = confidentiality.without(record.document)
        record.publisher_id = confidentiality.hidden(record.publisher_id)
        record.display_name = confidentiality.hidden(record.display_name)
        record.problems = [
            Problem(confidentiality.hidden(problem.field), problem.reason, fatal=problem.fatal)
            for problem in record.problems
        ]
        record.problems += [
            Problem(_pointer(record, pointer), "place_left_out", fatal=False) for pointer in gone
        ]
        if record.kind == ENTRY_KIND_ORGANIZATION:
            # Nothing to hide is the same as what comes with a service in the open.
            record.confidential = bool(gone)
    found, length = digest(record.document)
    # A place is hidden if one of its services is, an organization only if all are.
    counts = record.confidential != (record.kind == ENTRY_KIND_ORGANIZATION)
    weight = length + (_OUTRANKS if counts else 0)
    return Staged(record, found, weight, _needs(record))


def _needs(record: Record) -> tuple[UUID, ...]:
    """Return the entries that the document names and that come with it or are here: organisation and locations."""
    if record.kind != ENTRY_KIND_SERVICE or record.document is None:
        return ()
    named = [record.document.get("organization_id")]
    named += [place["location_id"] for place in record.document.get("service_at_locations", ())]
    return tuple(dict.fromkeys(UUID(name) for name in named if name))


def _pointer(record: Record, pointer: str) -> str:
    """Return a pointer for the report: a key of a publisher's may be any text."""
    cut = pointer[:_LONGEST_POINTER]
    return confidentiality.hidden(cut) if record.confidential else cut
