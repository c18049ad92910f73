"""Wrong requests: INVALID_ARGUMENT that names the field and says what to do, and never repeats what was sent."""

import copy
import re
import secrets
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
import yaml
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from grpc.aio import AioRpcError
from grpc_status import rpc_status

from kith.childindex.v1 import child_index_service_pb2, child_pb2
from kith.consent.v1 import consent_pb2, consent_service_pb2
from kith.directory.v1 import directory_pb2, directory_service_pb2
from kith.identity.v1 import identity_pb2, identity_service_pb2
from kith.search.v1 import search_service_pb2
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import (
    PURPOSE,
    TODAY,
    Caller,
    Organisation,
    Partnership,
    involvement,
    new_child,
    partnership,
    query_for,
    registration,
)

_TABLE = yaml.safe_load((Path(__file__).parents[1] / "cases" / "bad_input.yaml").read_text(encoding="utf-8"))
_SAYS_WHAT_TO_DO = re.compile(r"\b(must|is required|add|give|explain|match|valid)\b", re.IGNORECASE)
_TEN_MEBIBYTES = 10 * 1024 * 1024
_SECONDS = 20.0


@dataclass(frozen=True)
class Good:
    """A good request, who may make it and where."""

    caller: Caller
    method: Any
    request: Message


@dataclass(frozen=True)
class Refused:
    """A refusal, read."""

    code: grpc.StatusCode
    reason: str
    violations: dict[str, str]
    status: status_pb2.Status


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kith(fleet: RunningFleet) -> AsyncIterator[Partnership]:
    async with partnership(fleet) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def school(kith: Partnership) -> Organisation:
    return await kith.organisation()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def good(kith: Partnership, school: Organisation) -> dict[str, Good]:
    """A good request of each method of the table, by the method's name."""
    registered = await kith.register(school, new_child())
    child = child_index_service_pb2.ChildRef(child_id=registered.child_id)
    by_school = [
        (kith.index.RegisterChild, registration(school, new_child())),
        (kith.index.GetChild, child_index_service_pb2.GetChildRequest(child=child)),
        (
            kith.index.RecordInvolvement,
            child_index_service_pb2.RecordInvolvementRequest(
                child=child, involvement=involvement(school), request_id=str(uuid.uuid4())
            ),
        ),
        (
            kith.index.EndInvolvement,
            child_index_service_pb2.EndInvolvementRequest(
                involvement_id=registered.involvement_id, end_date=TODAY, request_id=str(uuid.uuid4())
            ),
        ),
        (kith.index.SetCafIndicator, _caf(child, school)),
        (
            kith.index.AppointLeadProfessional,
            child_index_service_pb2.AppointLeadProfessionalRequest(
                child=child,
                practitioner_id=school.practitioner_id,
                start_date=TODAY,
                request_id=str(uuid.uuid4()),
            ),
        ),
        (kith.consent.RecordConsent, _consent(registered.child_id, school)),
        (
            kith.search.FindChildren,
            search_service_pb2.FindChildrenRequest(query=query_for(new_child())),
        ),
    ]
    by_operator = [
        (
            kith.directory.CreateService,
            directory_service_pb2.CreateServiceRequest(
                organisation_id=school.id,
                display_name="Attendance",
                kind=directory_pb2.Service.KIND_EDUCATION,
                request_id=str(uuid.uuid4()),
            ),
        ),
        (kith.identity.CreatePerson, _person(school)),
    ]
    made = [Good(school, *one) for one in by_school] + [Good(kith.operator, *one) for one in by_operator]
    return {type(one.request).__name__.removesuffix("Request"): one for one in made}


def _caf(
    child: child_index_service_pb2.ChildRef, school: Organisation
) -> child_index_service_pb2.SetCafIndicatorRequest:
    return child_index_service_pb2.SetCafIndicatorRequest(
        child=child,
        state=child_pb2.CafIndicator.STATE_OPEN,
        assessment_date=TODAY,
        version_number=1,
        holder_practitioner_id=school.practitioner_id,
        review_date=date_pb2.Date(year=2027, month=3, day=1),
        basis=child_index_service_pb2.Basis(ground=child_index_service_pb2.Basis.GROUND_SIGNIFICANT_HARM),
        request_id=str(uuid.uuid4()),
    )


def _consent(child_id: str, school: Organisation) -> consent_service_pb2.RecordConsentRequest:
    return consent_service_pb2.RecordConsentRequest(
        child_id=child_id,
        scope=consent_pb2.Consent.SCOPE_CAF_INDICATOR,
        recipient_organisation_ids=[school.id],
        giver=consent_pb2.Consent.GIVER_PARENTAL_RESPONSIBILITY,
        method=consent_pb2.Consent.METHOD_PAPER,
        wording_version="2026-1",
        limits_explained=True,
        start_date=TODAY,
        expire_date=date_pb2.Date(year=2030, month=1, day=1),
        request_id=str(uuid.uuid4()),
    )


def _person(school: Organisation) -> identity_service_pb2.CreatePersonRequest:
    request = identity_service_pb2.CreatePersonRequest(
        organisation_id=school.id,
        username=f"person-{secrets.token_hex(4)}",
        password="correct-horse-battery",
        display_name="Grace Okafor",
        role=identity_pb2.Person.ROLE_PRACTITIONER,
        request_id=str(uuid.uuid4()),
    )
    request.vetting_expire_time.FromJsonString("2036-01-01T00:00:00Z")
    request.training_time.FromJsonString("2026-01-01T00:00:00Z")
    return request


