"""The entries of one's own organisation in the directory: what is public, what to confirm, what to fix (SD-1)."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from kith.directory.v1.entry_pb2 import Entry
from services.chassis.errors import Aborted, FailedPrecondition, NotFound, PermissionDenied
from services.gateway import own_entries_view
from services.gateway.forms import Errors
from services.gateway.neighbours import Asker
from services.gateway.open_directory import values
from services.gateway.open_directory.values import BadValue
from services.gateway.visit import SignedInVisit

PATH: Final = "/my-services"
_CONFIRMED: Final = "confirmed"
_CAPACITY_SAID: Final = "capacity_said"
_LAST_PAGE: Final = 1_000
_SEEN_OTHERWISE: Final = {
    "REVISION_CHANGED": "‘{}’ has changed since this page was made. Look at it again before you confirm it",
    "NOT_TO_BE_CONFIRMED": "‘{}’ is not public any more, so there is nothing to confirm",
}


async def show(visit: SignedInVisit) -> Response:
    """Show a page of the entries; what was just done stands above them, once."""
    notice, _, entry_id = visit.session.notice.partition(":")
    if notice not in {_CONFIRMED, _CAPACITY_SAID}:
        return await _page(visit, visit.request.query_params.get("page", "1"))
    await visit.change(lambda session: session.model_copy(update={"notice": ""}))
    return await _page(visit, visit.request.query_params.get("page", "1"), notice=notice, entry_id=entry_id)


async def confirm(visit: SignedInVisit) -> Response:
    """Say that an entry is still correct. Sent twice, it is confirmed once."""
    entry_id = _entry_id(visit)
    revision, request_id = _sent(visit)
    asker = await visit.asker()
    try:
        await visit.site.neighbours.confirm_entry(asker, entry_id, revision, request_id)
    except (Aborted, FailedPrecondition) as refused:
        if refused.reason not in _SEEN_OTHERWISE:
            raise
        errors = {f"entry-{entry_id}": _SEEN_OTHERWISE[refused.reason]}
        return await _page(visit, visit.fields.get("page", ""), errors=errors, entry_id=entry_id)
    return await _done(visit, _CONFIRMED, entry_id)


async def say_capacity(visit: SignedInVisit) -> Response:
    """Say whether a service takes new people, or say what is wrong with what was typed."""
    entry_id = _entry_id(visit)
    _, request_id = _sent(visit)
    capacity, errors = own_entries_view.read_capacity(entry_id, visit.fields)
    if capacity is None:
        return await _page(visit, visit.fields.get("page", ""), errors=errors, entry_id=entry_id)
    await visit.site.neighbours.set_capacity(await visit.asker(), entry_id, capacity, request_id)
    return await _done(visit, _CAPACITY_SAID, entry_id)


async def _done(visit: SignedInVisit, notice: str, entry_id: str) -> Response:
    await visit.change(lambda session: session.model_copy(update={"notice": f"{notice}:{entry_id}"}))
    number = _number(visit.fields.get("page", ""))
    return visit.go(f"{PATH}?page={number}" if number > 1 else PATH)


async def _page(
    visit: SignedInVisit,
    typed_page: str,
    *,
    notice: str = "",
    entry_id: str = "",
    errors: Errors | None = None,
) -> Response:
    """Show a page; the last one for a number beyond it. `entry_id` is of the entry that notice and errors are about."""
    asker = await visit.asker()
    entries = own_entries_view.sort(await _own(visit, asker))
    number = min(_number(typed_page), own_entries_view.page_count(entries))
    shown = [
        one.id for one in own_entries_view.page_of(entries, number) if own_entries_view.is_confirmed(one)
    ]
    qualities = await visit.site.neighbours.qualities(asker, shown)
    page = own_entries_view.own_entries(entries, qualities, number, _today())
    about = next((one.display_name for one in entries if one.id == entry_id), "")
    if errors and "capacity" in visit.fields:
        # What was typed stays as it was typed.
        choice, weeks = visit.fields["capacity"], visit.fields.get("weeks", "")
        kept = [
            replace(one, capacity_choice=choice, waiting_weeks=weeks) if one.id == entry_id else one
            for one in page.entries
        ]
        page = replace(page, entries=kept)
    return visit.page(
        "own_entries.html",
        400 if errors else 200,
        own=page,
        capacities={name: text for name, (_, text) in own_entries_view.CAPACITIES.items()},
        notice=notice,
        about=about,
        errors={field: text.format(about) for field, text in (errors or {}).items()},
        request_id=lambda: str(uuid.uuid4()),
    )


async def _own(visit: SignedInVisit, asker: Asker) -> list[Entry]:
    organisation_id = visit.session.person.organisation_id
    # Without one the directory would list everybody's to an editor.
    if not organisation_id:
        raise PermissionDenied
    return await visit.site.neighbours.entries_of(asker, organisation_id)


def _entry_id(visit: SignedInVisit) -> str:
    try:
        return str(values.identifier(visit.request.path_params["id"]))
    except BadValue:
        raise NotFound("NO_SUCH_PAGE", "") from None


def _sent(visit: SignedInVisit) -> tuple[int, str]:
    """The revision and the request id that the form carries. Raises NotFound for what no form of ours has sent."""
    try:
        revision = values.whole_number(0, 2**31 - 1)(visit.fields.get("revision", "0"))
        return int(revision), str(values.identifier(visit.fields.get("request_id", "")))
    except BadValue:
        raise NotFound("NO_SUCH_PAGE", "") from None


def _number(typed: str) -> int:
    try:
        return int(values.whole_number(1, _LAST_PAGE)(typed))
    except BadValue:
        return 1


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
