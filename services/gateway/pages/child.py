"""The record of a child."""

import datetime as dt
from typing import Final

from starlette.responses import Response

from services.gateway.handles import CHILD
from services.gateway.record_view import directory_ids, record, shielded_record
from services.gateway.visit import SignedInVisit

RECORDED: Final = "recorded"
PERHAPS_RECORDED: Final = "perhaps_recorded"


async def show(visit: SignedInVisit) -> Response:
    """Show who the child is, who is involved and how to reach them. All of it, or nothing (G8).

    Of a shielded child only what is visible, and whom to ring (DESIGN 5 no. 7).
    """
    handle = visit.request.path_params["handle"]
    child_id = visit.handles.open(CHILD, handle)
    if not visit.session.purpose:
        return visit.go("/find")
    asker = await visit.asker()
    child = await visit.site.neighbours.get_child(asker, child_id)
    now = dt.datetime.now(dt.UTC)
    if child.shielded:
        return visit.page("shielded.html", record=shielded_record(child, now.date()))
    organisations, services, practitioners = directory_ids(child)
    contacts = await visit.site.neighbours.contacts(
        asker, organisations=organisations, services=services, practitioners=practitioners, duty=services
    )
    notice = visit.session.notice
    if notice:
        await visit.change(lambda session: session.model_copy(update={"notice": ""}))
    return visit.page("child.html", record=record(child, contacts, now), handle=handle, notice=notice)
