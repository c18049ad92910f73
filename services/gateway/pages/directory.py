"""The public pages of the service directory: look for a service, see what was found and why, see one in full.

Open to everybody. Nothing of what is looked for is kept, and nothing personal stands in an address (SD-1, SD-2).
"""

import datetime as dt
import functools
import json
import math
from typing import Final

from starlette.responses import Response

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.chassis.errors import InvalidArgument, NotFound
from services.gateway import problems, service_search, service_view
from services.gateway.forms import Errors
from services.gateway.open_directory import values
from services.gateway.open_directory.values import BadValue
from services.gateway.routes import OpenHandler
from services.gateway.visit import Visit

PATH: Final = "/services"
_PER_PAGE: Final = 10
_LAST_PAGE: Final = 1_000
_SEARCH: Final = "search"


def _limited(handler: OpenHandler) -> OpenHandler:
    """Let one client ask only so often, as of the open API: these pages are open to everybody too."""

    @functools.wraps(handler)
    async def answer(visit: Visit) -> Response:
        client = visit.request.client
        wait = visit.site.limit.wait(client.host if client else "")
        if wait > 0:
            response = visit.page("problem.html", 429, problem=problems.TOO_OFTEN)
            response.headers["Retry-After"] = str(math.ceil(wait))
            return response
        return await handler(visit)

    return answer


async def ask(visit: Visit) -> Response:
    """Show the form; filled in where a search is to be changed."""
    return _form(visit, _typed(visit) or service_search.typed({}))


async def receive(visit: Visit) -> Response:
    """Lead to what is found, or say what is wrong with what was typed."""
    typed = service_search.typed(visit.fields)
    _, errors = service_search.read(typed)
    if errors:
        return _form(visit, typed, errors)
    return visit.go(f"{PATH}/found?{_SEARCH}={visit.site.searches.seal(typed)}")


@_limited
async def found(visit: Visit) -> Response:
    """Show what is found, a page at a time."""
    typed, page = _typed(visit), _page(visit)
    if typed is None:
        # Older than an hour: what was looked for is not known any more.
        return visit.go(PATH)
    asked, errors = service_search.read(typed)
    if errors:
        return _form(visit, typed, errors)
    request = publication_pb2.SearchServicesRequest(
        kind=publication_pb2.PUBLICATION_KIND_SERVICE,
        # In full, since when and where it is has a line on each card.
        view=publication_pb2.PUBLICATION_VIEW_FULL,
        page=page,
        per_page=_PER_PAGE,
        **asked,
    )
    try:
        answer = await visit.site.publications.search(request)
    except InvalidArgument as refused:
        if refused.reason != "POSTCODE_UNKNOWN":
            raise
        sentence = "Enter a postcode that exists, or its first half, such as LS1"
        return _form(visit, typed, {"postcode": sentence})
    if page > 1 and not answer.results:
        raise NotFound("NO_SUCH_PAGE", "")
    results = service_view.results(answer, typed, page, _today())
    return visit.page("services_found.html", results=results, search=visit.request.query_params[_SEARCH])


@_limited
async def show(visit: Visit) -> Response:
    """Show one service in full. Raises NotFound if there is none, or none any more."""
    try:
        service_id = values.identifier(visit.request.path_params["id"])
    except BadValue:
        raise NotFound("NO_SUCH_PAGE", "") from None
    answer = await visit.site.publications.get(publication_pb2.PUBLICATION_KIND_SERVICE, service_id)
    service = service_view.service_page(json.loads(answer.publication.json), _today())
    search = visit.request.query_params.get(_SEARCH, "") if _typed(visit) else ""
    return visit.page("service.html", service=service, search=search)


def _form(visit: Visit, typed: dict[str, str], errors: Errors | None = None) -> Response:
    return visit.page(
        "services.html",
        400 if errors else 200,
        typed=typed,
        errors=errors or {},
        miles=list(service_search.MILES),
        days=service_search.DAYS,
    )


def _typed(visit: Visit) -> dict[str, str] | None:
    return visit.site.searches.open(visit.request.query_params.get(_SEARCH, ""))


def _page(visit: Visit) -> int:
    try:
        number: int = values.whole_number(1, _LAST_PAGE)(visit.request.query_params.get("page", "1"))
    except BadValue:
        raise NotFound("NO_SUCH_PAGE", "") from None
    return number


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
