"""Who can consent, on what is recorded; what freezes when that changes (CON-6, CON-9; DESIGN 5 no. 10)."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from google.type.date_pb2 import Date

from kith.consent.v1 import consent_service_pb2, family_pb2
from kith.consent.v1 import family_service_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.consent.v1.family_service_pb2_grpc import FamilyServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request, today
from tests.service.consent.family import LONG_AGO, Recorder
from tests.service.consent.test_decide import see


@pytest.fixture
def family(consent_service: ServiceProcess) -> FamilyServiceStub:
    return FamilyServiceStub(consent_service.channel)


@pytest.fixture
def recorder(family: FamilyServiceStub, child: Child, clinic: Organisation) -> Recorder:
    return Recorder(family, child, clinic)


def _aged(years: int) -> Date:
    return Date(year=today().year - years, month=1, day=1)


async def _who(family: FamilyServiceStub, child: Child, asker: Organisation) -> pb.WhoCanConsentResponse:
    asked = pb.WhoCanConsentRequest(child_id=child.of(asker), matter=family_pb2.MATTER_SHARE_INFORMATION)
    return await family.WhoCanConsent(asked, metadata=asker.metadata)


async def test_a_mother_can_consent_and_the_answer_names_its_rule(
    family: FamilyServiceStub, child: Child, clinic: Organisation, recorder: Recorder
) -> None:
    await recorder.born(_aged(9))
    mother = await recorder.mother()
    answer = await _who(family, child, clinic)
    assert answer.standing == pb.WhoCanConsentResponse.STANDING_CLEAR
    assert [(who.person_id, who.rule) for who in answer.who_may] == [(mother, "PR-01")]
    assert answer.who_may[0].source
    assert list(answer.must_be_told_person_ids) == [mother]
    assert answer.family_version == 2


async def test_what_one_organisation_recorded_no_other_is_shown(
    family: FamilyServiceStub, child: Child, clinic: Organisation, school: Organisation, recorder: Recorder
) -> None:
    await recorder.mother()
    theirs = await family.GetFamily(pb.GetFamilyRequest(child_id=child.of(school)), metadata=school.metadata)
    assert (len(theirs.family.persons), theirs.family.version) == (0, 0)
    own = await family.GetFamily(pb.GetFamilyRequest(child_id=child.of(clinic)), metadata=clinic.metadata)
    assert own.family.persons[0].display_name == "Canary Mother"
    answer = await _who(family, child, school)
    assert (answer.standing, len(answer.who_may)) == (pb.WhoCanConsentResponse.STANDING_REVIEW, 0)


async def test_a_stolen_disk_gives_away_no_name(
    recorder: Recorder, consent_service: ServiceProcess, child: Child
) -> None:
    """DESIGN 5 no. 4: names, relations and dates are sealed."""
    await recorder.born(_aged(9))
    await recorder.mother(safe_contact="Canary Street")
    connection = await asyncpg.connect(consent_service.database.superuser_dsn)
    try:
        stored = await connection.fetch("SELECT sealed FROM family WHERE child_id = $1", child.internal)
        kept = await connection.fetch(
            "SELECT v.sealed FROM family_version AS v JOIN family AS f ON f.id = v.family_id WHERE f.child_id = $1",
            child.internal,
        )
    finally:
        await connection.close()
    assert (len(stored), len(kept)) == (1, 2)
    assert all(b"Canary" not in row["sealed"] for row in (*stored, *kept))
    assert "Canary" not in consent_service.log


async def test_a_consent_by_somebody_who_cannot_is_refused_and_nothing_is_written(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, recorder: Recorder
) -> None:
    """Issue 6, bad input: a private foster carer has no responsibility."""
    await recorder.born(_aged(9))
    await recorder.mother()
    carer = await recorder.person(family_pb2.FamilyPerson.RELATION_PRIVATE_FOSTER_CARER)
    asked = request(child, clinic, giver_person_id=carer.id)
    refused = await refusal(stub.RecordConsent(asked, metadata=clinic.metadata))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "GIVER_CANNOT_CONSENT")
    unnamed = await refusal(stub.RecordConsent(request(child, clinic), metadata=clinic.metadata))
    assert (unnamed.code, unnamed.reason) == ("FAILED_PRECONDITION", "GIVER_NOT_NAMED")
    listed = await stub.ListConsents(
        consent_service_pb2.ListConsentsRequest(child_id=child.of(clinic)), metadata=clinic.metadata
    )
    assert not listed.consents


async def test_a_child_found_able_gives_its_own_and_one_not_assessed_does_not(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, recorder: Recorder
) -> None:
    """Gillick: competence for this decision, which can change."""
    await recorder.born(_aged(14))
    await recorder.mother()
    own = request(child, clinic, giver=Consent.GIVER_CHILD)
    refused = await refusal(stub.RecordConsent(own, metadata=clinic.metadata))
    assert refused.reason == "GIVER_CANNOT_CONSENT"
    assessed = await recorder.competence(
        matter=family_pb2.MATTER_SHARE_INFORMATION, able=True, assess_date=day(-2)
    )
    own.request_id = str(uuid4())
    consent = (await stub.RecordConsent(own, metadata=clinic.metadata)).consent
    assert (consent.entitled, consent.competence_assessment_id) == (True, assessed.id)
    again = await recorder.competence(
        matter=family_pb2.MATTER_SHARE_INFORMATION, able=False, assess_date=day()
    )
    assert list(again.frozen_consent_ids) == [consent.id]


async def test_an_order_freezes_what_rested_on_it_from_its_commit(
    stub: ConsentServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    recorder: Recorder,
    child_index: Metadata,
) -> None:
    """A prohibited steps order keeps the mother from deciding: asked for again, and meanwhile nothing is permitted."""
    await recorder.born(_aged(9))
    mother = await recorder.mother()
    asked = request(child, clinic, school, giver_person_id=mother)
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    assert consent.entitled
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    order = await recorder.order(
        kind=family_pb2.CourtOrder.KIND_PROHIBITED_STEPS, make_date=day(), against_person_ids=[mother]
    )
    assert list(order.frozen_consent_ids) == [consent.id]
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_FROZEN
    now = await stub.GetConsent(
        consent_service_pb2.GetConsentRequest(consent_id=consent.id), metadata=clinic.metadata
    )
    assert now.consent.state == Consent.STATE_FROZEN
    assert now.consent.freeze == Consent.FREEZE_GIVER_CANNOT


async def test_of_two_who_change_a_family_at_once_one_is_told(
    family: FamilyServiceStub, child: Child, clinic: Organisation, recorder: Recorder
) -> None:
    await recorder.mother()
    requests = [
        pb.RecordChildFactsRequest(
            child_id=child.of(clinic),
            request_id=str(uuid4()),
            version=1,
            facts=family_pb2.ChildFacts(birth_date=_aged(age)),
        )
        for age in (8, 9)
    ]
    answers = await asyncio.gather(
        *(family.RecordChildFacts(one, metadata=clinic.metadata) for one in requests), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.RecordChildFactsResponse) for answer in answers) == 1
    late = await refusal(
        family.RecordChildFacts(
            pb.RecordChildFactsRequest(
                child_id=child.of(clinic),
                request_id=str(uuid4()),
                version=1,
                facts=family_pb2.ChildFacts(birth_date=_aged(7)),
            ),
            metadata=clinic.metadata,
        )
    )
    assert (late.code, late.reason) == ("ABORTED", "CONSENT_CHANGED")


async def test_whoever_is_on_the_list_is_told_nothing_whoever_asks(
    stub: ConsentServiceStub,
    family: FamilyServiceStub,
    child: Child,
    clinic: Organisation,
    recorder: Recorder,
) -> None:
    """CON-9, DESIGN 5 no. 10: it stands before the receipt too."""
    await recorder.born(_aged(9))
    mother = await recorder.mother(safe_contact="by letter to the aunt")
    consent = (
        await stub.RecordConsent(request(child, clinic, giver_person_id=mother), metadata=clinic.metadata)
    ).consent
    told = pb.MayBeToldRequest(child_id=child.of(clinic), person_id=mother, scope=consent.scope)
    before = await family.MayBeTold(told, metadata=clinic.metadata)
    assert (before.may_be_told, before.safe_contact) == (True, "by letter to the aunt")
    receipt = consent_service_pb2.GetReceiptRequest(consent_id=consent.id)
    assert (await stub.GetReceipt(receipt, metadata=clinic.metadata)).safe_contact == before.safe_contact
    await recorder.do_not_tell(person_id=mother, start_date=day(-1))
    assert await family.MayBeTold(told, metadata=clinic.metadata) == pb.MayBeToldResponse()
    refused = await refusal(stub.GetReceipt(receipt, metadata=clinic.metadata))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "MUST_NOT_BE_TOLD")
    answer = await _who(family, child, clinic)
    assert [who.person_id for who in answer.must_not_be_told] == [mother]


async def test_a_wish_recorded_elsewhere_is_an_obligation_here(
    stub: ConsentServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    recorder: Recorder,
    child_index: Metadata,
) -> None:
    """CON-9: also for those who know nothing of the family."""
    consent = (await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)).consent
    await recorder.wish(respected=True, start_date=day(-1))
    asked = consent_service_pb2.DecideRequest(
        child_ids=[str(child.internal)],
        questions=[
            consent_service_pb2.Question(
                action=consent_service_pb2.Question.ACTION_SEE,
                consent_id=consent.id,
                scope=consent.scope,
                organisation_id=school.id,
            )
        ],
    )
    answer = (await stub.Decide(asked, metadata=child_index)).answers[0]
    assert answer.outcome == Answer.OUTCOME_PERMIT
    assert Answer.OBLIGATION_HIDE_FROM_PARENTS in answer.obligations
    assert UUID(answer.record_id) == UUID(consent.id)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"make_date": LONG_AGO, "to_person_ids": [str(uuid4())]}, "order.to_person_ids"),
        ({"make_date": Date(year=2020, month=13, day=1)}, "order.make_date"),
    ],
)
async def test_bad_input_names_its_field_and_changes_nothing(
    family: FamilyServiceStub,
    child: Child,
    clinic: Organisation,
    recorder: Recorder,
    said: dict[str, object],
    field: str,
) -> None:
    await recorder.mother()
    refused = await refusal(recorder.order(kind=family_pb2.CourtOrder.KIND_CARE, **said))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {field})
    now = await family.GetFamily(pb.GetFamilyRequest(child_id=child.of(clinic)), metadata=clinic.metadata)
    assert (now.family.version, len(now.family.orders)) == (1, 0)
