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
from services.child_index import store

_PAGE: Final = 500
_MOST: Final = 1000


Context = grpc.aio.ServicerContext[Any, Any]


class ProjectionService(ProjectionServiceServicer):
    """Implements kith.childindex.v1.ProjectionService."""

    def __init__(self, database: Database, tokens: PageTokens) -> None:
        self._database = database
        self._tokens = tokens

    async def ListChanges(self, request: pb.ListChangesRequest, _context: Context) -> pb.ListChangesResponse:
        """List events after a token. Raises InvalidArgument for a token that is not one."""
        size = paging.page_size(request.page_size, default=_PAGE, cap=_MOST)
        async with self._database.connection() as connection:
            changes = await outbox.list_changes(connection, request.after, size)
        return pb.ListChangesResponse(
            events=[ChildEvent.FromString(event.payload) for event in changes.events],
            next_after=changes.after,
            more=changes.more,
        )

    async def BatchGetProjections(
        self, request: pb.BatchGetProjectionsRequest, _context: Context
    ) -> pb.BatchGetProjectionsResponse:
        """Give the projections of children by id."""
        async with self._database.connection() as connection:
            rows = await store.projections(connection, [UUID(one) for one in request.child_ids])
        return pb.BatchGetProjectionsResponse(projections=_projections(rows))

    async def ListProjections(
        self, request: pb.ListProjectionsRequest, _context: Context
    ) -> pb.ListProjectionsResponse:
        """Give one page of all projections. Raises InvalidArgument for a page token of another list."""
        binding = paging.binding(request, access.current().caller)
        after = UUID(int=0)
        if request.page_token:
            after = UUID(bytes=self._tokens.open(request.page_token, binding))
        size = paging.page_size(request.page_size, default=_MOST, cap=_MOST)
        async with self._database.connection() as connection:
            rows = await store.projections_after(connection, after, size)
        more = len(rows) == size
        token = self._tokens.seal(binding, rows[-1]["child_id"].bytes) if more else ""
        return pb.ListProjectionsResponse(projections=_projections(rows), next_page_token=token)


def _projections(rows: Iterable[asyncpg.Record]) -> list[pb.Projection]:
    return [
        pb.Projection(child_id=str(row["child_id"]), version=row["version"], key_hashes=row["keys"])
        for row in rows
    ]
