"""What the directory publishes, asked for with the gateway's own token: nobody stands behind an open request."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message
from grpc.aio import AioRpcError

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceStub
from services.gateway.neighbours import failure_of
from services.gateway.open_directory.parameters import MOST_PER_PAGE

_SECONDS: Final = 5.0
_EXPORT_FILTERS: Final = {"organization_id", "modified_after"}
"""What an export can filter by; with any other filter it goes through the pages of a search."""

A = TypeVar("A", bound=Message)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of publications. `per_page` is how many may be on one."""

    publications: Sequence[publication_pb2.Publication]
    total_items: int
    per_page: int


class Publications:
    """Calls to PublicationService. Raises `chassis.errors.Failure`."""

    def __init__(self, directory: grpc.aio.Channel) -> None:
        self._stub = PublicationServiceStub(directory)

    async def get(
        self, kind: publication_pb2.PublicationKind, publication_id: str, known_etags: Sequence[str] = ()
    ) -> publication_pb2.GetPublicationResponse:
        """Return a publication; without its JSON if its etag is known. Raises NotFound."""
        request = publication_pb2.GetPublicationRequest(
            kind=kind, id=publication_id, if_none_match=known_etags
        )
        return await _call(self._stub.GetPublication, request)

    async def search(
        self, request: publication_pb2.SearchServicesRequest
    ) -> publication_pb2.SearchServicesResponse:
        """Return services that were found, each with why. Raises InvalidArgument for an unknown postcode."""
        return await _call(self._stub.SearchServices, request)

    async def page(
        self,
        kind: publication_pb2.PublicationKind,
        view: publication_pb2.PublicationView,
        filters: Mapping[str, Any],
        *,
        page: int,
        per_page: int,
    ) -> Page:
        """Return one page of a kind: of services as a search has them, of others by name."""
        asked = {"kind": kind, "view": view, "page": page, "per_page": per_page, **filters}
        if kind in {
            publication_pb2.PUBLICATION_KIND_SERVICE,
            publication_pb2.PUBLICATION_KIND_SERVICE_AT_LOCATION,
        }:
            found = await self.search(publication_pb2.SearchServicesRequest(**asked))
            return Page([one.publication for one in found.results], found.total_items, found.per_page)
        request = publication_pb2.ListPublicationsRequest(**asked)
        listed = await _call(self._stub.ListPublications, request)
        return Page(listed.publications, listed.total_items, listed.per_page)

    async def pieces(
        self,
        kind: publication_pb2.PublicationKind,
        view: publication_pb2.PublicationView,
        filters: Mapping[str, Any],
    ) -> AsyncIterator[Sequence[publication_pb2.Publication]]:
        """Return all publications of a kind, about 1 MB at a time; the next is fetched when it is asked for."""
        if set(filters) <= _EXPORT_FILTERS:
            async for piece in self._exported(kind, view, filters):
                yield piece
            return
        number, last = 1, 1
        while number <= last:
            page = await self.page(kind, view, filters, page=number, per_page=MOST_PER_PAGE)
            yield page.publications
            number, last = number + 1, -(-page.total_items // MOST_PER_PAGE)

    async def _exported(
        self,
        kind: publication_pb2.PublicationKind,
        view: publication_pb2.PublicationView,
        filters: Mapping[str, Any],
    ) -> AsyncIterator[Sequence[publication_pb2.Publication]]:
        request = publication_pb2.ExportPublicationsRequest(kind=kind, view=view, **filters)
        while True:
            piece = await _call(self._stub.ExportPublications, request)
            yield piece.publications
            if not piece.next_page_token:
                return
            request.page_token = piece.next_page_token


async def _call(method: Callable[..., Awaitable[A]], request: Message) -> A:
    try:
        return await method(request, timeout=_SECONDS)
    except AioRpcError as error:
        raise failure_of(error) from None
