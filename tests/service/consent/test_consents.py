"""Consents as they are recorded and withdrawn (CON-1, CON-3, CON-11, CON-13)."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from google.type.date_pb2 import Date

from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1.consent_events_pb2 import ConsentEvent
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from tests.fixtures.eventually import eventually
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.consent.conftest import PURPOSE, Child, Metadata, Organisation, day, request


async def _record(
    stub: ConsentServiceStub, child: Child, recorder: Organisation, *recipients: Organisation
) -> Consent:
    answer = await stub.RecordConsent(request(child, recorder, *recipients), metadata=recorder.metadata)
    return answer.consent


async def test_its_recorder_is_shown_what_it_recorded_under_its_own_id_of_the_child(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    asked = request(child, clinic, school)
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    assert consent.child_id == asked.child_id == child.of(clinic)
    assert consent.recording_organisation_id == clinic.id
    assert list(consent.recipient_organisation_ids) == [school.id]
    assert (consent.scope, consent.giver, consent.method) == (asked.scope, asked.giver, asked.method)
    assert (consent.start_date, consent.expire_date) == (day(-1), day(30))
    assert consent.state == Consent.STATE_GIVEN


async def test_the_internal_id_is_stored_and_never_told(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, consent_service: ServiceProcess
) -> None:
    """DESIGN 5 no. 1."""
    consent = await _record(stub, child, clinic)
    connection = await asyncpg.connect(consent_service.database.app_dsn)
    try:
        stored = await connection.fetchval("SELECT child_id FROM consent WHERE id = $1", UUID(consent.id))
    finally:
        await connection.close()
    assert stored == child.internal
    assert str(child.internal) not in str(consent)
    assert str(child.internal) not in consent_service.log


async def test_a_request_id_makes_one_consent_however_often_it_comes(
    stub: ConsentServiceStub, child: Child, clinic: Organisation
) -> None:
    asked = request(child, clinic)
    answers = await asyncio.gather(*(stub.RecordConsent(asked, metadata=clinic.metadata) for _ in range(6)))
    assert all(answer == answers[0] for answer in answers)
    asked.wording_version = "2026-2"
    reused = await refusal(stub.RecordConsent(asked, metadata=clinic.metadata))
    assert (reused.code, reused.reason) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")


async def test_it_is_withdrawn_once_and_a_retry_gets_the_same_answer(
    stub: ConsentServiceStub, child: Child, clinic: Organisation
) -> None:
    consent = await _record(stub, child, clinic)
    asked = pb.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4()))
    first = await stub.WithdrawConsent(asked, metadata=clinic.metadata)
    assert first.consent.state == Consent.STATE_WITHDRAWN
    assert first.consent.child_id == child.of(clinic)
    assert await stub.WithdrawConsent(asked, metadata=clinic.metadata) == first
    asked.request_id = str(uuid4())
    again = await refusal(stub.WithdrawConsent(asked, metadata=clinic.metadata))
    assert (again.code, again.reason, again.domain) == (
        "FAILED_PRECONDITION",
        "CONSENT_WITHDRAWN",
        "consent.kith",
    )


async def test_two_at_once_withdraw_it_once(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, child_index: Metadata
) -> None:
    consent = await _record(stub, child, clinic)
    requests = [pb.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4())) for _ in range(4)]
    answers = await asyncio.gather(
        *(stub.WithdrawConsent(asked, metadata=clinic.metadata) for asked in requests),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, pb.WithdrawConsentResponse) for answer in answers) == 1
    events: list[ConsentEvent] = await eventually(lambda: _told(stub, child_index, consent, 2))
    assert [event.version for event in events] == [1, 2]


async def test_another_organisations_consent_looks_like_none(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    """AIP-193: also for an organisation that the consent names."""
    consent = await _record(stub, child, clinic, school)
    theirs = pb.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4()))
    nobodys = pb.WithdrawConsentRequest(consent_id=str(uuid4()), request_id=str(uuid4()))
    answers = [
        await refusal(stub.WithdrawConsent(one, metadata=school.metadata)) for one in (theirs, nobodys)
    ]
    assert {(one.code, one.reason, one.message) for one in answers} == {
        ("PERMISSION_DENIED", "CONSENT_NOT_VISIBLE", answers[0].message)
    }


async def test_events_say_that_and_nothing_else(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, child_index: Metadata
) -> None:
    """CON-1: neither what was agreed nor about whom."""
    consent = await _record(stub, child, clinic)
    asked = pb.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4()))
    await stub.WithdrawConsent(asked, metadata=clinic.metadata)
    events: list[ConsentEvent] = await eventually(lambda: _told(stub, child_index, consent, 2))
    assert [event.WhichOneof("event") for event in events] == ["consent_given", "consent_withdrawn"]
    for event in events:
        for secret in (str(child.internal), consent.child_id, clinic.id, "2026-1"):
            assert secret.encode() not in event.SerializeToString()


async def _told(
    stub: ConsentServiceStub, metadata: Metadata, consent: Consent, count: int
) -> list[ConsentEvent]:
    """The events of one consent. They wait for transactions begun before theirs, of other tests too."""
    asked, events = pb.ListChangesRequest(page_size=5), list[ConsentEvent]()
    more = True
    while more:
        page = await stub.ListChanges(asked, metadata=metadata)
        events += [event for event in page.events if event.consent_id == consent.id]
        asked.after, more = page.next_after, page.more
    assert len(events) == count
    return events


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"limits_explained": False}, {""}),
        ({"expire_date": day(-1)}, {"expire_date"}),
        ({"start_date": Date(year=2026, month=2, day=30)}, {"start_date"}),
        ({"start_date": None, "expire_date": None}, {"start_date", "expire_date"}),
        ({"scope": 99, "giver": 0, "method": 99}, {"scope", "giver", "method"}),
        ({"wording_version": "x" * 51, "child_id": "canary"}, {"wording_version", "child_id"}),
        ({"recipient_organisation_ids": ["canary"]}, {"recipient_organisation_ids[0]"}),
    ],
)
async def test_bad_input_names_its_fields(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, changed: dict[str, object], fields: set[str]
) -> None:
    refused = await refusal(stub.RecordConsent(request(child, clinic, **changed), metadata=clinic.metadata))
    assert refused.code == "INVALID_ARGUMENT"
    assert set(refused.fields) == fields
    assert "canary" not in refused.everything


async def test_a_purpose_is_needed(stub: ConsentServiceStub, child: Child, clinic: Organisation) -> None:
    without = tuple(pair for pair in clinic.metadata if pair != PURPOSE)
    refused = await refusal(stub.RecordConsent(request(child, clinic), metadata=without))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"kith-purpose"})


@pytest.mark.parametrize("org", ["", "not-an-id"])
async def test_who_acts_for_no_organisation_records_nothing(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, issuer: Issuer, org: str
) -> None:
    metadata = bearer(issuer.token(org=org, scope="consents.write"), PURPOSE)
    refused = await refusal(stub.RecordConsent(request(child, clinic), metadata=metadata))
    assert refused.code == "PERMISSION_DENIED"
