"""Logging one's own involvement: the question, check answers, and back to the record (CI-3)."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from kith.childindex.v1 import child_index_service_pb2 as index_pb2
from kith.childindex.v1 import child_pb2
from kith.directory.v1 import directory_pb2
from services.chassis.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from services.gateway import forms, wording
from services.gateway.forms import Errors, InvolvementAnswers
from services.gateway.handles import CHILD, SERVICE
from services.gateway.neighbours import Asker
from services.gateway.pages.child import PERHAPS_RECORDED, RECORDED
from services.gateway.session import Draft
from services.gateway.visit import SignedInVisit

GROUND: Final = "ground"
AGREED: Final = "agreed"
_FIELDS: Final = {
    "involvement.service_id": ("service", "The service"),
    "involvement.role": ("role", "Role"),
    "involvement.start_date": ("start_date-day", "The day your involvement began"),
    "": ("service", "What you entered"),
}
_CHANGED: Final = {"seen": "These answers were changed in another window. Check them again"}
_BASIS_MISSING: Final = {"basis": "Select what recording this involvement rests on"}


async def ask(visit: SignedInVisit) -> Response:
    """Show the question, filled in from the directory. Its request id is made here, once."""
    child_id = _child_id(visit)
    asker = await visit.asker()
    services = await _own_services(visit, asker)
    draft = visit.session.draft_of(child_id)
    if draft is None:
        answers = await _from_directory(visit, asker, services)
        draft = Draft(child_id=child_id, request_id=str(uuid.uuid4()), answers=answers)
        begun = draft
        await visit.change(lambda session: session.with_draft(begun))
    return _form(visit, draft.answers, services)


async def receive(visit: SignedInVisit) -> Response:
    """Keep the answers and go on to check them, or say what is wrong."""
    child_id = _child_id(visit)
    draft = visit.session.draft_of(child_id)
    if draft is None:
        return visit.go(_path(visit))
    typed = forms.typed_involvement(visit.fields)
    answers, errors = forms.read_involvement(typed, _today())
    if answers is None:
        services = await _own_services(visit, await visit.asker())
        return _form(visit, typed, services, errors)
    kept = draft.model_copy(
        update={"answers": typed, "service_id": visit.handles.open(SERVICE, answers.service)}
    )
    await visit.change(lambda session: session.with_draft(kept))
    return visit.go(f"{_path(visit)}/check")


async def check(visit: SignedInVisit) -> Response:
    """Show the answers for a last look."""
    draft = visit.session.draft_of(_child_id(visit))
    if draft is None or not draft.service_id:
        return visit.go(_path(visit))
    return await _check_page(visit, await visit.asker(), draft)


async def record(visit: SignedInVisit) -> Response:
    """Record the involvement and go back to the record. Sent twice, it is recorded once."""
    child_id = _child_id(visit)
    draft = visit.session.draft_of(child_id)
    if draft is None:
        return visit.go(_record_path(visit))
    answers, _ = forms.read_involvement(draft.answers, _today())
    if answers is None or not draft.service_id:
        return visit.go(_path(visit))
    basis = visit.fields.get("basis", "")
    if basis == AGREED:
        return visit.page("consent_first.html", handle=visit.request.path_params["handle"])
    asker = await visit.asker()
    if visit.fields.get("seen", _seen(draft)) != _seen(draft):
        return await _check_page(visit, asker, draft, _CHANGED)
    try:
        await visit.site.neighbours.record_involvement(asker, _request(visit, draft, answers, basis))
    except FailedPrecondition as refused:
        return await _refused(visit, asker, draft, refused.reason)
    except InvalidArgument as refused:
        services = await _own_services(visit, asker)
        return _form(visit, draft.answers, services, forms.from_violations(refused.violations, _FIELDS))
    except PermissionDenied as refused:
        if refused.reason != "NOT_OWN_SERVICE":
            raise
        services = await _own_services(visit, asker)
        not_own = {"service": "Select a service of your own organisation in which you work"}
        return _form(visit, draft.answers, services, not_own)
    return await _back(visit, child_id, RECORDED)


def _seen(draft: Draft) -> str:
    """Stands for the answers on a page: two windows share a draft, and nobody records what another one shows."""
    shown = "\n".join([draft.request_id, draft.service_id, *map(str, sorted(draft.answers.items()))])
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


async def _refused(visit: SignedInVisit, asker: Asker, draft: Draft, reason: str) -> Response:
    if reason == "BASIS_REQUIRED":
        needed = draft.model_copy(update={"basis_required": True})
        await visit.change(lambda session: session.with_draft(needed))
        return await _check_page(visit, asker, needed, _BASIS_MISSING)
    if reason == "REQUEST_ID_REUSED":
        # It went out before with other answers, and no answer came back: it may be there already.
        return await _back(visit, draft.child_id, PERHAPS_RECORDED)
    raise FailedPrecondition(reason, "")


async def _back(visit: SignedInVisit, child_id: str, notice: str) -> Response:
    await visit.change(lambda session: session.without_draft(child_id).model_copy(update={"notice": notice}))
    return visit.go(_record_path(visit))


def _form(
    visit: SignedInVisit,
    answers: dict[str, str],
    services: Sequence[directory_pb2.Service],
    errors: Errors | None = None,
) -> Response:
    choices = [
        {"value": visit.handles.of(SERVICE, service.id), "text": service.display_name} for service in services
    ]
    return visit.page(
        "involvement.html",
        400 if errors else 200,
        answers=answers,
        services=choices,
        errors=errors or {},
        handle=visit.request.path_params["handle"],
    )


async def _check_page(
    visit: SignedInVisit, asker: Asker, draft: Draft, errors: Errors | None = None
) -> Response:
    contacts = await visit.site.neighbours.contacts(asker, services=[draft.service_id])
    service = contacts.services.get(draft.service_id)
    answers, _ = forms.read_involvement(draft.answers, _today())
    if service is None or answers is None:
        return visit.go(_path(visit))
    is_sensitive = service.sensitivity == directory_pb2.Service.SENSITIVITY_SENSITIVE
    return visit.page(
        "check.html",
        400 if errors else 200,
        service=service.display_name,
        role=answers.role,
        start=wording.calendar_day(answers.start_date),
        asks_basis=is_sensitive or draft.basis_required,
        seen=_seen(draft),
        errors=errors or {},
        handle=visit.request.path_params["handle"],
    )


async def _own_services(visit: SignedInVisit, asker: Asker) -> list[directory_pb2.Service]:
    organisation_id = visit.session.person.organisation_id
    # Without one the directory would list everybody's.
    if not organisation_id:
        raise PermissionDenied
    return await visit.site.neighbours.services_of(asker, organisation_id)


async def _from_directory(
    visit: SignedInVisit, asker: Asker, services: Sequence[directory_pb2.Service]
) -> dict[str, str]:
    """The practitioner's own service and job, as the first answers."""
    practitioner_id = visit.session.person.practitioner_id
    contacts = await visit.site.neighbours.contacts(asker, practitioners=[practitioner_id])
    practitioner = contacts.practitioners.get(practitioner_id)
    own = practitioner.service_id if practitioner is not None else ""
    if not own and len(services) == 1:
        own = services[0].id
    answers: dict[str, Any] = {
        "service": visit.handles.of(SERVICE, own) if own else "",
        "role": practitioner.job_title if practitioner is not None else "",
    }
    return forms.typed_involvement(answers)


def _request(
    visit: SignedInVisit, draft: Draft, answers: InvolvementAnswers, basis: str
) -> index_pb2.RecordInvolvementRequest:
    start = answers.start_date
    details = index_pb2.InvolvementDetails(
        service_id=draft.service_id,
        practitioner_id=visit.session.person.practitioner_id,
        role=answers.role,
        regarding=child_pb2.Involvement.REGARDING_CHILD,
        start_date={"year": start.year, "month": start.month, "day": start.day},
    )
    if basis == GROUND:
        details.basis.ground = index_pb2.Basis.GROUND_SIGNIFICANT_HARM
    return index_pb2.RecordInvolvementRequest(
        child=index_pb2.ChildRef(child_id=draft.child_id), involvement=details, request_id=draft.request_id
    )


def _child_id(visit: SignedInVisit) -> str:
    return visit.handles.open(CHILD, visit.request.path_params["handle"])


def _record_path(visit: SignedInVisit) -> str:
    return f"/child/{visit.request.path_params['handle']}"


def _path(visit: SignedInVisit) -> str:
    return f"{_record_path(visit)}/involvement"


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
