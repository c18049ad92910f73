"""Turns a handler of a page into an endpoint: finds the session, checks the form's token, deals with its end."""

import secrets
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.chassis.errors import Unauthenticated
from services.gateway import posted, problems
from services.gateway.posted import BadForm
from services.gateway.session import SignedIn
from services.gateway.visit import SignedInVisit, Site, Visit

OpenHandler: TypeAlias = Callable[[Visit], Awaitable[Response]]
Handler: TypeAlias = Callable[[SignedInVisit], Awaitable[Response]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

CSRF_FIELD = "csrf"


def open_page(site: Site, path: str, handler: OpenHandler) -> Route:
    """A page that anybody may open; reads nothing that is sent."""

    async def answer(request: Request) -> Response:
        cookie = request.cookies.get(site.cookie_name, "")
        session = await site.sessions.find(cookie) if cookie else None
        return await handler(Visit(site, request, cookie, session))

    return Route(path, _named(answer, handler), methods=["GET"])


def open_form(site: Site, path: str, handler: OpenHandler) -> Route:
    """What a form sends to that anybody may send; nothing may be changed by it, so it carries no token."""

    async def answer(request: Request) -> Response:
        visit = Visit(site, request, "", None)
        try:
            visit.fields = await posted.fields_of(request)
        except BadForm:
            return _stopped(visit, problems.BAD_REQUEST)
        return await handler(visit)

    return Route(path, _named(answer, handler), methods=["POST"])


def page(site: Site, path: str, handler: Handler) -> Route:
    """A page that only somebody signed in may open; others are sent to the first page."""

    async def answer(request: Request) -> Response:
        visit = await _signed_in(site, request)
        if visit is None:
            return Visit(site, request, "", None).go("/")
        return await _guarded(visit, handler)

    return Route(path, _named(answer, handler), methods=["GET"])


def form(site: Site, path: str, handler: Handler) -> Route:
    """What a form of one of our pages sends to; `visit.fields` has what was typed."""

    async def answer(request: Request) -> Response:
        visit = await _signed_in(site, request)
        if visit is None:
            return _stopped(Visit(site, request, "", None), problems.SIGNED_OUT)
        try:
            visit.fields = await posted.fields_of(request)
        except BadForm:
            return _stopped(visit, problems.BAD_REQUEST)
        sent = visit.fields.pop(CSRF_FIELD, "")
        if not secrets.compare_digest(sent.encode(), visit.session.csrf.encode()):
            return _stopped(visit, problems.PAGE_TOO_OLD)
        return await _guarded(visit, handler)

    return Route(path, _named(answer, handler), methods=["POST"])


async def _signed_in(site: Site, request: Request) -> SignedInVisit | None:
    cookie = request.cookies.get(site.cookie_name, "")
    session = await site.sessions.find(cookie) if cookie else None
    return SignedInVisit(site, request, cookie, session) if isinstance(session, SignedIn) else None


async def _guarded(visit: SignedInVisit, handler: Handler) -> Response:
    # The boundary shows its pages as somebody's who is signed in, then.
    visit.request.state.visit = visit
    try:
        return await handler(visit)
    except Unauthenticated:
        # The issuer no longer vouches for this person, so the session is over as well.
        await visit.sign_out()
        response = _stopped(Visit(visit.site, visit.request, "", None), problems.SIGNED_OUT)
        visit.site.forget_cookie(response)
        return response


def _stopped(visit: Visit, problem: problems.Problem) -> Response:
    return visit.page("problem.html", problem.status, problem=problem)


def _named(answer: Endpoint, handler: OpenHandler | Handler) -> Endpoint:
    """Give the endpoint the name that stands in the log, such as `child.show`."""
    answer.__name__ = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
    return answer
