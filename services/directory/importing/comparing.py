"""The second step of a run: each record beside what is here, and what the run did not meet. Then editors may look."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from kith.directory.v1.entry_pb2 import (
    ENTRY_KIND_LOCATION,
    ENTRY_KIND_ORGANIZATION,
    ENTRY_KIND_SERVICE,
    Entry,
)
from kith.directory.v1.import_run_pb2 import ImportRecord, ImportRun
from services.directory.importing import merging, run_store, staging_store
from services.directory.importing.run import Run, loss_is_great
from services.directory.importing.source import Problem, Source
from services.directory.importing.staging_store import Verdict
from services.directory.importing.work import Work, require, settle
from services.directory.openreferral import confidentiality
from services.directory.openreferral.reading import read

IN_ORDER: Final = (ENTRY_KIND_ORGANIZATION, ENTRY_KIND_LOCATION, ENTRY_KIND_SERVICE)
"""A service after what it needs."""
_AT_ONCE: Final = 500
_NAMES_AT_ONCE: Final = 5000
_MOST_CHANGES: Final = 50


async def compare(work: Work, run: Run, source: Source) -> None:
    """Compare all records; then the run is IN_REVIEW, or COMPLETED if there is nothing to decide. Raises RunStopped."""
    connection = work.connection
    day = work.clock().date()
    for kind in IN_ORDER:
        while rows := await staging_store.waiting(connection, run.id, kind, _AT_ONCE):
            needed = {need for row in rows for need in row["needs"]}
            present = await staging_store.present(connection, run.id, needed) if needed else set()
            organizations = [row["id"] for row in rows] if kind == ENTRY_KIND_ORGANIZATION else []
            opened = (
                await staging_store.in_the_open(connection, run.id, organizations) if organizations else set()
            )
            seen = [{**row, "in_the_open": row["id"] in opened} for row in rows]
            verdicts = await asyncio.to_thread(_verdicts, seen, present, source.id, day)
            async with connection.transaction():
                await require(connection, run.id, ImportRun.STATE_COMPARING)
                await staging_store.save_verdicts(connection, run.id, verdicts)
    after: UUID | None = UUID(int=0)
    while after is not None:
        after = await staging_store.hint_at_duplicates(connection, run.id, after, _NAMES_AT_ONCE)
    if run.scope == ImportRun.SCOPE_FULL:
        await _look_for_vanished(work, run, source)
    await settle(work, run.id, ImportRun.STATE_COMPARING)


async def _look_for_vanished(work: Work, run: Run, source: Source) -> None:
    connection = work.connection
    async with connection.transaction():
        await require(connection, run.id, ImportRun.STATE_COMPARING)
        await staging_store.mark_vanished(connection, run.id, source.id)
        vanished = await staging_store.vanished_among(connection, run.id, [])
        known = await staging_store.known_services(connection, source.id)
        held = loss_is_great(vanished, known, source.loss_limit_percent)
        await run_store.hold_loss(connection, run.id, held=held)


def _verdicts(
    rows: Sequence[Mapping[str, Any]], present: set[UUID], source_id: UUID, day: date
) -> list[Verdict]:
    return [verdict(row, present, source_id, day) for row in rows]


def verdict(row: Mapping[str, Any], present: set[UUID], source_id: UUID, day: date) -> Verdict:
    """Return what a staged record is beside what is here; `present`: those of the entries it needs that are there.

    `in_the_open` in the row: whether an organization has a service that is not confidential.
    """
    kind, sent = row["kind"], json.loads(row["document"])
    problems: list[dict[str, Any]] = json.loads(row["problems"])
    here = json.loads(row["here"]) if row["here"] is not None else None
    if any(need not in present for need in row["needs"]):
        return _invalid(row, problems, [Problem("", "needs_what_cannot_be_taken_in")])
    if row["state"] == Entry.STATE_WITHDRAWN:
        problems.append(asdict(Problem("", "withdrawn_here", fatal=False)))
        return Verdict(
            row["id"], ImportRecord.OUTCOME_UNCHANGED, None, problems, [], False, row["confidential"]
        )
    if here is None:
        return Verdict(row["id"], ImportRecord.OUTCOME_NEW, sent, problems, [], False, row["confidential"])
    if kind == ENTRY_KIND_ORGANIZATION:
        if row["confidential"] and row["in_the_open"]:
            # It came with a refuge alone this time, cleaned: what is here of it says more.
            return Verdict(row["id"], ImportRecord.OUTCOME_UNCHANGED, None, problems, [], False, False)
        confidential = not row["in_the_open"]
    else:
        confidential = row["confidential"] or confidentiality.is_confidential(kind, here)
    if confidential:
        sent, _ = confidentiality.without(sent)
    merged = merging.merge(sent, here, json.loads(row["provenance"]), source_id, day)
    conflicting = any(change.conflict for change in merged.changes)
    if conflicting and (faults := read(kind, merged.document, row["id"]).faults):
        return _invalid(
            row, problems, [Problem(fault.pointer, f"with_local_edit_{fault.rule}") for fault in faults]
        )
    if merged.changes and row["latest_revision"] > row["published_revision"]:
        problems.append(asdict(Problem("", "draft_waits_here", fatal=False)))
    same = not merged.changes
    outcome = ImportRecord.OUTCOME_UNCHANGED if same else ImportRecord.OUTCOME_CHANGED
    if row["vanished_time"] is not None:
        outcome = ImportRecord.OUTCOME_RETURNED
    shown_before = confidentiality.without(here)[0] if confidential else here
    changes = [
        {
            "field": change.field,
            "before": merging.shown(merging.member(shown_before, change.field)),
            "after": merging.shown(change.after),
            "conflict": change.conflict,
        }
        for change in merged.changes[:_MOST_CHANGES]
    ]
    document = None if outcome == ImportRecord.OUTCOME_UNCHANGED else sent
    return Verdict(row["id"], outcome, document, problems, changes, conflicting, confidential, same)


def _invalid(row: Mapping[str, Any], problems: list[dict[str, Any]], more: Sequence[Problem]) -> Verdict:
    told = [*map(asdict, more), *problems]
    return Verdict(row["id"], ImportRecord.OUTCOME_INVALID, None, told, [], False, row["confidential"])
