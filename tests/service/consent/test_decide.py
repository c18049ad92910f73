"""Decisions, made on what is stored at the moment of the question (DESIGN 5 no. 9, G12)."""

from uuid import uuid4

from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer, Question
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request

SENSITIVE = Consent.SCOPE_SENSITIVE_INVOLVEMENT


def _see(consent: Consent, organisation: Organisation) -> Question:
    return Question(
        action=Question.ACTION_SEE, consent_id=consent.id, scope=SENSITIVE, organisation_id=organisation.id
    )


async def _reasons(
    stub: ConsentServiceStub, child_index: Metadata, child: Child, *questions: Question
) -> list[Answer.Reason]:
    asked = pb.DecideRequest(child_ids=[str(child.internal)], questions=questions)
    answers = (await stub.Decide(asked, metadata=child_index)).answers
    for answer in answers:
        permitted = answer.outcome == Answer.OUTCOME_PERMIT
        assert permitted == (answer.reason == Answer.REASON_CONSENT)
        assert answer.outcome
    return [answer.reason for answer in answers]


async def see(
    stub: ConsentServiceStub,
    child_index: Metadata,
    child: Child,
    consent: Consent,
    organisation: Organisation,
) -> Answer.Reason:
    """Why the organisation may, or may not, see what rests on the consent."""
    return (await _reasons(stub, child_index, child, _see(consent, organisation)))[0]


async def test_answers_come_in_the_order_of_the_questions(
    stub: ConsentServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    child_index: Metadata,
) -> None:
    """The consent was recorded under the clinic's own id of the child, and holds for the child in the index."""
    answer = await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)
    later = await stub.RecordConsent(
        request(child, clinic, school, start_date=day(5)), metadata=clinic.metadata
    )
    record = _see(answer.consent, clinic)
    record.action = Question.ACTION_RECORD
    other_scope = _see(answer.consent, school)
    other_scope.scope = Consent.SCOPE_CAF_INDICATOR
    stranger = Organisation(str(uuid4()), ())
    reasons = await _reasons(
        stub,
        child_index,
        child,
        _see(Consent(id=str(uuid4())), school),
        _see(answer.consent, school),
        _see(answer.consent, stranger),
        record,
        other_scope,
        _see(later.consent, school),
        _see(answer.consent, clinic),
    )
    assert reasons == [
        Answer.REASON_NO_CONSENT,
        Answer.REASON_CONSENT,
        Answer.REASON_OTHER_RECIPIENT,
        Answer.REASON_CONSENT,
        Answer.REASON_OTHER_SCOPE,
        Answer.REASON_OUT_OF_TIME,
        Answer.REASON_CONSENT,
    ]


async def test_a_withdrawal_counts_from_its_answer_on(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """G12, CON-11."""
    consent = (await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)).consent
    assert await _reasons(stub, child_index, child, _see(consent, school)) == [Answer.REASON_CONSENT]
    withdraw = pb.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4()))
    await stub.WithdrawConsent(withdraw, metadata=clinic.metadata)
    assert await _reasons(stub, child_index, child, _see(consent, school)) == [Answer.REASON_WITHDRAWN]


async def test_a_made_up_child_id_is_stored_and_matches_nobody(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """Any id is a block of AES; consent does not know which children there are."""
    made_up = request(child, clinic, school, child_id=str(uuid4()))
    consent = (await stub.RecordConsent(made_up, metadata=clinic.metadata)).consent
    assert consent.child_id == made_up.child_id
    assert await _reasons(stub, child_index, child, _see(consent, school)) == [Answer.REASON_NO_CONSENT]


async def test_another_organisations_id_of_the_child_matches_nobody(
    stub: ConsentServiceStub, child: Child, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """DESIGN 5 no. 1: two organisations cannot join their data on it."""
    theirs = request(child, clinic, school, child_id=child.of(school))
    consent = (await stub.RecordConsent(theirs, metadata=clinic.metadata)).consent
    assert await _reasons(stub, child_index, child, _see(consent, clinic)) == [Answer.REASON_NO_CONSENT]


async def test_only_child_index_may_ask(
    stub: ConsentServiceStub, clinic: Organisation, child: Child, issuer: Issuer
) -> None:
    asked = pb.DecideRequest(
        child_ids=[str(child.internal)], questions=[_see(Consent(id=str(uuid4())), clinic)]
    )
    person = issuer.token(scope="consents.decide events.read")
    search = issuer.service_token("search", "consents.decide events.read")
    attempts = [
        clinic.metadata,
        bearer(person),
        bearer(search, ("kith-service-authorization", f"Bearer {search}")),
    ]
    for metadata in attempts:
        assert (await refusal(stub.Decide(asked, metadata=metadata))).code == "PERMISSION_DENIED"
        changes = await refusal(stub.ListChanges(pb.ListChangesRequest(), metadata=metadata))
        assert changes.code == "PERMISSION_DENIED"
    assert (await refusal(stub.Decide(asked))).code == "UNAUTHENTICATED"
