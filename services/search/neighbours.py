"""What search asks of the child index for the index's sake: changes, projections, sums."""

from collections.abc import Sequence
from typing import Final

import grpc
from grpc.aio import AioRpcError, Channel

from kith.childindex.v1 import projection_service_pb2 as pb
from kith.childindex.v1.projection_service_pb2_grpc import ProjectionServiceStub

MOST_IDS: Final = 1000
_LIST_SECONDS: Final = 30.0


class TokenRefused(Exception):
    """The child index does not know the page token any more: begin again."""


class Source:
    """The child index. Its methods raise AioRpcError and what a channel raises, unless they say otherwise."""

    def __init__(self, channel: Channel, key_version: str) -> None:
        """`key_version` says whose keys the projections are to have."""
        self._stub = ProjectionServiceStub(channel)
        self._key_version = key_version

    async def changes(self, after: str, limit: int) -> pb.ListChangesResponse:
        """The events after a token."""
        answer: pb.ListChangesResponse = await self._stub.ListChanges(
            pb.ListChangesRequest(after=after, page_size=limit)
        )
        return answer

    async def projections(self, child_ids: Sequence[str]) -> list[pb.Projection]:
        """The children that exist, as they are now."""
        found: list[pb.Projection] = []
        for start in range(0, len(child_ids), MOST_IDS):
            request = pb.BatchGetProjectionsRequest(
                child_ids=child_ids[start : start + MOST_IDS], key_version=self._key_version
            )
            found.extend((await self._stub.BatchGetProjections(request)).projections)
        return found

    async def page(self, token: str, size: int) -> pb.ListProjectionsResponse:
        """One page of all children. Raises TokenRefused."""
        try:
            answer: pb.ListProjectionsResponse = await self._stub.ListProjections(
                pb.ListProjectionsRequest(page_size=size, page_token=token, key_version=self._key_version),
                timeout=_LIST_SECONDS,
            )
        except AioRpcError as error:
            if token and error.code() is grpc.StatusCode.INVALID_ARGUMENT:
                raise TokenRefused from None
            raise
        return answer

    async def beginning_with(self, id_prefix: str) -> list[pb.Projection]:
        """All children whose ids begin with up to three hexadecimal digits."""
        found: list[pb.Projection] = []
        request = pb.ListProjectionsRequest(
            page_size=MOST_IDS, id_prefix=id_prefix, key_version=self._key_version
        )
        while True:
            answer = await self._stub.ListProjections(request, timeout=_LIST_SECONDS)
            found.extend(answer.projections)
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    async def summaries(self) -> dict[int, tuple[int, int]]:
        """(children, sum of their check numbers) by the first 12 bits of the id."""
        found: dict[int, tuple[int, int]] = {}
        for digit in "0123456789abcdef":
            request = pb.SummarizeProjectionsRequest(id_prefix=digit)
            answer = await self._stub.SummarizeProjections(request, timeout=_LIST_SECONDS)
            for one in answer.summaries:
                found[int(one.id_prefix, 16)] = (one.child_count, one.checksum)
        return found
