"""`PublicationService`: from the contract to the index and the table, and back. Keeps nothing of what is asked."""

import asyncio
from typing import Any, Final
from uuid import UUID

import grpc

from kith.directory.v1 import publication_service_pb2 as pb
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceServicer
from services.chassis import access, paging
from services.chassis.database import Database
from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens
from services.directory.finding import messages, postcodes, requests, store
from services.directory.finding.follower import Follower
from services.directory.finding.index import Found, Index
from services.directory.finding.postcodes import Place
from services.directory.finding.question import Question
from services.directory.finding.refusals import IndexNotReady, PostcodeUnknown, PublicationNotFound
from services.directory.finding.store import Published, Selection

Context = grpc.aio.ServicerContext[Any, Any]

_FIRST: Final = UUID(int=0)
_USUAL_PIECE, _MOST_IN_PIECE = 500, 1000


class PublicationService(PublicationServiceServicer):
    """Answers from what is published. What is looked for goes no further than the index (SD-1)."""

    def __init__(self, database: Database, keyring: Keyring, index: Index, follower: Follower) -> None:
        self._database = database
        self._page_tokens = PageTokens(keyring)
        self._index = index
        self._follower = follower

    async def GetPublication(
        self, request: pb.GetPublicationRequest, _context: Context
    ) -> pb.GetPublicationResponse:
        """Get one publication, in one round trip to the database. Raises PublicationNotFound."""
        async with self._database.connection() as connection:
            found = await store.publication(connection, request.kind, UUID(request.id), request.if_none_match)
        if found is None:
            raise PublicationNotFound
        return pb.GetPublicationResponse(
            publication=messages.publication(found), not_modified=found.json is None
        )

    async def ListPublications(
        self, request: pb.ListPublicationsRequest, _context: Context
    ) -> pb.ListPublicationsResponse:
        """List a page of a kind. Raises IndexNotReady."""
        question = requests.listed(request)
        found = await self._find(question)
        published = await self._published(question, found, request.view)
        hits = [published[hit.id] for hit in found.hits if hit.id in published]
        return pb.ListPublicationsResponse(
            publications=map(messages.publication, hits), total_items=found.total, per_page=question.limit
        )

    async def SearchServices(
        self, request: pb.SearchServicesRequest, _context: Context
    ) -> pb.SearchServicesResponse:
        """Find services and say why. Raises IndexNotReady, PostcodeUnknown."""
        place = await self._place(request)
        question = requests.search(request, place)
        found = await self._find(question)
        explained = bool(found.wanted.asked) or question.age is not None
        published = await self._published(question, found, request.view, full=explained)
        filters = requests.filters(request)
        # One that was withdrawn since the index was asked is left out, as it is from now on.
        return pb.SearchServicesResponse(
            results=[
                messages.result(hit, published[hit.id], found.wanted.asked, filters)
                for hit in found.hits
                if hit.id in published
            ],
            total_items=found.total,
            per_page=question.limit,
            origin=messages.origin(place) if place else None,
            unknown_words=found.wanted.unknown,
        )

    async def ExportPublications(
        self, request: pb.ExportPublicationsRequest, _context: Context
    ) -> pb.ExportPublicationsResponse:
        """Return the next piece of a kind, straight from the table."""
        binding = paging.binding(request, access.current().caller)
        after = _FIRST
        if request.page_token:
            after = UUID(bytes=self._page_tokens.open(request.page_token, binding))
        selection = Selection(
            request.kind,
            UUID(request.organization_id) if request.organization_id else None,
            requests.moment(request),
        )
        limit = paging.page_size(request.page_size, default=_USUAL_PIECE, cap=_MOST_IN_PIECE)
        async with self._database.connection() as connection:
            piece, more = await store.piece(connection, selection, after, _view(request.view), limit)
        token = self._page_tokens.seal(binding, piece[-1].id.bytes) if more else ""
        return pb.ExportPublicationsResponse(
            publications=map(messages.publication, piece), next_page_token=token
        )

    async def _find(self, question: Question) -> Found:
        if not self._follower.filled:
            raise IndexNotReady
        return await asyncio.to_thread(self._index.find, question)

    async def _place(self, request: pb.SearchServicesRequest) -> Place | None:
        """Return the place given, None if none is. Raises IndexNotReady, PostcodeUnknown."""
        if not request.postcode:
            return requests.coordinates(request)
        place = await asyncio.to_thread(postcodes.find, request.postcode)
        if place is not None:
            return place
        if not self._follower.filled:
            raise IndexNotReady
        if (place := self._index.place_of(request.postcode)) is None:
            raise PostcodeUnknown
        return place

    async def _published(
        self, question: Question, found: Found, view: int, *, full: bool = False
    ) -> dict[UUID, Published]:
        if not found.hits:
            return {}
        ids = [hit.id for hit in found.hits]
        async with self._database.connection() as connection:
            return await store.publications(connection, question.kind, ids, _view(view), full=full)


def _view(view: int) -> int:
    return view or pb.PUBLICATION_VIEW_LIST
