"""Logging one's own involvement: filled in, checked, recorded once (CI-3; DESIGN 5 no. 9)."""

import asyncio

import pytest

from kith.childindex.v1.child_index_service_pb2 import Basis, RecordInvolvementRequest
from services.chassis.errors import (
    FailedPrecondition,
    Failure,
    InvalidArgument,
    PermissionDenied,
    Unavailable,
)
from tests.service.gateway import sample
from tests.service.gateway.conftest import Page, Visitor
from tests.service.gateway.fixtures import Surroundings
from tests.service.gateway.login_issuer import PRACTITIONER_ID

BASIS_REQUIRED = FailedPrecondition("BASIS_REQUIRED", "")


async def begin(visitor: Visitor) -> Page:
    record = await visitor.open_child()
    return await visitor.get(record.reader.links["Log your involvement"])


async def answer(visitor: Visitor, form: Page, **changed: str) -> Page:
    typed = {
        "service": form.reader.checked.get("service", ""),
        "role": form.reader.values["role"],
        "day": "1",
        "month": "Sept",
        "year": "2025",
    }
    return await visitor.post(form.path, typed | changed)


async def test_the_form_is_filled_in_from_the_directory(visitor: Visitor) -> None:
    form = await begin(visitor)
    assert form.reader.choices["School nursing"] == form.reader.checked["service"]
    assert "Young minds clinic" in form.reader.choices
    assert "Pastoral team" not in form.text
    assert form.reader.values["role"] == "School nurse"


async def test_logging_an_involvement(visitor: Visitor, gateway: Surroundings) -> None:
    check = await answer(visitor, await begin(visitor))
    assert check.path.endswith("/check")
    for text in ("Check your answers", "School nursing", "School nurse", "1 September 2025"):
        assert text in check.text
    assert gateway.neighbours.recorded == {}
    record = await visitor.post(check.path, {})
    assert record.path == check.path.removesuffix("/involvement/check")
    assert "Your involvement has been recorded" in record.text
    (request,) = gateway.neighbours.recorded.values()
    assert request.child.child_id == sample.CHILD_ID
    assert request.involvement.service_id == sample.NURSING_ID
    assert request.involvement.practitioner_id == PRACTITIONER_ID
    assert request.involvement.role == "School nurse"
    start = request.involvement.start_date
    assert (start.year, start.month, start.day) == (2025, 9, 1)
    assert not request.involvement.HasField("basis")
    assert "has been recorded" not in (await visitor.get(record.path)).text


async def test_sent_twice_it_is_recorded_once(visitor: Visitor, gateway: Surroundings) -> None:
    check = await answer(visitor, await begin(visitor))
    await asyncio.gather(*(visitor.post(check.path, {}) for _ in range(3)))
    again = await visitor.post(check.path, {})
    assert again.status == 200
    assert len(gateway.neighbours.recorded) == 1


async def test_what_another_window_typed_is_not_recorded_from_this_one(
    visitor: Visitor, gateway: Surroundings
) -> None:
    """Two windows on one child share a draft: what is recorded is what the page showed."""
    form = await begin(visitor)
    check = await answer(visitor, form, role="School nurse")
    seen = check.reader.hidden["seen"]
    other = await answer(visitor, form, role="Clerk")
    page = await visitor.post(check.path, {"seen": seen})
    assert page.status == 400
    assert "changed in another window" in page.text
    assert "Clerk" in page.text
    assert gateway.neighbours.recorded == {}
    assert (await visitor.post(check.path, {"seen": other.reader.hidden["seen"]})).status == 200
    assert len(gateway.neighbours.recorded) == 1


async def test_the_request_id_outlives_a_failure(visitor: Visitor, gateway: Surroundings) -> None:
    """When no answer came back, trying again must not record a second one."""
    check = await answer(visitor, await begin(visitor))
    gateway.neighbours.refusals["RecordInvolvement"] = Unavailable("DATABASE_BUSY")
    assert (await visitor.post(check.path, {})).status == 503
    del gateway.neighbours.refusals["RecordInvolvement"]
    assert (await visitor.post(check.path, {})).status == 200
    requests = [request for request, _ in gateway.neighbours.asked("RecordInvolvement")]
    ids = {request.request_id for request in requests if isinstance(request, RecordInvolvementRequest)}
    assert len(requests) >= 2
    assert len(ids) == 1


