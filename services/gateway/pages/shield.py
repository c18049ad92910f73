"""Shielding a child at once: what it does, and one button (DESIGN 5 no. 7). No reason is asked for (X-2)."""

from starlette.responses import Response

from services.gateway.handles import CHILD
from services.gateway.visit import SignedInVisit


async def ask(visit: SignedInVisit) -> Response:
    """Say what will happen."""
    handle = visit.request.path_params["handle"]
    visit.handles.open(CHILD, handle)
    return visit.page("shield.html", handle=handle)


async def receive(visit: SignedInVisit) -> Response:
    """Shield the child and go back to the record. Sent twice, the child is shielded all the same."""
    handle = visit.request.path_params["handle"]
    child_id = visit.handles.open(CHILD, handle)
    if not visit.session.purpose:
        return visit.go("/find")
    await visit.site.neighbours.shield_child(await visit.asker(), child_id)
    return visit.go(f"/child/{handle}")
