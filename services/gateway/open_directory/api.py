"""The endpoints of the open API. They read parameters, ask the directory and pass its JSON on."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.gateway.open_directory import answers, conditions, openapi, parameters, values
from services.gateway.open_directory.neighbours import Publications
from services.gateway.open_directory.problems import NOT_FOUND, Problem, bad_parameters
from services.gateway.open_directory.resources import RESOURCES, Resource
from services.gateway.open_directory.streams import Streams
from services.gateway.open_directory.values import BadValue

PATH: Final = "/directory"
VERSION: Final = "HSDS-UK-3.0"
PROFILE: Final = "https://docs.openreferraluk.org/en/latest/"
_FOR_ALL: Final = "public, max-age=60"
"""Short, so that what is withdrawn is soon gone everywhere."""
_FOR_ONE: Final = "private, max-age=60"
"""Of what somebody typed, or where they live, no shared cache keeps a copy (SD-2)."""
_TELLING: Final = {"search", "postcode"}

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class Api:
    """The endpoints. `address` is where the API is, without a trailing slash."""

    def __init__(self, publications: Publications, address: str) -> None:
        self._publications = publications
        self._streams = Streams()
        information = {"version": VERSION, "profile": PROFILE, "openapi_url": f"{address}/openapi.json"}
        self._information = json.dumps(information).encode()
        self._openapi = json.dumps(openapi.document(address)).encode()

    def routes(self) -> list[Route]:
        """Return a route for every address."""
        made = [
            _route(f"{PATH}/", "directory.information", self._constant(self._information)),
            _route(f"{PATH}/openapi.json", "directory.openapi", self._constant(self._openapi)),
        ]
        for resource in RESOURCES:
            name = resource.name
            made += [
                _route(f"{PATH}/{name}", f"directory.{name}", self._list(resource)),
                _route(f"{PATH}/{name}/{{id}}", f"directory.{name}.one", self._one(resource)),
            ]
        return made

    def _constant(self, body: bytes) -> Endpoint:
        async def answer(request: Request) -> Response:
            _read(request, ())
            return _answer(request, body, conditions.etag_of(body), _FOR_ALL)

        return answer

    def _one(self, resource: Resource) -> Endpoint:
        async def answer(request: Request) -> Response:
            asked = _read(request, resource.item_parameters)
            publication_id = _id(request)
            if asked.get(parameters.FULL_SERVICE.name):
                return await self._with_services(request, publication_id)
            known = conditions.known_etags(request)
            found = await self._publications.get(resource.kind, publication_id, known)
            etag, modified = found.publication.etag, answers.modified(found.publication)
            headers = {"Cache-Control": _FOR_ALL, **conditions.validators(etag, modified)}
            if found.not_modified or conditions.is_known(request, etag, modified):
                return conditions.not_modified(headers)
            return Response(found.publication.json, headers=headers, media_type=answers.JSON)

        return answer

    def _list(self, resource: Resource) -> Endpoint:
        async def answer(request: Request) -> Response:
            asked = _read(request, resource.parameters)
            cache = _FOR_ONE if _TELLING & asked.keys() else _FOR_ALL
            is_paged = parameters.PAGE.name in asked or parameters.PER_PAGE.name in asked
            if asked.get(parameters.FORMAT.name):
                return await self._stream(request, resource, asked, answers.NDJSON)
            if asked.get(parameters.MINIMAL.name) and not is_paged:
                return await self._stream(request, resource, asked, answers.JSON)
            return _answer(
                request, body := await self._page(resource, asked), conditions.etag_of(body), cache
            )

        return answer

    async def _page(self, resource: Resource, asked: dict[str, Any]) -> bytes:
        number = asked.get(parameters.PAGE.name, 1)
        page = await self._publications.page(
            resource.kind,
            parameters.view(asked),
            parameters.filters(asked, resource.parameters),
            page=number,
            per_page=asked.get(parameters.PER_PAGE.name, parameters.USUAL_PER_PAGE),
        )
        items = [answers.item(one) for one in page.publications]
        return answers.page(items, total=page.total_items, number=number, per_page=page.per_page)

    async def _with_services(self, request: Request, organization_id: str) -> Response:
        found = await self._publications.get(publication_pb2.PUBLICATION_KIND_ORGANIZATION, organization_id)
        pieces = self._publications.pieces(
            publication_pb2.PUBLICATION_KIND_SERVICE,
            publication_pb2.PUBLICATION_VIEW_FULL,
            {"organization_id": organization_id},
        )
        chunks = answers.with_services(found.publication.json, pieces)
        return await self._streamed(request, chunks, answers.JSON)

    async def _stream(
        self, request: Request, resource: Resource, asked: dict[str, Any], media_type: str
    ) -> Response:
        filters = parameters.filters(asked, resource.parameters)
        pieces = self._publications.pieces(resource.kind, parameters.view(asked), filters)
        chunks = answers.lines(pieces) if media_type == answers.NDJSON else answers.one_page(pieces)
        return await self._streamed(request, chunks, media_type)

    async def _streamed(self, request: Request, chunks: AsyncIterator[bytes], media_type: str) -> Response:
        # Not to be kept by caches: it is large, and they could not tell a transfer that broke off.
        headers = {"Cache-Control": "no-store"}
        if request.method == "HEAD":
            head = Response(headers=headers, media_type=media_type)
            # Nobody knows how long the stream would be.
            del head.headers["content-length"]
            return head
        address = request.client.host if request.client else ""
        return await self._streams.response(address, chunks, media_type, headers)


def _route(path: str, name: str, answer: Endpoint) -> Route:
    # The name that stands in the log.
    answer.__name__ = name
    return Route(path, answer)


def _read(request: Request, known: tuple[parameters.Parameter, ...]) -> dict[str, Any]:
    return parameters.read(request.scope["query_string"], known)


def _id(request: Request) -> str:
    try:
        return values.identifier(request.path_params["id"])
    except BadValue as bad:
        raise bad_parameters([("id", bad.sentence)]) from None


def _answer(request: Request, body: bytes, etag: str, cache: str) -> Response:
    headers = {"Cache-Control": cache, **conditions.validators(etag)}
    if conditions.is_known(request, etag):
        return conditions.not_modified(headers)
    return Response(body, headers=headers, media_type=answers.JSON)


async def nothing_here(*_: object) -> None:
    """Answer for an address that is none of the API's."""
    raise Problem(NOT_FOUND, f"The API has no such address. What there is stands in {PATH}/openapi.json.")
