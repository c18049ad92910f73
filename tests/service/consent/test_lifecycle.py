"""A consent asked for, given, refused, replaced, found void; its versions, receipt, export (CON-1, CON-3, CON-11)."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.consent import Consent as FhirConsent
from google.type.date_pb2 import Date
from grpc.aio import AioRpcError
from joserfc import jws
from joserfc.jwk import ECKey

from kith.access.v1 import purpose_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer, Question
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from services.consent.fhir_consent import STATUSES
from tests.service.chassis.answers import refusal
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request
from tests.service.consent.test_decide import see


async def _given(
    stub: ConsentServiceStub, child: Child, recorder: Organisation, *recipients: Organisation, **more: Any
) -> Consent:
    asked = request(child, recorder, *recipients, **more)
    return (await stub.RecordConsent(asked, metadata=recorder.metadata)).consent


async def _requested(
    stub: ConsentServiceStub, child: Child, recorder: Organisation, *recipients: Organisation
) -> Consent:
    asked = pb.RequestConsentRequest(
        child_id=child.of(recorder),
        scope=Consent.SCOPE_SENSITIVE_INVOLVEMENT,
        recipient_organisation_ids=[one.id for one in recipients],
        answer_date=day(7),
        request_id=str(uuid4()),
    )
    return (await stub.RequestConsent(asked, metadata=recorder.metadata)).consent


async def _states(stub: ConsentServiceStub, consent: Consent, reader: Organisation) -> list[int]:
    asked = pb.ListConsentVersionsRequest(consent_id=consent.id)
    found = await stub.ListConsentVersions(asked, metadata=reader.metadata)
    assert [one.consent.version for one in found.versions] == list(range(1, len(found.versions) + 1))
    assert all(one.subject and one.method for one in found.versions)
    assert {one.consent.child_id for one in found.versions} == {consent.child_id}
    return [one.consent.state for one in found.versions]


async def test_what_is_asked_for_permits_nothing_until_it_is_given(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """CON-4: the answer is a consent of its own, and what was asked for says which."""
    asked = await _requested(stub, child, clinic, school)
    assert (asked.state, asked.answer_date) == (Consent.STATE_REQUESTED, day(7))
    assert await see(stub, child_index, child, asked, school) == Answer.REASON_REQUESTED
    consent = await _given(stub, child, clinic, school, requested_consent_id=asked.id)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    assert await see(stub, child_index, child, asked, school) == Answer.REASON_SUPERSEDED
    assert await _states(stub, asked, clinic) == [Consent.STATE_REQUESTED, Consent.STATE_SUPERSEDED]
    twice = request(child, clinic, school, requested_consent_id=asked.id)
    refused = await refusal(stub.RecordConsent(twice, metadata=clinic.metadata))
    assert refused.reason == "REQUESTED_CONSENT_DIFFERS"


async def test_a_refusal_is_on_record_and_stands_against_a_consent_given_by_nobody_named(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """Two contradictory givers: people have to look (issue 6, bad input)."""
    given = await _given(stub, child, clinic, school)
    asked = await _requested(stub, child, clinic, school)
    refuse = pb.RefuseConsentRequest(consent_id=asked.id, request_id=str(uuid4()))
    refused = (await stub.RefuseConsent(refuse, metadata=clinic.metadata)).consent
    assert refused.state == Consent.STATE_REFUSED
    assert await see(stub, child_index, child, refused, school) == Answer.REASON_REFUSED
    answer = await _answer(stub, child_index, child, given, school)
    assert (answer.outcome, answer.reason) == (Answer.OUTCOME_REVIEW, Answer.REASON_CONTRADICTION)


async def _answer(
    stub: ConsentServiceStub,
    child_index: Metadata,
    child: Child,
    consent: Consent,
    asker: Organisation,
    **more: Any,
) -> Answer:
    question = Question(
        action=Question.ACTION_SEE,
        consent_id=consent.id,
        scope=Consent.SCOPE_SENSITIVE_INVOLVEMENT,
        organisation_id=asker.id,
        **more,
    )
    asked = pb.DecideRequest(child_ids=[str(child.internal)], questions=[question])
    response = await stub.Decide(asked, metadata=child_index)
    assert response.policy_version
    return response.answers[0]


async def test_an_answer_names_its_record_and_its_last_day(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    consent = await _given(stub, child, clinic, school)
    answer = await _answer(stub, child_index, child, consent, school)
    assert (answer.record_id, answer.last_valid_date) == (consent.id, consent.expire_date)


async def test_a_consent_is_for_some_purposes_and_not_for_others(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """CON-3: specific about why."""
    consent = await _given(stub, child, clinic, school, purposes=[purpose_pb2.PURPOSE_SAFEGUARD])
    for purpose, reason in (
        (purpose_pb2.PURPOSE_SAFEGUARD, Answer.REASON_CONSENT),
        (purpose_pb2.PURPOSE_PROVIDE_SERVICE, Answer.REASON_OTHER_PURPOSE),
        (purpose_pb2.PURPOSE_UNSPECIFIED, Answer.REASON_CONSENT),
    ):
        answer = await _answer(stub, child_index, child, consent, school, purpose=purpose)
        assert answer.reason == reason


async def test_a_consent_to_a_service_is_none_to_share(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """CON-10."""
    consent = await _given(
        stub, child, clinic, school, kind=Consent.KIND_SERVICE, recipient_service_ids=[str(uuid4())]
    )
    assert (await _answer(stub, child_index, child, consent, school)).reason == Answer.REASON_OTHER_KIND
    without = request(child, clinic, school, kind=Consent.KIND_SERVICE)
    refused = await refusal(stub.RecordConsent(without, metadata=clinic.metadata))
    assert refused.code == "INVALID_ARGUMENT"


async def test_another_takes_its_place_at_once(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    old = await _given(stub, child, clinic, school)
    asked = pb.SupersedeConsentRequest(
        consent_id=old.id,
        version=old.version,
        request_id=str(uuid4()),
        consent=request(child, clinic, school, expire_date=day(90)),
    )
    answer = await stub.SupersedeConsent(asked, metadata=clinic.metadata)
    assert answer.superseded.superseding_consent_id == answer.consent.id
    assert await see(stub, child_index, child, old, school) == Answer.REASON_SUPERSEDED
    assert await see(stub, child_index, child, answer.consent, school) == Answer.REASON_CONSENT


async def test_that_it_never_was_one_can_come_out_later(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    consent = await _given(stub, child, clinic, school)
    withdraw = pb.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4()))
    await stub.WithdrawConsent(withdraw, metadata=clinic.metadata)
    asked = pb.InvalidateConsentRequest(
        consent_id=consent.id, invalidity=Consent.INVALIDITY_PRESSURE, request_id=str(uuid4())
    )
    answer = await stub.InvalidateConsent(asked, metadata=clinic.metadata)
    assert answer.consent.invalidity == Consent.INVALIDITY_PRESSURE
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_INVALIDATED
    asked.request_id = str(uuid4())
    again = await refusal(stub.InvalidateConsent(asked, metadata=clinic.metadata))
    assert (again.code, again.reason) == ("FAILED_PRECONDITION", "CONSENT_STATE")
    assert await _states(stub, consent, clinic) == [
        Consent.STATE_GIVEN,
        Consent.STATE_WITHDRAWN,
        Consent.STATE_INVALIDATED,
    ]


async def test_of_two_decisions_at_once_one_wins_and_the_other_is_told_to_read_again(
    stub: ConsentServiceStub, child: Child, clinic: Organisation
) -> None:
    """Issue 6: one wins, the other `ABORTED`, by the version that both have read."""
    consent = await _given(stub, child, clinic)
    withdraw = pb.WithdrawConsentRequest(consent_id=consent.id, version=1, request_id=str(uuid4()))
    review = pb.ReviewConsentRequest(
        consent_id=consent.id, version=1, request_id=str(uuid4()), review_date=day(5)
    )
    answers = await asyncio.gather(
        stub.WithdrawConsent(withdraw, metadata=clinic.metadata),
        stub.ReviewConsent(review, metadata=clinic.metadata),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, AioRpcError)]
    assert [error.code().name for error in refused] == ["ABORTED"]
    now = await stub.GetConsent(pb.GetConsentRequest(consent_id=consent.id), metadata=clinic.metadata)
    assert now.consent.version == 2


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"give_date": day(3)}, {"give_date"}),
        ({"review_date": day(31)}, {"review_date"}),
        ({"start_date": day(-500), "expire_date": day(3)}, {"start_date"}),
        ({"wording_sha256": b"short"}, {"wording_sha256"}),
        ({"purposes": [99]}, {"purposes[0]"}),
    ],
)
async def test_bad_input_names_its_fields(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, changed: dict[str, object], fields: set[str]
) -> None:
    refused = await refusal(stub.RecordConsent(request(child, clinic, **changed), metadata=clinic.metadata))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", fields)


async def test_none_holds_longer_than_the_policy_allows(
    stub: ConsentServiceStub, child: Child, clinic: Organisation
) -> None:
    consent = await _given(stub, child, clinic, expire_date=Date(year=2099, month=1, day=1))
    assert consent.expire_date.year < 2099


async def test_lists_are_of_ones_own_and_go_page_by_page(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    made = [(await _given(stub, child, clinic, school)).id for _ in range(5)]
    asked, found = pb.ListConsentsRequest(child_id=child.of(clinic), page_size=2), list[str]()
    while True:
        page = await stub.ListConsents(asked, metadata=clinic.metadata)
        found += [one.id for one in page.consents]
        if not page.next_page_token:
            break
        asked.page_token = page.next_page_token
    assert found == made[::-1]
    asked.page_token = "made-up"
    assert set((await refusal(stub.ListConsents(asked, metadata=clinic.metadata))).fields) == {"page_token"}
    theirs = await stub.ListConsents(
        pb.ListConsentsRequest(child_id=child.of(school)), metadata=school.metadata
    )
    assert not theirs.consents
    other = await refusal(stub.GetConsent(pb.GetConsentRequest(consent_id=made[0]), metadata=school.metadata))
    assert (other.code, other.reason) == ("PERMISSION_DENIED", "CONSENT_NOT_VISIBLE")


async def test_a_receipt_can_be_verified_and_names_no_child(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    """ISO/IEC TS 27560 field names; CI-8: no id of the child."""
    consent = await _given(stub, child, clinic, school)
    receipt = await stub.GetReceipt(pb.GetReceiptRequest(consent_id=consent.id), metadata=clinic.metadata)
    signed = jws.deserialize_compact(
        receipt.jws, ECKey.import_key(json.loads(receipt.public_jwk)), algorithms=["ES256"]
    )
    assert signed.payload.decode() == receipt.receipt_json
    fields = json.loads(receipt.receipt_json)
    assert {
        "schema_version",
        "record_id",
        "pii_principal_id",
        "pii_processing",
        "party_identification",
        "event",
    } <= set(fields)
    assert fields["record_id"] == consent.id
    assert fields["pii_processing"][0]["purposes"][0]["recipient_third_parties"] == [school.id]
    for secret in (str(child.internal), consent.child_id):
        assert secret not in receipt.receipt_json
    assert '"d"' not in receipt.public_jwk


async def test_there_is_no_receipt_of_what_was_not_given(
    stub: ConsentServiceStub, child: Child, clinic: Organisation
) -> None:
    asked = await _requested(stub, child, clinic)
    refused = await refusal(
        stub.GetReceipt(pb.GetReceiptRequest(consent_id=asked.id), metadata=clinic.metadata)
    )
    assert refused.reason == "NOTHING_GIVEN"


async def test_an_export_is_fhir_r5_in_every_state(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    """The library judges the form; the codes that it does not check are those of the value sets."""
    given = await _given(stub, child, clinic, school)
    asked = await _requested(stub, child, clinic, school)
    withdrawn = await _given(stub, child, clinic)
    withdraw = pb.WithdrawConsentRequest(consent_id=withdrawn.id, request_id=str(uuid4()))
    await stub.WithdrawConsent(withdraw, metadata=clinic.metadata)
    seen = {}
    for consent in (given, asked, withdrawn):
        export = await stub.ExportConsent(
            pb.ExportConsentRequest(consent_id=consent.id), metadata=clinic.metadata
        )
        resource = FhirConsent.model_validate_json(export.fhir_json)
        seen[resource.status] = resource.decision
        assert str(child.internal) not in export.fhir_json
    assert seen == {"active": "permit", "draft": "permit", "inactive": "deny"}
    extra: Any = FhirConsent.model_fields["status"].json_schema_extra
    assert set(STATUSES.values()) <= set(extra["enum_values"])
    assert set(STATUSES) == set(Consent.State.values()) - {Consent.STATE_UNSPECIFIED}


async def test_under_every_id_of_a_merged_child_and_not_after_it_is_taken_apart(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """DESIGN 5 no. 9: a consent stays with its record, so an un-merge has nothing to undo."""
    other = Child(uuid4(), child.ids)
    consents = [await _given(stub, one, clinic, school) for one in (child, other)]
    questions = [
        Question(action=Question.ACTION_SEE, consent_id=one.id, scope=one.scope, organisation_id=school.id)
        for one in consents
    ]

    async def reasons(*records: Child) -> list[int]:
        asked = pb.DecideRequest(child_ids=[str(one.internal) for one in records], questions=questions)
        return [answer.reason for answer in (await stub.Decide(asked, metadata=child_index)).answers]

    assert await reasons(child, other) == [Answer.REASON_CONSENT] * 2
    assert await reasons(child) == [Answer.REASON_CONSENT, Answer.REASON_NO_CONSENT]
    assert await reasons(other) == [Answer.REASON_NO_CONSENT, Answer.REASON_CONSENT]
