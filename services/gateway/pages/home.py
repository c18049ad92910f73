"""The first page: for somebody signed in what can be done here, for everybody else what this is and whom to ring."""

from starlette.responses import Response

from services.gateway.session import SignedIn
from services.gateway.visit import Visit


async def show(visit: Visit) -> Response:
    """Show the first page."""
    if isinstance(visit.session, SignedIn):
        return visit.page("home.html")
    was_signed_in = bool(visit.cookie) and visit.session is None
    response = visit.page("start.html", was_signed_in=was_signed_in)
    if was_signed_in:
        visit.site.forget_cookie(response)
    return response
