"""Counts without names, the policy and its dry run, wordings and agreements (issue 6 no. 5, 9)."""

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.consent.v1 import consent_service_pb2, wording_service_pb2
from kith.consent.v1 import oversight_service_pb2 as pb
from kith.consent.v1.consent_service_pb2 import Answer
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.consent.v1.oversight_pb2 import Figure
from kith.consent.v1.oversight_service_pb2_grpc import OversightServiceStub
from kith.consent.v1.wording_pb2 import Wording
from kith.consent.v1.wording_service_pb2_grpc import WordingServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request
from tests.service.consent.test_decide import see


@pytest.fixture
def oversight(consent_service: ServiceProcess) -> OversightServiceStub:
    return OversightServiceStub(consent_service.channel)


@pytest.fixture
def wordings(consent_service: ServiceProcess) -> WordingServiceStub:
    return WordingServiceStub(consent_service.channel)


@pytest.fixture
def operator(issuer: Issuer) -> Metadata:
    token = issuer.token(
        kind="system", client_id="operator", sub="operator", org=None, scope="consents.policy consents.report"
    )
    return bearer(token)


async def _registered(wordings: WordingServiceStub, operator: Metadata, **more: Any) -> Wording:
    said: dict[str, Any] = {
        "kind": Wording.KIND_CONSENT,
        "version": str(uuid4()),
        "text": "What we would like to share, with whom, and why.",
        "start_date": day(-10),
        "request_id": str(uuid4()),
    }
    asked = wording_service_pb2.RegisterWordingRequest(**said | more)
    return (await wordings.RegisterWording(asked, metadata=operator)).wording


async def test_a_report_names_no_child_and_no_small_number(
    stub: ConsentServiceStub,
    oversight: OversightServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    operator: Metadata,
) -> None:
    for _ in range(6):
        await stub.RecordConsent(request(child, clinic), metadata=clinic.metadata)
    await stub.RecordConsent(request(child, school), metadata=school.metadata)
    asked = pb.GetReportRequest(start_date=day(-30), end_date=day(1))
    report = await oversight.GetReport(asked, metadata=operator)
    figures = {
        one.organisation_id: (one.count, one.suppressed)
        for one in report.figures
        if (one.measure, one.value) == (Figure.MEASURE_CONSENT_KIND, "SHARE")
    }
    # Six, to the nearest five: two reports a day apart do not give the sixth away.
    assert figures[clinic.id][0] in {0, 5}
    assert figures[school.id] == (0, True)
    assert all(one.count % 5 == 0 for one in report.figures)
    assert str(child.internal) not in str(report)
    assert (await refusal(oversight.GetReport(asked, metadata=clinic.metadata))).code == "PERMISSION_DENIED"


async def test_a_dry_run_says_what_another_policy_would_change_and_changes_nothing(
    stub: ConsentServiceStub,
    oversight: OversightServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    operator: Metadata,
    child_index: Metadata,
) -> None:
    consent = (
        await stub.RecordConsent(request(child, clinic, school, start_date=day(-9)), metadata=clinic.metadata)
    ).consent
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    policy = json.loads((await oversight.GetPolicy(pb.GetPolicyRequest(), metadata=operator)).policy_json)
    same = await oversight.DryRunPolicy(
        pb.DryRunPolicyRequest(policy_json=json.dumps(policy)), metadata=operator
    )
    assert (len(same.changes), same.HasField("oldest_time")) == (0, True)
    policy |= {"version": "stricter", "longest_consent": 5}
    stricter = await oversight.DryRunPolicy(
        pb.DryRunPolicyRequest(policy_json=json.dumps(policy)), metadata=operator
    )
    pairs = {(one.before.reason, one.after.reason) for one in stricter.changes}
    assert (Answer.REASON_CONSENT, Answer.REASON_OUT_OF_TIME) in pairs
    assert stricter.examined_count >= 1
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    bad = await refusal(
        oversight.DryRunPolicy(pb.DryRunPolicyRequest(policy_json='{"version": 7}'), metadata=operator)
    )
    assert (bad.code, set(bad.fields)) == ("INVALID_ARGUMENT", {"policy_json"})


async def test_a_wording_is_recorded_with_its_hash_and_one_that_is_over_is_refused(
    stub: ConsentServiceStub,
    wordings: WordingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    operator: Metadata,
    child_index: Metadata,
) -> None:
    """CON-3; issue 6, bad input: an expired wording."""
    wording = await _registered(wordings, operator)
    asked = request(child, clinic, school, wording_id=wording.id)
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    assert (consent.wording_sha256, consent.wording_version) == (wording.sha256, wording.version)
    retire = wording_service_pb2.RetireWordingRequest(
        wording_id=wording.id, request_id=str(uuid4()), end_date=day(-5)
    )
    await wordings.RetireWording(retire, metadata=operator)
    asked.request_id = str(uuid4())
    refused = await refusal(stub.RecordConsent(asked, metadata=clinic.metadata))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "WORDING_NOT_CURRENT")
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    retire.request_id = str(uuid4())
    retire.void_date.CopyFrom(day())
    await wordings.RetireWording(retire, metadata=operator)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_WORDING_RETIRED


async def test_a_wording_is_registered_once_and_listed(
    wordings: WordingServiceStub, clinic: Organisation, operator: Metadata
) -> None:
    first = await _registered(wordings, operator, kind=Wording.KIND_PRIVACY_NOTICE)
    again = wording_service_pb2.RegisterWordingRequest(
        kind=first.kind, version=first.version, text="Another", start_date=day(), request_id=str(uuid4())
    )
    refused = await refusal(wordings.RegisterWording(again, metadata=operator))
    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "WORDING_EXISTS")
    listed = await wordings.ListWordings(
        wording_service_pb2.ListWordingsRequest(kind=Wording.KIND_PRIVACY_NOTICE, page_size=1),
        metadata=clinic.metadata,
    )
    assert [one.id for one in listed.wordings] == [first.id]


async def test_without_a_current_agreement_nothing_is_seen(
    stub: ConsentServiceStub,
    wordings: WordingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    operator: Metadata,
    child_index: Metadata,
) -> None:
    """Issue 6 no. 9."""
    consent = (await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)).consent
    agreement = wording_service_pb2.RecordAgreementRequest(
        organisation_id=school.id,
        request_id=str(uuid4()),
        organisation_kind="SCHOOL",
        start_date=day(-90),
        end_date=day(-1),
    )
    await wordings.RecordAgreement(agreement, metadata=operator)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_NO_AGREEMENT
    agreement.end_date.CopyFrom(day(90))
    agreement.request_id = str(uuid4())
    await wordings.RecordAgreement(agreement, metadata=operator)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT


async def test_who_read_or_wrote_is_on_record_with_the_child(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, consent_service: ServiceProcess
) -> None:
    """G6: committed before the answer, in the service's own outbox."""
    consent = (await stub.RecordConsent(request(child, clinic), metadata=clinic.metadata)).consent
    await stub.GetConsent(
        consent_service_pb2.GetConsentRequest(consent_id=consent.id), metadata=clinic.metadata
    )
    connection = await asyncpg.connect(consent_service.database.superuser_dsn)
    try:
        rows = await connection.fetch("SELECT payload FROM chassis.audit_outbox")
    finally:
        await connection.close()
    records = [AccessRecord.FromString(row["payload"]) for row in rows]
    methods = [one.method.rpartition("/")[2] for one in records if str(child.internal) in one.child_ids]
    assert methods == ["RecordConsent", "GetConsent"]
