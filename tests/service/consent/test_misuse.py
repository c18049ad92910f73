"""What a new user gets wrong and a stranger tries (issue 6, bad input; S25): told apart, and nothing half-written."""

import json
from typing import Any
from uuid import uuid4

import pytest
from google.type.date_pb2 import Date

from kith.consent.v1 import (
    consent_service_pb2,
    family_pb2,
    family_service_pb2,
    sharing_service_pb2,
)
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.consent.v1.family_service_pb2_grpc import FamilyServiceStub
from kith.consent.v1.sharing_pb2 import SharingDecision
from kith.consent.v1.sharing_service_pb2_grpc import SharingServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request
from tests.service.consent.family import LONG_AGO, Recorder
from tests.service.consent.test_decide import see

Person = family_pb2.FamilyPerson
_REGISTERED = Person.Acquired(route=Person.ROUTE_REGISTERED, date=LONG_AGO)


@pytest.fixture
def family(consent_service: ServiceProcess) -> FamilyServiceStub:
    return FamilyServiceStub(consent_service.channel)


@pytest.fixture
def sharing(consent_service: ServiceProcess) -> SharingServiceStub:
    return SharingServiceStub(consent_service.channel)


@pytest.fixture
def recorder(family: FamilyServiceStub, child: Child, clinic: Organisation) -> Recorder:
    return Recorder(family, child, clinic)


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        (
            {
                "start_date": Date(year=9999, month=12, day=30),
                "expire_date": Date(year=9999, month=12, day=31),
            },
            {"start_date", "expire_date"},
        ),
        ({"start_date": day(400), "expire_date": day(500)}, {"start_date"}),
        ({"give_date": Date(year=1, month=1, day=1)}, {"give_date"}),
        ({"give_date": day(-900)}, {"start_date"}),
        ({"start_date": Date(year=2027, month=2, day=29)}, {"start_date"}),
        ({"giver": Consent.GIVER_CHILD, "giver_person_id": str(uuid4())}, {""}),
        ({"wording_version": "a\0b"}, {"wording_version"}),
        ({"wording_version": "x" * 10_000}, {"wording_version"}),
    ],
)
async def test_a_day_or_text_that_no_consent_has_names_its_field(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, changed: dict[str, object], fields: set[str]
) -> None:
    refused = await refusal(stub.RecordConsent(request(child, clinic, **changed), metadata=clinic.metadata))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", fields)


async def test_a_leap_day_is_a_day(stub: ConsentServiceStub, child: Child, clinic: Organisation) -> None:
    leap = Date(year=2028, month=2, day=29)
    asked = consent_service_pb2.RequestConsentRequest(
        child_id=child.of(clinic),
        scope=Consent.SCOPE_SENSITIVE_INVOLVEMENT,
        answer_date=leap,
        request_id=str(uuid4()),
    )
    assert (await stub.RequestConsent(asked, metadata=clinic.metadata)).consent.answer_date == leap


async def test_a_date_no_child_or_order_has_is_refused_and_the_family_stays_readable(
    family: FamilyServiceStub, child: Child, clinic: Organisation, recorder: Recorder
) -> None:
    late = Date(year=9999, month=12, day=31)
    assert set((await refusal(recorder.born(late))).fields) == {"child.birth_date"}
    order = recorder.order(kind=family_pb2.CourtOrder.KIND_EMERGENCY_PROTECTION, make_date=late)
    assert set((await refusal(order)).fields) == {"order.make_date"}
    asked = family_service_pb2.GetFamilyRequest(child_id=child.of(clinic))
    assert (await family.GetFamily(asked, metadata=clinic.metadata)).family.version == 0


async def test_an_id_written_in_capitals_is_the_same_id(
    family: FamilyServiceStub, child: Child, clinic: Organisation, recorder: Recorder
) -> None:
    """Whoever may be told is told safely, and is not recorded twice."""
    mother = await recorder.mother(safe_contact="by letter to the aunt")
    asked = family_service_pb2.MayBeToldRequest(
        child_id=child.of(clinic), person_id=mother.upper(), scope=Consent.SCOPE_SENSITIVE_INVOLVEMENT
    )
    answer = await family.MayBeTold(asked, metadata=clinic.metadata)
    assert (answer.may_be_told, answer.safe_contact) == (True, "by letter to the aunt")
    again = await recorder.person(Person.RELATION_MOTHER, id=mother.upper())
    assert (again.id, [one.id for one in again.family.persons]) == (mother, [mother])
    unknown = await refusal(recorder.person(Person.RELATION_MOTHER, id=str(uuid4())))
    assert (unknown.code, set(unknown.fields)) == ("INVALID_ARGUMENT", {"id"})


