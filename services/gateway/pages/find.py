"""Finding a child: the form, and the matches. What is searched for is kept in the session, so no URL has a name."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from kith.childindex.v1 import child_pb2, match_pb2
from kith.search.v1 import search_service_pb2
from services.chassis.errors import InvalidArgument
from services.gateway import forms, wording
from services.gateway.forms import Errors, Search
from services.gateway.handles import CHILD
from services.gateway.results_view import results
from services.gateway.visit import SignedInVisit

_FIELDS: Final = {
    "query.given_name": ("given_name", "Given name"),
    "query.family_name": ("family_name", "Family name"),
    "query.birth_date": ("birth_date-day", "Date of birth"),
    "query.postcode": ("postcode", "Postcode"),
    "query.age": ("age", "Age"),
    "query.other_given_names": ("other_given_names", "Middle names"),
    "query.school_name": ("school", "School"),
    "query.carers": ("carer", "Parent or carer"),
    "": ("given_name", "The search"),
}
"""Where the search's field violations belong on the page."""
_INDEX_DESK: Final = "INDEX_DESK"


async def ask(visit: SignedInVisit) -> Response:
    """Show the form, filled in as it was last sent."""
    return _form(visit, visit.session.typed)


async def receive(visit: SignedInVisit) -> Response:
    """Keep what was typed and go to the matches, or say what is wrong with it."""
    typed = forms.typed_search(visit.fields)
    search, errors = forms.read_search(typed, _purposes(visit), _today())
    purpose = typed["purpose"] if "purpose" not in errors else visit.session.purpose
    await visit.change(lambda session: session.model_copy(update={"typed": typed, "purpose": purpose}))
    return _form(visit, typed, errors) if search is None else visit.go("/results")


async def show(visit: SignedInVisit) -> Response:
    """Search, and show the matches. Each time anew: results are never kept."""
    if not visit.session.typed:
        return visit.go("/find")
    search, errors = forms.read_search(visit.session.typed, _purposes(visit), _today())
    if search is None:
        return _form(visit, visit.session.typed, errors)
    asker = await visit.asker()
    try:
        answer = await visit.site.neighbours.find_children(asker, _request(search))
    except InvalidArgument as refused:
        return _form(visit, visit.session.typed, forms.from_violations(refused.violations, _FIELDS))
    contacts = await visit.site.neighbours.contacts(
        asker, organisations=[one.organisation_id for one in answer.coverage]
    )
    found = results(
        answer,
        search,
        contacts.organisations,
        lambda child_id: visit.handles.of(CHILD, child_id),
        dt.datetime.now(dt.UTC),
    )
    return visit.page("results.html", results=found)


def _form(visit: SignedInVisit, typed: Mapping[str, str], errors: Errors | None = None) -> Response:
    return visit.page(
        "find.html",
        400 if errors else 200,
        typed=typed,
        chosen=visit.session.purpose if not errors or "purpose" not in errors else "",
        purposes=_purposes(visit),
        errors=errors or {},
    )


def _purposes(visit: SignedInVisit) -> Mapping[str, wording.Purpose]:
    is_desk = _INDEX_DESK in visit.session.person.roles
    return {**wording.PURPOSES, **(wording.DESK_PURPOSES if is_desk else {})}


def _request(search: Search) -> search_service_pb2.FindChildrenRequest:
    query = match_pb2.Query(
        given_name=search.given_name,
        family_name=search.family_name,
        postcode=search.postcode,
        age=search.age,
        other_given_names=search.other_given_names,
        school_name=search.school,
        carers=_carers(search.carer),
    )
    if search.birth_date is not None:
        date = query.birth_date.date
        date.day, date.month, date.year = (
            search.birth_date.day,
            search.birth_date.month,
            search.birth_date.year,
        )
        query.birth_date.accuracy = search.birth_date.accuracy
    return search_service_pb2.FindChildrenRequest(query=query)


def _carers(typed: str) -> list[child_pb2.Carer]:
    """The name of a parent or carer as it may be meant: one word is a given name or a family name."""
    given, _, family = typed.strip().rpartition(" ")
    if given:
        return [child_pb2.Carer(given_name=given, family_name=family)]
    return [child_pb2.Carer(given_name=family), child_pb2.Carer(family_name=family)] if family else []


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
