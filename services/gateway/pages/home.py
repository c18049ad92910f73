"""The first page: for somebody signed in what can be done here, for everybody else what this is and whom to ring."""

from typing import Final

from starlette.responses import Response

from services.gateway.session import SignedIn
from services.gateway.visit import Visit

_KEEP_ENTRIES: Final = frozenset({"PRACTITIONER", "INDEX_DESK", "DIRECTORY_EDITOR"})
"""Roles of people who may edit their own organisation's entries in the directory."""


async def show(visit: Visit) -> Response:
    """Show the first page."""
    if isinstance(visit.session, SignedIn):
        keeps_entries = not _KEEP_ENTRIES.isdisjoint(visit.session.person.roles)
        return visit.page("home.html", keeps_entries=keeps_entries)
    was_signed_in = bool(visit.cookie) and visit.session is None
    response = visit.page("start.html", was_signed_in=was_signed_in)
    if was_signed_in:
        visit.site.forget_cookie(response)
    return response
