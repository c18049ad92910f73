"""`EntryService`: from the contract to the workflow and back, nothing else."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from kith.directory.v1 import entry_pb2
from kith.directory.v1 import entry_service_pb2 as pb
from kith.directory.v1.entry_service_pb2_grpc import EntryServiceServicer
from services.chassis import access
from services.chassis.database import Connection
from services.chassis.errors import PermissionDenied
from services.directory.editing import entry_message, store, workflow
from services.directory.editing.actor import Actor
from services.directory.editing.entry import Entry, Revision
from services.directory.openreferral import compare, rules
from services.directory.openreferral.faults import Fault
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.refusals import DocumentInvalid, RevisionNotFound

Context = grpc.aio.ServicerContext[Any, Any]

_ABOVE_ALL_NUMBERS = 2**31


class EntryService(EntryServiceServicer):
    """Answers for the entries. Who may ask at all is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def CreateEntry(self, request: pb.CreateEntryRequest, _context: Context) -> pb.CreateEntryResponse:
        """Create an entry. Raises what `workflow.create` raises."""
        actor = _actor()

        async def create(connection: Connection) -> pb.CreateEntryResponse:
            kind, value = entry_message.value(request.document)
            entry_id = _given_id(value)
            owner = UUID(request.organisation_id) if request.organisation_id else None
            entry = await workflow.create(
                connection, actor, kind, entry_id, owner, value, request.note, self._parts.clock()
            )
            return pb.CreateEntryResponse(entry=await _message(connection, entry))

        return await self._parts.writes.once(request, pb.CreateEntryResponse, create)

    async def UpdateEntry(self, request: pb.UpdateEntryRequest, _context: Context) -> pb.UpdateEntryResponse:
        """Add a revision. Raises what `workflow.update` raises."""
        actor = _actor()

        async def update(connection: Connection) -> pb.UpdateEntryResponse:
            kind, value = entry_message.value(request.document)
            entry = await workflow.update(
                connection,
                actor,
                UUID(request.entry_id),
                kind,
                value,
                request.note,
                request.etag,
                self._parts.clock(),
            )
            return pb.UpdateEntryResponse(entry=await _message(connection, entry))

        return await self._parts.writes.once(request, pb.UpdateEntryResponse, update)

    async def SubmitRevision(
        self, request: pb.SubmitRevisionRequest, _context: Context
    ) -> pb.SubmitRevisionResponse:
        """Hand a draft to the editors. Raises what `workflow.submit` raises."""
        actor = _actor()

        async def submit(connection: Connection) -> pb.SubmitRevisionResponse:
            entry, revision = await workflow.submit(
                connection, actor, UUID(request.entry_id), request.number, self._parts.clock()
            )
            return pb.SubmitRevisionResponse(
                entry=await _message(connection, entry), revision=entry_message.revision(revision)
            )

        return await self._parts.writes.once(request, pb.SubmitRevisionResponse, submit)

    async def ApproveRevision(
        self, request: pb.ApproveRevisionRequest, _context: Context
    ) -> pb.ApproveRevisionResponse:
        """Publish a submission. Raises what `workflow.approve` raises."""
        actor = _actor()

        async def approve(connection: Connection) -> pb.ApproveRevisionResponse:
            entry, revision = await workflow.approve(
                connection, actor, UUID(request.entry_id), request.number, request.note, self._parts.clock()
            )
            return pb.ApproveRevisionResponse(
                entry=await _message(connection, entry), revision=entry_message.revision(revision)
            )

        return await self._parts.writes.once(request, pb.ApproveRevisionResponse, approve)

    async def RejectRevision(
        self, request: pb.RejectRevisionRequest, _context: Context
    ) -> pb.RejectRevisionResponse:
        """Reject a submission. Raises what `workflow.reject` raises."""
        actor = _actor()

        async def reject(connection: Connection) -> pb.RejectRevisionResponse:
            entry, revision = await workflow.reject(
                connection, actor, UUID(request.entry_id), request.number, request.note, self._parts.clock()
            )
            return pb.RejectRevisionResponse(
                entry=await _message(connection, entry), revision=entry_message.revision(revision)
            )

        return await self._parts.writes.once(request, pb.RejectRevisionResponse, reject)

    async def WithdrawEntry(
        self, request: pb.WithdrawEntryRequest, _context: Context
    ) -> pb.WithdrawEntryResponse:
        """Take an entry from the public. Raises what `workflow.withdraw` raises."""
        actor = _actor()

        async def withdraw(connection: Connection) -> pb.WithdrawEntryResponse:
            entry = await workflow.withdraw(
                connection, actor, UUID(request.entry_id), request.etag, self._parts.clock()
            )
            return pb.WithdrawEntryResponse(entry=await _message(connection, entry))

        return await self._parts.writes.once(request, pb.WithdrawEntryResponse, withdraw)

    async def CloseTemporarily(
        self, request: pb.CloseTemporarilyRequest, _context: Context
    ) -> pb.CloseTemporarilyResponse:
        """Mark a service as closed for a time. Raises EntryStands."""
        actor = _actor()

        async def close(connection: Connection) -> pb.CloseTemporarilyResponse:
            now = self._parts.clock()
            entry = await workflow.turn(
                connection, actor, UUID(request.entry_id), lambda entry: entry.closed(now), now
            )
            return pb.CloseTemporarilyResponse(entry=await _message(connection, entry))

        return await self._parts.writes.once(request, pb.CloseTemporarilyResponse, close)

    async def Reopen(self, request: pb.ReopenRequest, _context: Context) -> pb.ReopenResponse:
        """End a temporary closure. Raises EntryStands."""
        actor = _actor()

        async def reopen(connection: Connection) -> pb.ReopenResponse:
            now = self._parts.clock()
            entry = await workflow.turn(
                connection, actor, UUID(request.entry_id), lambda entry: entry.reopened(now), now
            )
            return pb.ReopenResponse(entry=await _message(connection, entry))

        return await self._parts.writes.once(request, pb.ReopenResponse, reopen)

    async def SetVisibility(
        self, request: pb.SetVisibilityRequest, _context: Context
    ) -> pb.SetVisibilityResponse:
        """Set when an entry may be seen. Raises EtagMismatch."""
        actor = _actor()
        begin = _time(request.HasField("visible_start_time"), request.visible_start_time)
        end = _time(request.HasField("visible_end_time"), request.visible_end_time)

        async def turn(connection: Connection) -> pb.SetVisibilityResponse:
            now = self._parts.clock()
            entry = await workflow.turn(
                connection,
                actor,
                UUID(request.entry_id),
                lambda entry: entry.visible(begin, end, now),
                now,
                request.etag,
            )
            return pb.SetVisibilityResponse(entry=await _message(connection, entry))

        return await self._parts.writes.once(request, pb.SetVisibilityResponse, turn)

    async def GetEntry(self, request: pb.GetEntryRequest, _context: Context) -> pb.GetEntryResponse:
        """Get an entry with a revision. Raises EntryNotFound, PermissionDenied, RevisionNotFound."""
        async with self._parts.database.connection() as connection:
            entry = await _seen(connection, request.entry_id)
            revision = await _revision(connection, entry, request.number or entry.latest_revision)
            return pb.GetEntryResponse(
                entry=await _message(connection, entry),
                revision=entry_message.revision(revision, entry.kind),
            )

    async def ListEntries(self, request: pb.ListEntriesRequest, _context: Context) -> pb.ListEntriesResponse:
        """List entries by id, page by page. Raises PermissionDenied."""
        actor, page = _actor(), Page(self._parts.page_tokens, request)
        organisation_id = UUID(request.organisation_id) if request.organisation_id else None
        if organisation_id is None and not actor.is_editor:
            organisation_id = actor.organisation_id
        if not actor.owns(organisation_id):
            raise PermissionDenied
        async with self._parts.database.connection() as connection:
            found = await store.list_entries(
                connection,
                organisation_id,
                request.kind,
                request.state,
                page.after_id,
                page.limit,
                submitted=request.submitted,
            )
            shown, token = page.cut(found, lambda entry: entry.id)
            names = await store.display_names(connection, shown)
        return pb.ListEntriesResponse(
            entries=[entry_message.entry(one, names[one.id]) for one in shown], next_page_token=token
        )

    async def ListRevisions(
        self, request: pb.ListRevisionsRequest, _context: Context
    ) -> pb.ListRevisionsResponse:
        """List the revisions of an entry, the latest first. Raises EntryNotFound, PermissionDenied."""
        page = Page(self._parts.page_tokens, request)
        below = page.after or _ABOVE_ALL_NUMBERS
        async with self._parts.database.connection() as connection:
            entry = await _seen(connection, request.entry_id)
            found = await store.revisions(connection, entry.id, below, page.limit)
        shown, token = page.cut(found, lambda revision: revision.number)
        return pb.ListRevisionsResponse(revisions=map(entry_message.revision, shown), next_page_token=token)

    async def CompareRevisions(
        self, request: pb.CompareRevisionsRequest, _context: Context
    ) -> pb.CompareRevisionsResponse:
        """Compare two revisions. Raises EntryNotFound, PermissionDenied, RevisionNotFound."""
        async with self._parts.database.connection() as connection:
            entry = await _seen(connection, request.entry_id)
            after = await _revision(connection, entry, request.number or entry.latest_revision)
            base_number = request.base_number or entry.published_revision
            base = await _revision(connection, entry, base_number) if base_number else None
        found = compare.changes({} if base is None else base.document, after.document)
        return pb.CompareRevisionsResponse(changes=map(_change, found))


