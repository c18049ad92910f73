"""Signing in and out."""

from starlette.responses import Response

from services.gateway import problems
from services.gateway.oidc import LoginRefused
from services.gateway.session import SignedIn, SigningIn
from services.gateway.visit import SignedInVisit, Visit


async def begin(visit: Visit) -> Response:
    """Send the browser to the issuer's login page."""
    if isinstance(visit.session, SignedIn):
        return visit.go("/")
    signing_in, address = visit.site.oidc.begin()
    response = visit.go(address)
    visit.site.set_cookie(response, await visit.site.sessions.begin(signing_in))
    return response


async def finish(visit: Visit) -> Response:
    """Receive the browser back from there. The session gets a new cookie: the old one was known before the login."""
    if isinstance(visit.session, SignedIn):
        return visit.go("/")
    if not isinstance(visit.session, SigningIn):
        return _refused(visit)
    await visit.site.sessions.end(visit.cookie)
    try:
        person, tokens = await visit.site.oidc.finish(visit.session, visit.request.query_params)
    except LoginRefused:
        return _refused(visit)
    response = visit.go("/")
    cookie = await visit.site.sessions.begin(SignedIn(person=person, tokens=tokens))
    visit.site.set_cookie(response, cookie)
    return response


async def sign_out(visit: SignedInVisit) -> Response:
    """End the session."""
    return await visit.sign_out()


def _refused(visit: Visit) -> Response:
    problem = problems.CANNOT_SIGN_IN
    response = visit.page("problem.html", problem.status, problem=problem)
    visit.site.forget_cookie(response)
    return response
