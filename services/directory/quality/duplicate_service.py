"""`DuplicateService`: from the contract to pairs and mergers and back, nothing else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import grpc

from kith.directory.v1 import duplicate_pb2
from kith.directory.v1 import duplicate_service_pb2 as pb
from kith.directory.v1.duplicate_service_pb2_grpc import DuplicateServiceServicer
from services.chassis import access
from services.chassis.database import Connection
from services.directory.editing import store as entry_store
from services.directory.editing.actor import Actor
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.quality import duplicate_store, mergers, merging, messages
from services.directory.quality.duplicate_store import Duplicate
from services.directory.quality.refusals import DuplicateNotFound

Context = grpc.aio.ServicerContext[Any, Any]


class DuplicateService(DuplicateServiceServicer):
    """Answers for pairs of entries. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ListDuplicates(
        self, request: pb.ListDuplicatesRequest, _context: Context
    ) -> pb.ListDuplicatesResponse:
        """List pairs, page by page."""
        page = Page(self._parts.page_tokens, request)
        entry_id = UUID(request.entry_id) if request.entry_id else None
        state = request.state or duplicate_pb2.Duplicate.STATE_PROPOSED
        after = None if page.after is None else (page.after[0], UUID(page.after[1]))
        async with self._parts.database.connection() as connection:
            found = await duplicate_store.list_duplicates(connection, state, entry_id, after, page.limit)
            shown, token = page.cut(found, lambda pair: (pair.score, pair.id))
            duplicates = await _messages(connection, shown)
        return pb.ListDuplicatesResponse(duplicates=duplicates, next_page_token=token)

    async def GetDuplicate(
        self, request: pb.GetDuplicateRequest, _context: Context
    ) -> pb.GetDuplicateResponse:
        """Get a pair and the parts in which the two differ. Raises DuplicateNotFound."""
        async with self._parts.database.connection() as connection:
            pair = await duplicate_store.duplicate(connection, UUID(request.duplicate_id))
            if pair is None:
                raise DuplicateNotFound
            merger = await duplicate_store.standing_merger(connection, pair.id)
            both = (pair.first_entry_id, pair.second_entry_id)
            documents = await entry_store.documents(connection, both)
            [shown] = await _messages(connection, [pair])
        one, other = (documents.get(entry_id, {}) for entry_id in both)
        return pb.GetDuplicateResponse(
            duplicate=shown,
            differing_parts=[
                messages.differing(pointer, values) for pointer, *values in merging.differing(one, other)
            ],
            merger=None if merger is None else messages.merger(merger),
        )

    async def DecideDuplicate(
        self, request: pb.DecideDuplicateRequest, _context: Context
    ) -> pb.DecideDuplicateResponse:
        """Decide on a pair. Raises what `mergers.decide` raises."""
        actor = Actor.of(access.current().caller)

        async def decide(connection: Connection) -> pb.DecideDuplicateResponse:
            pair = await mergers.decide(
                connection, actor, UUID(request.duplicate_id), request.state, self._parts.clock()
            )
            [shown] = await _messages(connection, [pair])
            return pb.DecideDuplicateResponse(duplicate=shown)

        return await self._parts.writes.once(request, pb.DecideDuplicateResponse, decide)

    async def MergeEntries(
        self, request: pb.MergeEntriesRequest, _context: Context
    ) -> pb.MergeEntriesResponse:
        """Merge a pair. Raises what `mergers.merge` raises."""
        actor = Actor.of(access.current().caller)

        async def merge(connection: Connection) -> pb.MergeEntriesResponse:
            done = await mergers.merge(
                connection,
                actor,
                UUID(request.duplicate_id),
                UUID(request.surviving_entry_id),
                list(request.taken_pointers),
                list(request.revisions),
                self._parts.clock(),
            )
            return pb.MergeEntriesResponse(merger=messages.merger(done))

        return await self._parts.writes.once(request, pb.MergeEntriesResponse, merge)

    async def UndoMerger(self, request: pb.UndoMergerRequest, _context: Context) -> pb.UndoMergerResponse:
        """Undo a merger. Raises what `mergers.undo` raises."""
        actor = Actor.of(access.current().caller)

        async def undo(connection: Connection) -> pb.UndoMergerResponse:
            undone = await mergers.undo(connection, actor, UUID(request.merger_id), self._parts.clock())
            return pb.UndoMergerResponse(merger=messages.merger(undone))

        return await self._parts.writes.once(request, pb.UndoMergerResponse, undo)


async def _messages(connection: Connection, pairs: Sequence[Duplicate]) -> list[duplicate_pb2.Duplicate]:
    ids = {one for pair in pairs for one in (pair.first_entry_id, pair.second_entry_id)}
    entries = await entry_store.entries(connection, ids)
    names = await entry_store.display_names(connection, list(entries.values()))
    return [messages.duplicate(pair, entries, names) for pair in pairs]