def _actor() -> Actor:
    return Actor.of(access.current().caller)


def _given_id(value: dict[str, Any]) -> UUID:
    """Return the id of a new document, a new one if it says none. Raises DocumentInvalid."""
    given = value.get("id", "").strip().lower()
    if given and not rules.is_id(given):
        raise DocumentInvalid([Fault("/id", "id", "must be a UUID")])
    return UUID(given) if given else uuid4()


def _time(given: bool, time: Timestamp) -> datetime | None:
    return time.ToDatetime(UTC) if given else None


async def _seen(connection: Connection, entry_id: str) -> Entry:
    one = UUID(entry_id)
    return _actor().must_see((await store.entries(connection, [one])).get(one))


async def _revision(connection: Connection, entry: Entry, number: int) -> Revision:
    revision = await store.revision(connection, entry.id, number)
    if revision is None:
        raise RevisionNotFound
    return revision


async def _message(connection: Connection, entry: Entry) -> entry_pb2.Entry:
    names = await store.display_names(connection, [entry])
    return entry_message.entry(entry, names[entry.id])


def _change(change: compare.Change) -> pb.Change:
    return pb.Change(
        pointer=change.pointer,
        before_json=_json(change.before),
        after_json=_json(change.after),
    )


def _json(part: Any) -> str | None:
    return None if part is compare.ABSENT else json.dumps(part, ensure_ascii=False)
