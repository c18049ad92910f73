"""`ImportService`: from the contract to sources and runs and back, nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import grpc

from kith.directory.v1 import import_run_pb2
from kith.directory.v1 import import_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Service as ServiceMessage
from kith.directory.v1.import_run_pb2 import ImportRun, ImportSource
from kith.directory.v1.import_service_pb2_grpc import ImportServiceServicer
from services.chassis import access
from services.chassis.caller import Kind
from services.chassis.database import Connection, Database
from services.chassis.errors import PermissionDenied
from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens
from services.chassis.writes import Writes
from services.directory import store
from services.directory.importing import (
    messages,
    raw,
    refusals,
    request_rules,
    run_store,
    runs,
    staging_store,
)
from services.directory.importing.run import OPEN, Approval, Run
from services.directory.importing.source import Source
from services.directory.page import Page
from services.directory.refusals import OrganisationNotFound, OwnSubmission

Context = grpc.aio.ServicerContext[Any, Any]

MOST_CSV_BYTES: Final = 100 * 1024 * 1024
_FULL_HOURS: Final = 168
_LOSS_PERCENT: Final = 20


class ImportService(ImportServiceServicer):
    """Answers for imports. Who may ask is decided before, by the rule beside each method."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        """`wake` is called after each commit that may have given the runner something to do."""
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._wake = wake
        self._writes = Writes(database, keyring, wake)
        self._page_tokens = PageTokens(keyring)

    async def CreateSource(self, request: pb.CreateSourceRequest, _: Context) -> pb.CreateSourceResponse:
        """Create a source. Raises OrganisationNotFound, InvalidArgument."""
        hosts = request_rules.hosts(request.kind, request.base_url, request.allowed_hosts)
        columns = request_rules.columns(request.column_mappings)

        async def change(connection: Connection) -> pb.CreateSourceResponse:
            now = self._clock()
            source = Source(
                id=uuid4(),
                kind=request.kind,
                display_name=request.display_name,
                organisation_id=UUID(request.organisation_id),
                base_url=request.base_url,
                allowed_hosts=hosts,
                licence=request.licence,
                attribution=request.attribution,
                interval_hours=request.interval_hours if request.kind == ImportSource.KIND_FEED else 0,
                full_interval_hours=request.full_interval_hours or _FULL_HOURS,
                loss_limit_percent=(
                    request.loss_limit_percent if request.HasField("loss_limit_percent") else _LOSS_PERCENT
                ),
                default_kind=request.default_service_kind or ServiceMessage.KIND_COMMUNITY,
                terms=request_rules.terms(request.term_mappings),
                columns=columns,
                paused=False,
                next_run_time=None,
                full_run_time=None,
                modified_after=None,
                update_time=now,
            )
            if not await store.organisation_exists(connection, source.organisation_id):
                raise OrganisationNotFound
            source = replace(source, next_run_time=now if source.interval_hours else None)
            await run_store.add_source(connection, source)
            return pb.CreateSourceResponse(source=messages.source(source))

        return await self._writes.once(request, pb.CreateSourceResponse, change)

    async def UpdateSource(self, request: pb.UpdateSourceRequest, _: Context) -> pb.UpdateSourceResponse:
        """Change a source. Raises ImportSourceNotFound, InvalidArgument."""

        async def change(connection: Connection) -> pb.UpdateSourceResponse:
            known = await self._source(connection, request.source_id)
            now = self._clock()
            source = replace(request_rules.updated(known, request), update_time=now)
            if source.mapped_otherwise(known):
                # What has not changed at the publisher says something else here now.
                source = replace(source, full_run_time=None)
            if source.interval_hours != known.interval_hours:
                source = replace(source, next_run_time=source.after_run(now))
            await run_store.save_source(connection, source)
            return pb.UpdateSourceResponse(source=messages.source(source))

        return await self._writes.once(request, pb.UpdateSourceResponse, change)

    async def PauseSource(self, request: pb.PauseSourceRequest, _: Context) -> pb.PauseSourceResponse:
        """Pause a source. Raises ImportSourceNotFound."""

        async def change(connection: Connection) -> pb.PauseSourceResponse:
            source = replace(await self._source(connection, request.source_id), paused=True)
            await run_store.save_source(connection, source)
            return pb.PauseSourceResponse(source=messages.source(source))

        return await self._writes.once(request, pb.PauseSourceResponse, change)

    async def ResumeSource(self, request: pb.ResumeSourceRequest, _: Context) -> pb.ResumeSourceResponse:
        """End a pause. Raises ImportSourceNotFound."""

        async def change(connection: Connection) -> pb.ResumeSourceResponse:
            known = await self._source(connection, request.source_id)
            due = self._clock() if known.interval_hours else None
            source = replace(known, paused=False, next_run_time=due) if known.paused else known
            await run_store.save_source(connection, source)
            return pb.ResumeSourceResponse(source=messages.source(source))

        return await self._writes.once(request, pb.ResumeSourceResponse, change)

    async def ListSources(self, request: pb.ListSourcesRequest, _: Context) -> pb.ListSourcesResponse:
        """List the sources by name, page by page."""
        page = Page(self._page_tokens, request)
        async with self._database.connection() as connection:
            found = await run_store.sources_by_name(connection, page.after_id, page.limit)
        shown, token = page.cut(found, lambda source: source.id)
        return pb.ListSourcesResponse(sources=map(messages.source, shown), next_page_token=token)

    async def StartRun(self, request: pb.StartRunRequest, _: Context) -> pb.StartRunResponse:
        """Start a run of a feed. Raises ImportSourceNotFound, -Kind, -Paused, ImportUnderWay."""

        async def change(connection: Connection) -> pb.StartRunResponse:
            source = await self._startable(connection, request.source_id, ImportSource.KIND_FEED)
            run = await runs.begin(connection, source, request.scope, ImportRun.STATE_QUEUED, self._clock())
            return pb.StartRunResponse(run=messages.run(run))

        return await self._writes.once(request, pb.StartRunResponse, change)

    async def BeginCsv(self, request: pb.BeginCsvRequest, _: Context) -> pb.BeginCsvResponse:
        """Begin an upload. Raises as StartRun."""

        async def change(connection: Connection) -> pb.BeginCsvResponse:
            source = await self._startable(connection, request.source_id, ImportSource.KIND_CSV)
            full, uploading = ImportRun.SCOPE_FULL, ImportRun.STATE_UPLOADING
            run = await runs.begin(connection, source, full, uploading, self._clock(), _person())
            return pb.BeginCsvResponse(run=messages.run(run))

        return await self._writes.once(request, pb.BeginCsvResponse, change)

    async def AppendCsv(self, request: pb.AppendCsvRequest, _: Context) -> pb.AppendCsvResponse:
        """Add a piece; one that is there stays.

        Raises ImportRunNotFound, ImportRunStands, PermissionDenied, PieceOutOfOrder, CsvTooLarge.
        """
        run_id, number = UUID(request.run_id), request.number
        async with self._database.transaction() as connection:
            run = await self._uploading(connection, request.run_id)
            if number <= run.page_count:
                kept = await staging_store.raw(connection, run_id, number)
                if kept is None or raw.unseal(self._keyring, run_id, number, kept) != request.content:
                    raise refusals.PieceOutOfOrder(run.page_count + 1)
                return pb.AppendCsvResponse(run=messages.run(run))
            if number != run.page_count + 1:
                raise refusals.PieceOutOfOrder(run.page_count + 1)
            size = len(request.content)
            if run.byte_count + size > MOST_CSV_BYTES:
                raise refusals.CsvTooLarge(MOST_CSV_BYTES)
            sealed = raw.seal(self._keyring, run_id, number, request.content)
            await staging_store.add_raw(connection, run_id, number, sealed, self._clock())
            await run_store.advance(connection, run_id, pages=1, rows=0, size=size)
        run = replace(run, page_count=number, byte_count=run.byte_count + size)
        return pb.AppendCsvResponse(run=messages.run(run))

    async def CommitCsv(self, request: pb.CommitCsvRequest, _: Context) -> pb.CommitCsvResponse:
        """End an upload. Raises ImportRunNotFound, ImportRunStands, PermissionDenied, PieceOutOfOrder."""

        async def change(connection: Connection) -> pb.CommitCsvResponse:
            run = await self._uploading(connection, request.run_id)
            if request.piece_count != run.page_count:
                raise refusals.PieceOutOfOrder(run.page_count + 1)
            await run_store.enter(connection, run.id, ImportRun.STATE_QUEUED)
            return pb.CommitCsvResponse(run=messages.run(replace(run, state=ImportRun.STATE_QUEUED)))

        return await self._writes.once(request, pb.CommitCsvResponse, change)

    async def GetRun(self, request: pb.GetRunRequest, _: Context) -> pb.GetRunResponse:
        """Get a run with its counts. Raises ImportRunNotFound."""
        async with self._database.connection() as connection:
            run = await self._run(connection, request.run_id)
            return pb.GetRunResponse(run=messages.run(run, await staging_store.counts(connection, run.id)))

    async def ListRuns(self, request: pb.ListRunsRequest, _: Context) -> pb.ListRunsResponse:
        """List the runs, newest first, page by page."""
        page = Page(self._page_tokens, request)
        source_id = UUID(request.source_id) if request.source_id else None
        async with self._database.connection() as connection:
            found = await run_store.runs_newest_first(connection, source_id, page.after_id, page.limit)
        shown, token = page.cut(found, lambda run: run.id)
        return pb.ListRunsResponse(runs=map(messages.run, shown), next_page_token=token)

    async def ListRunResults(
        self, request: pb.ListRunResultsRequest, _: Context
    ) -> pb.ListRunResultsResponse:
        """List the records of a run, page by page. Raises ImportRunNotFound."""
        page = Page(self._page_tokens, request)
        async with self._database.connection() as connection:
            run = await self._run(connection, request.run_id)
            found = await staging_store.results(
                connection,
                run.id,
                request.outcome,
                conflicting_only=request.conflicting_only,
                after=page.after_id,
                limit=page.limit,
            )
        shown, token = page.cut(found, lambda row: row["id"])
        records = [messages.record(dict(row), run) for row in shown]
        return pb.ListRunResultsResponse(records=records, next_page_token=token)

    async def ListUnknownTerms(
        self, request: pb.ListUnknownTermsRequest, _: Context
    ) -> pb.ListUnknownTermsResponse:
        """List the terms that stand for nothing here. Raises ImportRunNotFound."""
        async with self._database.connection() as connection:
            run = await self._run(connection, request.run_id)
            found = await staging_store.unknown_terms(connection, run.id)
        return pb.ListUnknownTermsResponse(
            unknown_terms=[
                import_run_pb2.UnknownTerm(taxonomy=taxonomy, term=term, use_count=count)
                for taxonomy, term, count in found
            ]
        )

    async def ApproveRun(self, request: pb.ApproveRunRequest, _: Context) -> pb.ApproveRunResponse:
        """Approve records. Raises ImportRunNotFound, ImportRunStands, OwnSubmission, LossNotConfirmed."""
        ids = list(map(UUID, request.record_ids))
        take_published = request.conflicts == pb.ApproveRunRequest.CONFLICTS_TAKE_PUBLISHED

        async def change(connection: Connection) -> pb.ApproveRunResponse:
            run = await self._run(connection, request.run_id, ImportRun.STATE_IN_REVIEW)
            if run.uploader is not None and run.uploader == _person():
                raise OwnSubmission
            loss_right = not run.loss_held or request.loss_confirmed
            approval = Approval.CHOSEN if ids else Approval.ALL if loss_right else Approval.SENT
            if not loss_right:
                lost = await staging_store.vanished_among(connection, run.id, ids)
                others = await staging_store.others_wait(connection, run.id)
                if lost and (ids or not others):
                    raise refusals.LossNotConfirmed(lost)
            await staging_store.choose(connection, run.id, ids)
            reviewer = access.current().caller.subject
            await run_store.approve(connection, run.id, reviewer, approval, take_published=take_published)
            await run_store.hold_loss(connection, run.id, held=not loss_right)
            return pb.ApproveRunResponse(run=await self._shown(connection, run.id))

        return await self._writes.once(request, pb.ApproveRunResponse, change)

    async def RejectRun(self, request: pb.RejectRunRequest, _: Context) -> pb.RejectRunResponse:
        """Reject what is left of a run. Raises ImportRunNotFound, ImportRunStands."""

        async def change(connection: Connection) -> pb.RejectRunResponse:
            run = await self._run(
                connection, request.run_id, *(s for s in OPEN if s != ImportRun.STATE_APPLYING)
            )
            await run_store.end(connection, run.id, ImportRun.STATE_REJECTED, self._clock())
            return pb.RejectRunResponse(run=await self._shown(connection, run.id))

        return await self._writes.once(request, pb.RejectRunResponse, change)

    async def _source(self, connection: Connection, source_id: str) -> Source:
        """Return the source, locked. Raises ImportSourceNotFound."""
        source = await run_store.source(connection, UUID(source_id), lock=True)
        if source is None:
            raise refusals.ImportSourceNotFound
        return source

    async def _startable(self, connection: Connection, source_id: str, kind: int) -> Source:
        source = await self._source(connection, source_id)
        if source.kind != kind:
            raise refusals.ImportSourceKind
        if source.paused:
            raise refusals.ImportSourcePaused
        return source

    async def _run(self, connection: Connection, run_id: str, *states: ImportRun.State) -> Run:
        """Return the run, locked if it has to be in one of `states`. Raises ImportRunNotFound, ImportRunStands."""
        run = await run_store.run(connection, UUID(run_id), lock=bool(states))
        if run is None:
            raise refusals.ImportRunNotFound
        if states and run.state not in states:
            raise refusals.ImportRunStands(run.state)
        return run

    async def _uploading(self, connection: Connection, run_id: str) -> Run:
        """Return the run that the caller uploads, locked. Raises as `_run`; PermissionDenied if another began it."""
        run = await self._run(connection, run_id, ImportRun.STATE_UPLOADING)
        if run.uploader != _person():
            raise PermissionDenied
        return run

    async def _shown(self, connection: Connection, run_id: UUID) -> ImportRun:
        run = await self._run(connection, str(run_id))
        return messages.run(run, await staging_store.counts(connection, run_id))


def _person() -> str | None:
    """Return who calls if it is a person; None for a client of the platform."""
    caller = access.current().caller
    return caller.subject if caller.kind is Kind.PERSON else None
