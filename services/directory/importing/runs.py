"""How runs begin and end: by hand, by schedule, or because there is nothing to decide."""

from datetime import datetime
from uuid import UUID, uuid4

from kith.directory.v1.import_run_pb2 import ImportRun
from services.chassis.database import Connection
from services.directory.importing import run_store
from services.directory.importing.refusals import ImportUnderWay
from services.directory.importing.run import WAITING, Approval, Run
from services.directory.importing.source import Source


async def begin(
    connection: Connection,
    source: Source,
    scope: ImportRun.Scope,
    state: ImportRun.State,
    now: datetime,
    uploader: str | None = None,
) -> Run:
    """Insert a run of a source that is locked. One that waits for somebody is superseded. Raises ImportUnderWay.

    Without a scope it asks for changes, or for everything where that is due.
    """
    known = await run_store.open_run(connection, source.id)
    if known is not None:
        if known.state not in WAITING:
            raise ImportUnderWay(known.id)
        await run_store.end(connection, known.id, ImportRun.STATE_SUPERSEDED, now)
    if scope == ImportRun.SCOPE_UNSPECIFIED:
        scope = ImportRun.SCOPE_FULL if source.full_due(now) else ImportRun.SCOPE_CHANGES
    changes = scope == ImportRun.SCOPE_CHANGES and source.modified_after is not None
    run = Run(
        id=uuid4(),
        source_id=source.id,
        scope=scope if changes else ImportRun.SCOPE_FULL,
        state=state,
        failure=ImportRun.FAILURE_UNSPECIFIED,
        failure_row=0,
        modified_after=source.modified_after if changes else None,
        page_count=0,
        row_count=0,
        byte_count=0,
        loss_held=False,
        uploader=uploader,
        reviewer=None,
        approval=Approval.CHOSEN,
        take_published=False,
        create_time=now,
        start_time=None,
        end_time=None,
    )
    await run_store.add_run(connection, run)
    return run


async def begin_due(connection: Connection, source_id: UUID, now: datetime) -> None:
    """Begin the run of a source whose time has come, and set the time of the next; nothing if another replica did."""
    source = await run_store.source(connection, source_id, lock=True)
    if source is None or source.paused or source.next_run_time is None or source.next_run_time > now:
        return
    await run_store.schedule(connection, source.id, source.after_run(now))
    known = await run_store.open_run(connection, source.id)
    if known is None or known.state == ImportRun.STATE_IN_REVIEW:
        await begin(connection, source, ImportRun.SCOPE_UNSPECIFIED, ImportRun.STATE_QUEUED, now)
