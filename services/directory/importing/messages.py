"""Sources, runs and records as the contract shows them. Pure."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from kith.directory.v1 import import_run_pb2 as pb
from services.directory.importing.run import OPEN, Run
from services.directory.importing.source import Source


def source(one: Source) -> pb.ImportSource:
    """Return the source's message."""
    return pb.ImportSource(
        id=str(one.id),
        kind=one.kind,
        display_name=one.display_name,
        organisation_id=str(one.organisation_id),
        base_url=one.base_url,
        allowed_hosts=one.allowed_hosts,
        licence=one.licence,
        attribution=one.attribution,
        interval_hours=one.interval_hours,
        full_interval_hours=one.full_interval_hours,
        loss_limit_percent=one.loss_limit_percent,
        default_service_kind=one.default_kind,
        term_mappings=[
            pb.TermMapping(
                taxonomy=term.taxonomy,
                term=term.term,
                taxonomy_term_id=str(term.taxonomy_term_id) if term.taxonomy_term_id else "",
                service_kind=term.kind,
            )
            for term in one.terms
        ],
        column_mappings=[
            pb.ColumnMapping(heading=heading, field=field) for heading, field in one.columns.items()
        ],
        paused=one.paused,
        next_run_time=None if one.paused else _time(one.next_run_time),
        full_run_time=_time(one.full_run_time),
        update_time=_time(one.update_time),
    )


def run(one: Run, counted: Iterable[Any] | None = None) -> pb.ImportRun:
    """Return the run's message, with counts of its records if they were counted."""
    return pb.ImportRun(
        id=str(one.id),
        source_id=str(one.source_id),
        scope=one.scope,
        state=one.state,
        failure=one.failure,
        failure_row=one.failure_row,
        page_count=one.page_count,
        byte_count=one.byte_count,
        counts=None if counted is None else _counts(counted, waits=one.state in OPEN),
        loss_held=one.loss_held,
        create_time=_time(one.create_time),
        start_time=_time(one.start_time),
        end_time=_time(one.end_time),
    )


def record(row: Mapping[str, Any], of: Run) -> pb.ImportRecord:
    """Return the message of a record of a run; what a rejected run left is rejected."""
    undecided = row["decision"] == pb.ImportRecord.DECISION_UNDECIDED
    rejected = undecided and of.state == pb.ImportRun.STATE_REJECTED
    return pb.ImportRecord(
        id=str(row["id"]),
        kind=row["kind"],
        publisher_id=row["publisher_id"],
        display_name=row["display_name"],
        outcome=row["outcome"],
        decision=pb.ImportRecord.DECISION_REJECTED if rejected else row["decision"],
        problems=[pb.ImportRecord.Problem(**one) for one in json.loads(row["problems"])],
        changes=[pb.ImportRecord.Change(**one) for one in json.loads(row["changes"])],
        duplicate_ids=map(str, row["duplicate_ids"]),
        confidential=row["confidential"],
    )


_COUNTED = {
    pb.ImportRecord.OUTCOME_UNSPECIFIED: "waiting",
    pb.ImportRecord.OUTCOME_NEW: "new",
    pb.ImportRecord.OUTCOME_CHANGED: "changed",
    pb.ImportRecord.OUTCOME_UNCHANGED: "unchanged",
    pb.ImportRecord.OUTCOME_INVALID: "invalid",
    pb.ImportRecord.OUTCOME_VANISHED: "vanished",
    pb.ImportRecord.OUTCOME_RETURNED: "returned",
}


def _counts(rows: Iterable[Any], *, waits: bool) -> pb.ImportRun.Counts:
    counts = pb.ImportRun.Counts()
    for row in rows:
        number = row["number"]
        name = _COUNTED[row["outcome"]]
        setattr(counts, name, getattr(counts, name) + number)
        counts.conflicting += number * row["conflicting"]
        counts.duplicate += number * row["duplicate"]
        counts.undecided += number * (waits and row["decision"] == pb.ImportRecord.DECISION_UNDECIDED)
    return counts


def _time(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