async def test_another_involvement_has_another_request_id(visitor: Visitor, gateway: Surroundings) -> None:
    for _ in range(2):
        check = await answer(visitor, await begin(visitor))
        await visitor.post(check.path, {})
    assert len(gateway.neighbours.recorded) == 2


async def test_what_may_have_been_recorded_is_not_recorded_again(
    visitor: Visitor, gateway: Surroundings
) -> None:
    check = await answer(visitor, await begin(visitor))
    gateway.neighbours.refusals["RecordInvolvement"] = FailedPrecondition("REQUEST_ID_REUSED", "")
    page = await visitor.post(check.path, {})
    assert "may have been recorded already" in page.text


async def test_errors_keep_the_answers(visitor: Visitor) -> None:
    page = await answer(visitor, await begin(visitor), role="Nurse", day="31", month="2")
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert "The day your involvement began must be a real date" in page.reader.links
    assert page.reader.values["role"] == "Nurse"
    assert page.reader.values["day"] == "31"
    assert "service" in page.reader.checked


async def test_a_service_nobody_offered_is_refused(visitor: Visitor, gateway: Surroundings) -> None:
    page = await answer(visitor, await begin(visitor), service=sample.TEACHING_ID)
    assert page.status == 403
    assert gateway.neighbours.recorded == {}


async def test_a_sensitive_service_asks_what_it_rests_on(visitor: Visitor, gateway: Surroundings) -> None:
    form = await begin(visitor)
    check = await answer(visitor, form, service=form.reader.choices["Young minds clinic"])
    assert "This is a sensitive service" in check.text
    gateway.neighbours.refusals["RecordInvolvement"] = BASIS_REQUIRED
    page = await visitor.post(check.path, {})
    assert page.status == 400
    assert page.reader.links["Select what recording this involvement rests on"] == "#basis"
    del gateway.neighbours.refusals["RecordInvolvement"]
    page = await visitor.post(check.path, {"basis": "ground"})
    assert "Your involvement has been recorded" in page.text
    (request,) = gateway.neighbours.recorded.values()
    assert request.involvement.basis.ground == Basis.GROUND_SIGNIFICANT_HARM


async def test_the_index_decides_what_is_sensitive(visitor: Visitor, gateway: Surroundings) -> None:
    """Also when the directory's page did not say so, its refusal becomes the question."""
    check = await answer(visitor, await begin(visitor))
    assert "sensitive service" not in check.text
    gateway.neighbours.refusals["RecordInvolvement"] = BASIS_REQUIRED
    page = await visitor.post(check.path, {})
    assert page.status == 400
    assert "There is reasonable cause to suspect" in page.text
    assert "The child or a parent has agreed" in page.text


async def test_an_agreement_is_to_be_recorded_first(visitor: Visitor, gateway: Surroundings) -> None:
    form = await begin(visitor)
    check = await answer(visitor, form, service=form.reader.choices["Young minds clinic"])
    page = await visitor.post(check.path, {"basis": "agreed"})
    assert "Record the consent first" in page.text
    assert gateway.neighbours.recorded == {}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (PermissionDenied("NOT_OWN_SERVICE"), "Select a service of your own organisation"),
        (
            InvalidArgument([("involvement.start_date", "must not be before the date of birth")]),
            "The day your involvement began must not be before the date of birth",
        ),
    ],
    ids=["not own", "invalid"],
)
async def test_what_the_index_finds_wrong_comes_back_to_the_form(
    visitor: Visitor, gateway: Surroundings, refusal: Failure, said: str
) -> None:
    check = await answer(visitor, await begin(visitor))
    gateway.neighbours.refusals["RecordInvolvement"] = refusal
    page = await visitor.post(check.path, {})
    assert page.status == 400
    assert said in page.text
    assert page.reader.values["role"] == "School nurse"