async def test_who_is_barred_by_one_organisation_is_told_by_no_other(
    stub: ConsentServiceStub,
    family: FamilyServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    recorder: Recorder,
) -> None:
    """DESIGN 5 no. 10: each has its own ids of people, so who is meant is not known, and nobody is told."""
    father = (await recorder.person(Person.RELATION_FATHER, acquired=[_REGISTERED])).id
    await recorder.born(LONG_AGO)
    asked = request(child, clinic, giver_person_id=father)
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    told = family_service_pb2.MayBeToldRequest(
        child_id=child.of(clinic), person_id=father, scope=consent.scope
    )
    assert (await family.MayBeTold(told, metadata=clinic.metadata)).may_be_told
    elsewhere = Recorder(family, child, school)
    theirs = (await elsewhere.person(Person.RELATION_FATHER, acquired=[_REGISTERED])).id
    await elsewhere.do_not_tell(person_id=theirs, start_date=day(-1))
    assert not (await family.MayBeTold(told, metadata=clinic.metadata)).may_be_told
    receipt = consent_service_pb2.GetReceiptRequest(consent_id=consent.id)
    assert (await refusal(stub.GetReceipt(receipt, metadata=clinic.metadata))).reason == "MUST_NOT_BE_TOLD"


async def test_a_wish_recorded_elsewhere_bars_a_giver_whose_family_nobody_here_recorded(
    stub: ConsentServiceStub,
    family: FamilyServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
) -> None:
    """CON-9; the export says so to whoever receives it."""
    asked = request(child, clinic, giver_person_id=str(uuid4()))
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    receipt = consent_service_pb2.GetReceiptRequest(consent_id=consent.id)
    export = consent_service_pb2.ExportConsentRequest(consent_id=consent.id)
    await stub.GetReceipt(receipt, metadata=clinic.metadata)
    before = json.loads((await stub.ExportConsent(export, metadata=clinic.metadata)).fhir_json)
    assert "security" not in before["meta"]
    await Recorder(family, child, school).wish(respected=True, start_date=day(-1))
    assert (await refusal(stub.GetReceipt(receipt, metadata=clinic.metadata))).reason == "MUST_NOT_BE_TOLD"
    after = json.loads((await stub.ExportConsent(export, metadata=clinic.metadata)).fhir_json)
    assert [one["code"] for one in after["meta"]["security"]] == ["NOPAT"]


def _decision(child: Child, decider: Organisation, to: Organisation, **said: Any) -> Any:
    return sharing_service_pb2.RecordSharingDecisionRequest(
        child_id=child.of(decider),
        request_id=str(uuid4()),
        scope=Consent.SCOPE_SENSITIVE_INVOLVEMENT,
        recipients=[sharing_service_pb2.RecordSharingDecisionRequest.Recipient(organisation_id=to.id)],
        decider_practitioner_id=str(uuid4()),
        review_date=day(14),
        **said,
    )


_SHARED = {"outcome": SharingDecision.OUTCOME_WITH_CONSENT}
_KEPT = {
    "outcome": SharingDecision.OUTCOME_NOT_SHARED,
    "not_shared": SharingDecision.NOT_SHARED_MORE_DETRIMENTAL,
}


@pytest.mark.parametrize("outcome", [_SHARED, _KEPT], ids=["shared", "not shared"])
async def test_anothers_consent_and_one_that_does_not_exist_are_answered_alike(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    police: Organisation,
    outcome: dict[str, Any],
) -> None:
    """AIP-193: nobody learns from it that a consent exists."""
    consent = (await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)).consent
    answers = set()
    for consent_id in (consent.id, str(uuid4())):
        asked = _decision(child, police, school, consent_id=consent_id, **outcome)
        refused = await refusal(sharing.RecordSharingDecision(asked, metadata=police.metadata))
        answers.add((refused.code, refused.reason, refused.message))
    assert {answer[:2] for answer in answers} == {("FAILED_PRECONDITION", "CONSENT_DOES_NOT_COVER")}
    assert len(answers) == 1


async def test_nobody_else_keeps_an_organisation_from_protecting_a_child(
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    police: Organisation,
) -> None:
    """Golden rules 1 and 7: a decision not to share binds who made it, and has people look at a consent."""
    await sharing.RecordSharingDecision(_decision(child, police, school, **_KEPT), metadata=police.metadata)
    asked = _decision(
        child,
        clinic,
        school,
        outcome=SharingDecision.OUTCOME_WITHOUT_CONSENT,
        ground=SharingDecision.GROUND_SIGNIFICANT_HARM,
        necessity="She was seen with a burn.",
        proportionality="Only what the head needs to know.",
        threshold="The injury is serious.",
        consent_not_used=SharingDecision.CONSENT_NOT_USED_UNSAFE_TO_ASK,
        family_informed=SharingDecision.FAMILY_INFORMED_INCREASES_RISK,
    )
    answer = await sharing.RecordSharingDecision(asked, metadata=clinic.metadata)
    assert len(answer.decision.shares) == 1


async def test_another_kind_takes_no_consents_place(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """CON-10."""
    consent = (await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)).consent
    other = request(child, clinic, school, kind=Consent.KIND_SERVICE, recipient_service_ids=[str(uuid4())])
    asked = consent_service_pb2.SupersedeConsentRequest(
        consent_id=consent.id, request_id=str(uuid4()), consent=other
    )
    refused = await refusal(stub.SupersedeConsent(asked, metadata=clinic.metadata))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "SUPERSEDING_DIFFERS")
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT


async def test_a_request_id_with_another_payload_is_refused(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    asked = request(child, clinic, school)
    first = await stub.RecordConsent(asked, metadata=clinic.metadata)
    assert await stub.RecordConsent(asked, metadata=clinic.metadata) == first
    asked.scope = Consent.SCOPE_CAF_INDICATOR
    refused = await refusal(stub.RecordConsent(asked, metadata=clinic.metadata))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")