@pytest.mark.rule_cases("case")
@pytest.mark.parametrize("case", _TABLE["cases"], ids=lambda case: f"{case['method']}: {case['name']}")
async def test_wrong_field_is_named(kith: Partnership, good: dict[str, Good], case: dict[str, Any]) -> None:
    """DESIGN 7, S25."""
    right = good[case["method"]]
    refused = await _refusal(kith, right.caller, right.method, _changed(right.request, case["change"]))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == case.get("reason", "INVALID_REQUEST")
    assert set(refused.violations) == set(case["fields"])
    assert all(_SAYS_WHAT_TO_DO.search(sentence) for sentence in refused.violations.values())
    _repeats_nothing(refused, _values(case["change"]))


@pytest.mark.rule_cases("case")
@pytest.mark.parametrize("case", _TABLE["too_long"], ids=lambda case: f"{case['method']}: {case['field']}")
async def test_text_that_is_too_long_is_named(
    kith: Partnership, good: dict[str, Good], case: dict[str, Any]
) -> None:
    """S25: no field without a bound."""
    right, text = good[case["method"]], "Quillfeather" * case["length"]
    request = _changed(right.request, {case["path"]: text[: case["length"]]})
    refused = await _refusal(kith, right.caller, right.method, request)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(refused.violations) == [case["field"]]
    _repeats_nothing(refused, ["Quillfeather"])


async def test_unchanged_requests_are_good(kith: Partnership, good: dict[str, Good]) -> None:
    """What the table changes is right before: so a refusal is the change's alone."""
    assert {case["method"] for case in _TABLE["cases"] + _TABLE["too_long"]} == set(good)
    for one in good.values():
        await kith.call(one.caller, one.method, one.request)


async def test_ten_mebibytes_are_refused_as_a_request(kith: Partnership, school: Organisation) -> None:
    """S25, F15: too much is told as a field violation, and the service goes on."""
    facts = new_child()
    facts.addresses[0].lines.append("Quillfeather" * (_TEN_MEBIBYTES // 12 + 1))
    refused = await _refusal(kith, school, kith.index.RegisterChild, registration(school, facts))
    assert (refused.code, list(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, ["request"])
    _repeats_nothing(refused, ["Quillfeather"])
    await kith.register(school, new_child())


@pytest.mark.parametrize(
    "body",
    [
        b"\xff" * 100,
        b"Quillfeather 1 High St",
        b"\x0a\xff\xff\xff\xff\x0fQuillfeather",
        b"\x12\x03\x0a\x01\xff",
    ],
    ids=["ones", "text", "a length beyond the end", "no UTF-8"],
)
async def test_rubbish_is_no_request(kith: Partnership, school: Organisation, body: bytes) -> None:
    """S25: bytes that are no message of the method's type."""
    call: Any = kith.channels["child_index"].unary_unary(
        "/kith.childindex.v1.ChildIndexService/RegisterChild"
    )
    refused = await _refusal(kith, school, call, body)
    assert (refused.code, list(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, ["request"])
    _repeats_nothing(refused, ["Quillfeather"])


async def test_request_id_used_for_something_else(kith: Partnership, school: Organisation) -> None:
    """DESIGN 7: the same again is the same answer; another payload under the id is refused, and changes nothing."""
    request = registration(school, new_child())
    first = await kith.call(school, kith.index.RegisterChild, request)
    assert await kith.call(school, kith.index.RegisterChild, request) == first
    other = copy.deepcopy(request)
    other.facts.names[0].given_name = "Quillfeather"
    refused = await _refusal(kith, school, kith.index.RegisterChild, other)
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
    _repeats_nothing(refused, ["Quillfeather", request.request_id])
    child = await kith.get(school, first.child_id)
    assert child.facts.names[0].given_name == request.facts.names[0].given_name


async def _refusal(kith: Partnership, caller: Caller, method: Any, request: Any) -> Refused:
    with pytest.raises(AioRpcError) as raised:
        await method(request, metadata=await caller.metadata(PURPOSE), timeout=_SECONDS)
    carrier: Any = raised.value
    status = rpc_status.from_call(carrier)
    assert status is not None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    violations = {violation.field: violation.description for violation in bad.field_violations}
    return Refused(raised.value.code(), info.reason, violations, status)


def _changed(request: Message, change: dict[str, Any]) -> Message:
    """The request with the values at the paths replaced, under a request id of its own."""
    body = json_format.MessageToDict(request, preserving_proto_field_name=True, use_integers_for_enums=True)
    if "request_id" in body:
        body["request_id"] = str(uuid.uuid4())
    for path, value in change.items():
        place: Any = body
        *steps, last = path.split(".")
        for step in steps:
            place = place[int(step)] if step.isdecimal() else place.setdefault(step, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return json_format.ParseDict(body, type(request)())


def _values(changed: Any) -> list[str]:
    """Everything in the change that would be noticed in an answer."""
    if isinstance(changed, dict):
        return [text for value in changed.values() for text in _values(value)]
    if isinstance(changed, list):
        return [text for value in changed for text in _values(value)]
    return [text for text in [str(changed)] if len(text.strip("- ")) > len("NONE")] if changed else []


def _repeats_nothing(refused: Refused, sent: list[str]) -> None:
    body = refused.status.SerializeToString()
    assert not [text for text in sent if text.encode() in body]
