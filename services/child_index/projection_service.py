"""ProjectionService: how other services keep in step with the index."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import asyncpg
import grpc

from kith.childindex.v1 import projection_service_pb2 as pb
from kith.childindex.v1.child_events_pb2 import ChildEvent
from kith.childindex.v1.projection_service_pb2_grpc import ProjectionServiceServicer
from services.chassis import access, outbox, paging
from services.chassis.database import Database
from services.chassis.paging import PageTokens
from services.child_index import projection_store as store
from services.child_index.key_versions import to_project

_CHANGES: Final = 500
_MOST_CHANGES: Final = 1000
_PROJECTIONS: Final = 1000
_MOST_PROJECTIONS: Final = 5000

Context = grpc.aio.ServicerContext[Any, Any]


class ProjectionService(ProjectionServiceServicer):
    """Implements kith.childindex.v1.ProjectionService."""

    def __init__(self, database: Database, tokens: PageTokens) -> None:
        self._database = database
        self._tokens = tokens

    async def ListChanges(self, request: pb.ListChangesRequest, _context: Context) -> pb.ListChangesResponse:
        """List events after a token. Raises InvalidArgument for a token that is not one."""
        size = paging.page_size(request.page_size, default=_CHANGES, cap=_MOST_CHANGES)
        async with self._database.connection() as connection:
            # Before the events: what is listed meanwhile is not called held back, and nothing else is left out.
            held_back = await outbox.held_back_seconds(connection)
            changes = await outbox.list_changes(connection, request.after, size)
        response = pb.ListChangesResponse(
            events=[ChildEvent.FromString(event.payload) for event in changes.events],
            next_after=changes.after,
            more=changes.more,
        )
        if held_back is not None:
            response.held_back.FromMilliseconds(int(held_back * 1000))
        return response

    async def BatchGetProjections(
        self, request: pb.BatchGetProjectionsRequest, _context: Context
    ) -> pb.BatchGetProjectionsResponse:
        """Give the projections of children by id. Raises KeysNotMade."""
        async with self._database.connection() as connection:
            versions = await to_project(connection, request.key_version)
            rows = await store.projections(connection, [UUID(one) for one in request.child_ids], versions)
        return pb.BatchGetProjectionsResponse(projections=_projections(rows))

    async def ListProjections(
        self, request: pb.ListProjectionsRequest, _context: Context
    ) -> pb.ListProjectionsResponse:
        """Give one page of all projections. Raises InvalidArgument for a page token of another list, KeysNotMade."""
        binding = paging.binding(request, access.current().caller)
        first, last = store.id_range(request.id_prefix)
        # No child has the id 0.
        after = UUID(int=max(first.int - 1, 0))
        if request.page_token:
            after = UUID(bytes=self._tokens.open(request.page_token, binding))
        size = paging.page_size(request.page_size, default=_PROJECTIONS, cap=_MOST_PROJECTIONS)
        changes_after = ""
        async with self._database.connection() as connection:
            versions = await to_project(connection, request.key_version)
            if not request.page_token:
                # Before the children: what changes between the two is in both.
                changes_after = await store.latest_change(connection)
            rows = await store.projections_after(connection, after, last, size, versions)
        more = len(rows) == size
        token = self._tokens.seal(binding, rows[-1]["child_id"].bytes) if more else ""
        return pb.ListProjectionsResponse(
            projections=_projections(rows), next_page_token=token, changes_after=changes_after
        )

    async def SummarizeProjections(
        self, request: pb.SummarizeProjectionsRequest, _context: Context
    ) -> pb.SummarizeProjectionsResponse:
        """Give counts and sums of check numbers by the beginnings of ids."""
        async with self._database.connection() as connection:
            rows = await store.summaries(connection, request.id_prefix)
        return pb.SummarizeProjectionsResponse(
            summaries=[
                pb.ProjectionSummary(
                    id_prefix=f"{row['prefix']:03x}", child_count=row["child_count"], checksum=row["checksum"]
                )
                for row in rows
            ]
        )


def _projections(rows: Iterable[asyncpg.Record]) -> list[pb.Projection]:
    return [
        pb.Projection(child_id=str(row["child_id"]), version=row["version"], key_hashes=row["keys"] or ())
        for row in rows
    ]
