"""The pages and the open API as one ASGI application."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.chassis.errors import InvalidArgument, NotFound
from services.gateway.assets import Assets
from services.gateway.boundary import Boundary
from services.gateway.open_directory.api import PATH as OPEN_DIRECTORY
from services.gateway.pages import child, directory, find, home, involvement, login, own_entries, shield
from services.gateway.routes import form, open_form, open_page, page
from services.gateway.visit import Site

_NOT_FOUND = 404


def make(
    site: Site, assets: Assets, open_directory: ASGIApp, ready: Callable[[], Awaitable[None]]
) -> ASGIApp:
    """Return the application. `ready` raises while what the gateway needs is not there."""
    pages = _pages(site, assets, ready)

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        # The open API has headers, errors and a log line of its own: it stands beside the pages, not among them.
        is_open = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{OPEN_DIRECTORY}/")
        await (open_directory if is_open else pages)(scope, receive, send)

    return gateway


def _pages(site: Site, assets: Assets, ready: Callable[[], Awaitable[None]]) -> Starlette:

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        await ready()
        return PlainTextResponse("ok")

    record = "/child/{handle}"
    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/static/{version}/{name}", assets.asset),
            open_page(site, "/", home.show),
            open_page(site, "/login", login.begin),
            open_page(site, "/login/callback", login.finish),
            form(site, "/sign-out", login.sign_out),
            page(site, "/find", find.ask),
            form(site, "/find", find.receive),
            page(site, "/results", find.show),
            page(site, record, child.show),
            page(site, f"{record}/involvement", involvement.ask),
            form(site, f"{record}/involvement", involvement.receive),
            page(site, f"{record}/involvement/check", involvement.check),
            form(site, f"{record}/involvement/check", involvement.record),
            page(site, f"{record}/shield", shield.ask),
            form(site, f"{record}/shield", shield.receive),
            page(site, own_entries.PATH, own_entries.show),
            form(site, f"{own_entries.PATH}/{{id}}/confirm", own_entries.confirm),
            form(site, f"{own_entries.PATH}/{{id}}/capacity", own_entries.say_capacity),
            open_page(site, directory.PATH, directory.ask),
            open_form(site, directory.PATH, directory.receive),
            open_page(site, f"{directory.PATH}/found", directory.found),
            open_page(site, f"{directory.PATH}/{{id}}", directory.show),
        ],
        middleware=[Middleware(Boundary, address=site.address, templates=site.templates)],
        exception_handlers={HTTPException: _no_such_page},
    )


async def _no_such_page(_: Request, error: Exception) -> Response:
    """Let the boundary show its own page for what Starlette refuses: no such path, or not in this way."""
    if isinstance(error, HTTPException) and error.status_code == _NOT_FOUND:
        raise NotFound("NO_SUCH_PAGE", "") from None
    raise InvalidArgument([]) from None
