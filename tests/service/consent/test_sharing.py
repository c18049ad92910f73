"""Decisions to share or not to, what went to whom, notices (CON-2, CON-7, CON-8, CON-11, CON-12, CON-15)."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kith.consent.v1 import consent_service_pb2
from kith.consent.v1 import sharing_service_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer, Question
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.consent.v1.sharing_pb2 import Notice, Share, SharingDecision
from kith.consent.v1.sharing_service_pb2_grpc import SharingServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request

SCOPE = Consent.SCOPE_SENSITIVE_INVOLVEMENT
_TRUST = str(uuid4())


@pytest.fixture
def sharing(consent_service: ServiceProcess) -> SharingServiceStub:
    return SharingServiceStub(consent_service.channel)


def _decision(child: Child, decider: Organisation, *recipients: Organisation, **more: Any) -> Any:
    """A decision to share without consent, since a child suffers significant harm."""
    said: dict[str, Any] = {
        "child_id": child.of(decider),
        "request_id": str(uuid4()),
        "outcome": SharingDecision.OUTCOME_WITHOUT_CONSENT,
        "scope": SCOPE,
        "recipients": [
            pb.RecordSharingDecisionRequest.Recipient(organisation_id=one.id) for one in recipients
        ],
        "ground": SharingDecision.GROUND_SIGNIFICANT_HARM,
        "necessity": "Canary necessity",
        "proportionality": "Canary proportion",
        "threshold": "Canary threshold",
        "consent_not_used": SharingDecision.CONSENT_NOT_USED_UNSAFE_TO_ASK,
        "family_informed": SharingDecision.FAMILY_INFORMED_INCREASES_RISK,
        "decider_practitioner_id": str(uuid4()),
        "review_date": day(14),
    }
    return pb.RecordSharingDecisionRequest(**said | more)


async def _recorded(
    sharing: SharingServiceStub, child: Child, decider: Organisation, *recipients: Organisation, **more: Any
) -> SharingDecision:
    asked = _decision(child, decider, *recipients, **more)
    return (await sharing.RecordSharingDecision(asked, metadata=decider.metadata)).decision


async def _may_share(
    stub: ConsentServiceStub, child_index: Metadata, child: Child, giver: Organisation, taker: Organisation
) -> Answer:
    question = Question(
        action=Question.ACTION_SHARE,
        scope=SCOPE,
        organisation_id=giver.id,
        recipient_organisation_id=taker.id,
    )
    asked = consent_service_pb2.DecideRequest(child_ids=[str(child.internal)], questions=[question])
    return (await stub.Decide(asked, metadata=child_index)).answers[0]


async def test_without_consent_it_goes_on_a_ground_and_the_words_are_sealed(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    child_index: Metadata,
    consent_service: ServiceProcess,
) -> None:
    decision = await _recorded(sharing, child, clinic, school)
    assert [share.recipient_organisation_id for share in decision.shares] == [school.id]
    answer = await _may_share(stub, child_index, child, clinic, school)
    assert (answer.outcome, answer.reason) == (Answer.OUTCOME_PERMIT, Answer.REASON_GROUND)
    assert (answer.record_id, answer.last_valid_date) == (decision.id, day(14))
    assert Answer.OBLIGATION_ACKNOWLEDGE in answer.obligations
    connection = await asyncpg.connect(consent_service.database.superuser_dsn)
    try:
        rows = await connection.fetch("SELECT d::text FROM sharing_decision AS d")
        kept = await connection.fetch("SELECT decision FROM sharing_decision_version")
    finally:
        await connection.close()
    assert rows
    assert not any("Canary" in row[0] or b"Canary".hex() in row[0] for row in rows)
    assert not any(b"Canary" in row["decision"] for row in kept)


async def test_its_words_are_for_who_decided_alone(
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    child_index: Metadata,
) -> None:
    """CON-7: no hint for others of why, on which ground, or whether the family was told."""
    await _recorded(sharing, child, clinic, school)
    own = await sharing.ListShares(pb.ListSharesRequest(child_id=child.of(clinic)), metadata=clinic.metadata)
    assert own.decisions[0].necessity == "Canary necessity"
    theirs = await sharing.ListShares(pb.ListSharesRequest(received=True), metadata=school.metadata)
    seen = theirs.decisions[0]
    assert (seen.child_id, len(seen.shares)) == (child.of(school), 1)
    told = (seen.necessity, seen.threshold, seen.ground, seen.consent_not_used, seen.family_informed)
    assert not any(told)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"threshold": ""}, "GROUND_INCOMPLETE"),
        ({"ground": SharingDecision.GROUND_DUTY_TO_SHARE}, "GROUND_NOT_IN_FORCE"),
    ],
)
async def test_a_ground_that_does_not_carry_it_is_refused_and_nothing_is_written(
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    changed: dict[str, object],
    reason: str,
) -> None:
    """CON-8; DESIGN 5 no. 18: a duty only from its commencement."""
    asked = _decision(child, clinic, school, **changed)
    refused = await refusal(sharing.RecordSharingDecision(asked, metadata=clinic.metadata))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "GROUND_DOES_NOT_HOLD")
    assert reason in refused.everything
    listed = await sharing.ListShares(
        pb.ListSharesRequest(child_id=child.of(clinic)), metadata=clinic.metadata
    )
    assert not listed.decisions


@pytest.mark.parametrize(
    "changed",
    [
        {"necessity": ""},
        {"proportionality": ""},
        {"consent_not_used": 0},
        {"family_informed": 0},
        {"ground": 0},
        {"recipients": []},
        {"recipients": [pb.RecordSharingDecisionRequest.Recipient(organisation_id=_TRUST)] * 2},
        {"outcome": SharingDecision.OUTCOME_NOT_SHARED},
        {"review_date": day(-1)},
        {"review_date": day(900)},
        {"decide_date": day(5)},
    ],
)
async def test_what_a_decision_lacks_is_told_at_once(
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    changed: dict[str, object],
) -> None:
    """Golden rule 7."""
    asked = _decision(child, clinic, school, **changed)
    refused = await refusal(sharing.RecordSharingDecision(asked, metadata=clinic.metadata))
    assert refused.code == "INVALID_ARGUMENT"


async def test_not_to_share_is_a_decision_too_and_stands_against_a_consent(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    child_index: Metadata,
) -> None:
    await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)
    assert (await _may_share(stub, child_index, child, clinic, school)).reason == Answer.REASON_CONSENT
    decision = await _recorded(
        sharing,
        child,
        clinic,
        school,
        outcome=SharingDecision.OUTCOME_NOT_SHARED,
        ground=0,
        not_shared=SharingDecision.NOT_SHARED_MORE_DETRIMENTAL,
    )
    assert not decision.shares
    answer = await _may_share(stub, child_index, child, clinic, school)
    assert (answer.outcome, answer.reason) == (Answer.OUTCOME_REVIEW, Answer.REASON_NOT_SHARED)


async def _with_consent(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
) -> tuple[Consent, SharingDecision]:
    consent = (await stub.RecordConsent(request(child, clinic, school), metadata=clinic.metadata)).consent
    decision = await _recorded(
        sharing,
        child,
        clinic,
        school,
        outcome=SharingDecision.OUTCOME_WITH_CONSENT,
        consent_id=consent.id,
        ground=0,
        consent_not_used=0,
    )
    return consent, decision


async def test_a_withdrawal_ends_what_goes_on_and_tells_the_recipient(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    child_index: Metadata,
) -> None:
    """CON-11: what went stays on record; G12: from the commit on, with neither broker nor consumers there."""
    consent, decision = await _with_consent(stub, sharing, child, clinic, school)
    withdraw = consent_service_pb2.WithdrawConsentRequest(consent_id=consent.id, request_id=str(uuid4()))
    await stub.WithdrawConsent(withdraw, metadata=clinic.metadata)
    assert (await _may_share(stub, child_index, child, clinic, school)).reason == Answer.REASON_WITHDRAWN
    own = await sharing.ListShares(pb.ListSharesRequest(child_id=child.of(clinic)), metadata=clinic.metadata)
    (share,) = own.decisions[0].shares
    assert (share.id, share.state) == (decision.shares[0].id, Share.STATE_ENDED)
    assert share.end_reason == Share.END_REASON_CONSENT_WITHDRAWN
    notices = (await sharing.ListNotices(pb.ListNoticesRequest(), metadata=school.metadata)).notices
    assert {one.kind for one in notices} == {Notice.KIND_CONSENT_WITHDRAWN, Notice.KIND_SHARE_ENDED}
    assert {one.child_id for one in notices} == {child.of(school)}
    for one in notices:
        asked = pb.AcknowledgeNoticeRequest(notice_id=one.id, request_id=str(uuid4()))
        stranger = await refusal(sharing.AcknowledgeNotice(asked, metadata=clinic.metadata))
        assert stranger.reason == "SHARE_NOT_VISIBLE"
        asked.request_id = str(uuid4())
        answer = await sharing.AcknowledgeNotice(asked, metadata=school.metadata)
        assert answer.notice.HasField("acknowledge_time")
    assert not (await sharing.ListNotices(pb.ListNoticesRequest(), metadata=school.metadata)).notices


async def test_a_consent_that_does_not_cover_it_carries_no_sharing(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
) -> None:
    consent = (await stub.RecordConsent(request(child, clinic), metadata=clinic.metadata)).consent
    asked = _decision(
        child,
        clinic,
        school,
        outcome=SharingDecision.OUTCOME_WITH_CONSENT,
        consent_id=consent.id,
        ground=0,
        consent_not_used=0,
    )
    refused = await refusal(sharing.RecordSharingDecision(asked, metadata=clinic.metadata))
    assert refused.reason == "CONSENT_DOES_NOT_COVER"


async def test_a_recipient_says_received_then_understood_and_nobody_else_does(
    sharing: SharingServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    """CON-15, X-9: receipt is not understanding."""
    share_id = (await _recorded(sharing, child, clinic, school)).shares[0].id

    def asked(*, understood: bool) -> pb.AcknowledgeShareRequest:
        return pb.AcknowledgeShareRequest(share_id=share_id, request_id=str(uuid4()), understood=understood)

    stranger = await refusal(sharing.AcknowledgeShare(asked(understood=True), metadata=clinic.metadata))
    assert (stranger.code, stranger.reason) == ("PERMISSION_DENIED", "SHARE_NOT_VISIBLE")
    received = (await sharing.AcknowledgeShare(asked(understood=False), metadata=school.metadata)).share
    assert (received.HasField("receive_time"), received.understood) == (True, False)
    understood = (await sharing.AcknowledgeShare(asked(understood=True), metadata=school.metadata)).share
    assert (understood.receive_time, understood.understood) == (received.receive_time, True)
    again = await refusal(sharing.AcknowledgeShare(asked(understood=True), metadata=school.metadata))
    assert again.reason == "SHARE_STATE"


async def test_onward_sharing_needs_a_decision_of_ones_own(
    stub: ConsentServiceStub,
    sharing: SharingServiceStub,
    child: Child,
    clinic: Organisation,
    school: Organisation,
    child_index: Metadata,
    police: Organisation,
) -> None:
    """CON-12."""
    first = await _recorded(sharing, child, clinic, school)
    denied = await _may_share(stub, child_index, child, school, police)
    assert denied.outcome == Answer.OUTCOME_DENY
    second = await _recorded(sharing, child, school, police, onward_of_share_id=first.shares[0].id)
    assert (await _may_share(stub, child_index, child, school, police)).record_id == second.id
    stolen = _decision(child, police, clinic, onward_of_share_id=first.shares[0].id)
    refused = await refusal(sharing.RecordSharingDecision(stolen, metadata=police.metadata))
    assert refused.reason == "SHARE_NOT_VISIBLE"


async def test_a_share_is_ended_once_by_who_decided(
    sharing: SharingServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    share_id = (await _recorded(sharing, child, clinic, school)).shares[0].id
    asked = pb.EndShareRequest(share_id=share_id, request_id=str(uuid4()))
    stranger = await refusal(sharing.EndShare(asked, metadata=school.metadata))
    assert stranger.reason == "SHARE_NOT_VISIBLE"
    asked.request_id = str(uuid4())
    ended = (await sharing.EndShare(asked, metadata=clinic.metadata)).share
    assert (ended.state, ended.end_reason) == (Share.STATE_ENDED, Share.END_REASON_DONE)
    asked.request_id = str(uuid4())
    assert (await refusal(sharing.EndShare(asked, metadata=clinic.metadata))).reason == "SHARE_STATE"


async def test_somebody_else_reviews_it(
    sharing: SharingServiceStub, child: Child, clinic: Organisation, school: Organisation
) -> None:
    decision = await _recorded(sharing, child, clinic, school)
    asked = pb.ReviewSharingDecisionRequest(
        sharing_decision_id=decision.id,
        version=decision.version,
        request_id=str(uuid4()),
        reviewer_practitioner_id=decision.decider_practitioner_id,
        review_date=day(20),
    )
    same = await refusal(sharing.ReviewSharingDecision(asked, metadata=clinic.metadata))
    assert set(same.fields) == {"reviewer_practitioner_id"}
    asked.reviewer_practitioner_id, asked.request_id = str(uuid4()), str(uuid4())
    asked.family_informed = SharingDecision.FAMILY_INFORMED_TOLD
    answer = (await sharing.ReviewSharingDecision(asked, metadata=clinic.metadata)).decision
    assert (answer.review_date, answer.version) == (day(20), decision.version + 1)
    assert answer.family_informed == SharingDecision.FAMILY_INFORMED_TOLD
    asked.request_id = str(uuid4())
    late = await refusal(sharing.ReviewSharingDecision(asked, metadata=clinic.metadata))
    assert (late.code, late.reason) == ("ABORTED", "CONSENT_CHANGED")
