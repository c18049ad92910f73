"""Quality as the contract shows it. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kith.directory.v1 import duplicate_pb2, quality_pb2
from services.directory.editing.entry import Entry
from services.directory.quality.duplicate_store import Duplicate, Merger
from services.directory.quality.policy import Part
from services.directory.quality.review import Hold
from services.directory.quality.review_store import Confirmation, ListedReview
from services.directory.quality.store import Figures, StoredFinding


def confirmation(one: Confirmation) -> quality_pb2.Confirmation:
    """Return the message of a confirmation."""
    return quality_pb2.Confirmation(
        entry_id=str(one.entry_id),
        revision=one.revision,
        confirm_time=_time(one.confirm_time),
        confirmer=one.confirmer,
        confirmer_organisation_id=_id(one.confirmer_organisation_id),
    )


def review(one: ListedReview) -> quality_pb2.Review:
    """Return the message of a review."""
    return quality_pb2.Review(
        entry_id=str(one.entry_id),
        kind=one.kind,  # type: ignore[arg-type] # a number of the enum
        organisation_id=_id(one.organisation_id),
        display_name=one.display_name,
        state=one.state,  # type: ignore[arg-type] # a number of the enum
        due_date=_day(one.due_date),
        assured_time=_time(one.assured_time),
        revision=one.revision,
        completeness=one.completeness,
        finding_count=one.finding_count,
    )


def finding(one: StoredFinding) -> quality_pb2.Finding:
    """Return the message of a finding."""
    return quality_pb2.Finding(
        entry_id=str(one.entry_id),
        display_name=one.display_name,
        kind=one.finding.kind.value,  # type: ignore[arg-type] # a number of the enum
        severity=one.finding.severity.value,  # type: ignore[arg-type] # a number of the enum
        pointer=one.finding.pointer,
        sentence=one.finding.sentence,
        find_time=_time(one.find_time),
    )


def missing(parts: Sequence[Part], codes: Sequence[str]) -> list[quality_pb2.MissingPart]:
    """Return the messages of missing parts; those the policy no longer knows are left out."""
    known = {part.code: part for part in parts}
    return [
        quality_pb2.MissingPart(code=code, weight=known[code].weight, advice=known[code].advice)
        for code in codes
        if code in known
    ]


def figures(one: Figures) -> quality_pb2.QualityFigures:
    """Return the message of figures."""
    return quality_pb2.QualityFigures(
        date=_day(one.day),
        entry_count=one.entries,
        assured_count=one.assured,
        marked_count=one.marked,
        hidden_count=one.hidden,
        mean_completeness=one.mean_completeness,
        completeness_quarters=one.quarters,
        findings=[
            quality_pb2.FindingCount(kind=kind, count=count)  # type: ignore[arg-type] # a number of the enum
            for kind, count in zip(one.finding_kinds, one.finding_counts, strict=True)
        ],
    )


def hiding(hold: Hold, since: datetime | None, waiting: int, public: int) -> quality_pb2.HidingState:
    """Return the message of the state of hiding."""
    return quality_pb2.HidingState(
        held=hold.held,
        hold_time=_time(since),
        waiting_count=waiting,
        public_count=public,
        allowed_count=hold.allowed,
    )


def duplicate(
    one: Duplicate, entries: Mapping[UUID, Entry], names: Mapping[UUID, str]
) -> duplicate_pb2.Duplicate:
    """Return the message of a pair, with both entries."""
    both = [entries[entry_id] for entry_id in (one.first_entry_id, one.second_entry_id)]
    return duplicate_pb2.Duplicate(
        id=str(one.id),
        kind=one.kind,  # type: ignore[arg-type] # a number of the enum
        entries=[
            duplicate_pb2.DuplicateEntry(
                entry_id=str(entry.id),
                display_name=names.get(entry.id, ""),
                organisation_id=_id(entry.organisation_id),
                source_id=_id(entry.source_id),
                revision=entry.published_revision or 0,
            )
            for entry in both
        ],
        state=one.state,  # type: ignore[arg-type] # a number of the enum
        score=one.score,
        reasons=[
            duplicate_pb2.DuplicateReason(part=reason.part, points=reason.points, sentence=reason.sentence)
            for reason in one.reasons
        ],
        propose_time=_time(one.propose_time),
        decider=one.decider or "",
        decide_time=_time(one.decide_time),
    )


def differing(pointer: str, values: Sequence[Any]) -> duplicate_pb2.DifferingPart:
    """Return the message of a part in which two differ; None says nothing there."""
    said = ["" if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return duplicate_pb2.DifferingPart(pointer=pointer, values=said)


def merger(one: Merger) -> duplicate_pb2.Merger:
    """Return the message of a merger."""
    return duplicate_pb2.Merger(
        id=str(one.id),
        surviving_entry_id=str(one.surviving_entry_id),
        merged_entry_id=str(one.merged_entry_id),
        revision=one.revision,
        merge_time=_time(one.merge_time),
        undo_time=_time(one.undo_time),
    )


def _time(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message


def _day(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


def _id(one: UUID | None) -> str:
    return "" if one is None else str(one)
