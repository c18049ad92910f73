"""PublicationService over a directory in memory: it pages and streams, and filters by nothing."""

from typing import TYPE_CHECKING, Any

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceServicer
from services.chassis.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from tests.service.gateway.neighbours import FakeNeighbours


class FakePublications(PublicationServiceServicer):
    """The postcode XX9 9XX is one whose place is not known."""

    def __init__(self, fakes: "FakeNeighbours") -> None:
        self._fakes = fakes

    async def GetPublication(self, request: publication_pb2.GetPublicationRequest, context: Any) -> Any:
        found = [one for one in self._fakes.publications.get(request.kind, []) if one.id == request.id]
        if not found:
            return await self._fakes.refuse(NotFound("PUBLICATION_NOT_FOUND", ""), context)
        response = publication_pb2.GetPublicationResponse(publication=found[0])
        if found[0].etag in request.if_none_match:
            response.not_modified = True
            response.publication.ClearField("json")
        return await self._fakes.answer("GetPublication", request, context, lambda: response)

    async def ListPublications(self, request: publication_pb2.ListPublicationsRequest, context: Any) -> Any:
        publications, total, per_page = self._page(request.kind, request)
        response = publication_pb2.ListPublicationsResponse(
            publications=publications, total_items=total, per_page=per_page
        )
        return await self._fakes.answer("ListPublications", request, context, lambda: response)

    async def SearchServices(self, request: publication_pb2.SearchServicesRequest, context: Any) -> Any:
        if request.postcode == "XX9 9XX":
            return await self._fakes.refuse(InvalidArgument([], "POSTCODE_UNKNOWN"), context)
        publications, total, per_page = self._page(request.kind, request)
        response = publication_pb2.SearchServicesResponse(
            results=[_found(one, request) for one in publications],
            total_items=total,
            per_page=per_page,
        )
        return await self._fakes.answer("SearchServices", request, context, lambda: response)

    async def ExportPublications(
        self, request: publication_pb2.ExportPublicationsRequest, context: Any
    ) -> Any:
        start = int(request.page_token or 0)
        found = self._fakes.publications.get(request.kind, [])
        end = start + self._fakes.export_piece
        response = publication_pb2.ExportPublicationsResponse(
            publications=[_viewed(one, request.view) for one in found[start:end]],
            next_page_token=str(end) if end < len(found) else "",
        )
        return await self._fakes.answer("ExportPublications", request, context, lambda: response)

    def _page(self, kind: int, request: Any) -> tuple[list[publication_pb2.Publication], int, int]:
        found, per_page = self._fakes.publications.get(kind, []), request.per_page or 20
        start = per_page * (max(request.page, 1) - 1)
        return [_viewed(one, request.view) for one in found[start : start + per_page]], len(found), per_page


def _found(
    publication: publication_pb2.Publication, request: publication_pb2.SearchServicesRequest
) -> publication_pb2.ServiceResult:
    """A result that has every word of the text in its name, and says nothing of what is filtered by."""
    given = {field.name for field, _ in request.ListFields()} & {"age", "days", "free", "languages"}
    found = publication_pb2.ServiceResult(
        publication=publication,
        words=[
            publication_pb2.WordMatch(
                asked=word,
                found="sleep",
                how=publication_pb2.WordMatch.HOW_SPELLING,
                part=publication_pb2.WordMatch.PART_NAME,
            )
            for word in request.text.split()
        ],
        filters=[
            publication_pb2.FilterMatch(filter=name, not_stated=name == "age") for name in sorted(given)
        ],
    )
    if request.postcode:
        found.distance = 2_500
    return found


def _viewed(
    publication: publication_pb2.Publication, view: publication_pb2.PublicationView
) -> publication_pb2.Publication:
    if view != publication_pb2.PUBLICATION_VIEW_MINIMAL:
        return publication
    minimal = publication_pb2.Publication()
    minimal.CopyFrom(publication)
    minimal.ClearField("json")
    return minimal
