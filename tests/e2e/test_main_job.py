"""The main job over gRPC: who already knows this child, and how do I reach them? (DESIGN 1; CI-1 to CI-6)."""

import uuid
from typing import Any

import grpc
import pytest
from google.type import date_pb2
from grpc.aio import AioRpcError

from kith.audit.v1 import audit_service_pb2
from kith.childindex.v1 import child_index_service_pb2, child_pb2, match_pb2
from kith.consent.v1 import consent_pb2, consent_service_pb2
from kith.directory.v1 import directory_pb2, directory_service_pb2
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import (
    TODAY,
    Organisation,
    Partnership,
    involvement,
    new_child,
    query_for,
)


def of(child_id: str) -> child_index_service_pb2.ChildRef:
    return child_index_service_pb2.ChildRef(child_id=child_id)


def significant_harm() -> child_index_service_pb2.Basis:
    return child_index_service_pb2.Basis(ground=child_index_service_pb2.Basis.GROUND_SIGNIFICANT_HARM)


async def test_child_is_found_across_agencies_and_shows_who_is_involved(kith: Partnership) -> None:
    """CI-1, CI-2, CI-3, CI-5, CI-6, CI-16: the whole job, from two registrations to the practitioner's own log."""
    school, early_help, nursing = (
        await kith.organisation(),
        await kith.organisation(directory_pb2.Service.KIND_FAMILY_SUPPORT, "Early Help"),
        await kith.organisation(directory_pb2.Service.KIND_SCHOOL_NURSING, "School nursing"),
    )
    facts = new_child()
    at_school = await kith.register(school, facts)
    misspelt = child_pb2.Facts()
    misspelt.CopyFrom(facts)
    misspelt.names[0].given_name = "Otilie"
    at_early_help = await kith.register(early_help, misspelt)
    assert at_school.child_id != at_early_help.child_id

    await kith.call(
        early_help,
        kith.index.SetCafIndicator,
        child_index_service_pb2.SetCafIndicatorRequest(
            child=of(at_early_help.child_id),
            state=child_pb2.CafIndicator.STATE_OPEN,
            assessment_date=TODAY,
            version_number=3,
            holder_practitioner_id=early_help.practitioner_id,
            review_date=date_pb2.Date(year=2027, month=3, day=1),
            basis=significant_harm(),
            request_id=str(uuid.uuid4()),
        ),
    )
    await kith.call(
        early_help,
        kith.index.AppointLeadProfessional,
        child_index_service_pb2.AppointLeadProfessionalRequest(
            child=of(at_early_help.child_id),
            practitioner_id=early_help.practitioner_id,
            start_date=TODAY,
            request_id=str(uuid.uuid4()),
        ),
    )

    nurse = await kith.person(nursing)
    await kith.findable(nurse, facts)
    asked = query_for(facts, given_name="Otillie", family_name=facts.names[0].family_name[:-1])

    async def found() -> match_pb2.Match | None:
        # Until the search engine has this child, others of the same day, place and given name come first.
        matches = (await kith.find(nurse, asked)).matches
        first = matches[0] if matches else None
        return first if first and first.name.family_name == facts.names[0].family_name else None

    match = await eventually(found)
    assert match is not None
    assert match.grade in (match_pb2.GRADE_CERTAIN, match_pb2.GRADE_PROBABLE)
    assert {one.field for one in match.evidence} >= {"given_name", "family_name", "birth_date", "postcode"}
    assert all(one.explanation for one in match.evidence)
    assert match.area == "ZY9"

    child = await kith.get(nurse, match.child_id)
    assert child.facts.names[0].family_name == facts.names[0].family_name
    assert {one.organisation_id for one in child.involvements} == {school.id, early_help.id}
    assert child.caf.state == child_pb2.CafIndicator.STATE_OPEN
    assert child.caf.version_number == 3
    assert child.lead_professional.practitioner_id == early_help.practitioner_id
    contacts = await kith.call(
        nurse,
        kith.directory.BatchGetPractitioners,
        directory_service_pb2.BatchGetPractitionersRequest(ids=[child.caf.holder_practitioner_id]),
    )
    assert contacts.practitioners[0].phone == "01632 960002"

    await kith.call(
        nurse,
        kith.index.RecordInvolvement,
        child_index_service_pb2.RecordInvolvementRequest(
            child=of(match.child_id), involvement=involvement(nursing), request_id=str(uuid.uuid4())
        ),
    )
    again = await kith.get(nurse, match.child_id)
    assert nursing.id in {one.organisation_id for one in again.involvements}


async def test_ended_involvement_stays_to_be_seen(kith: Partnership) -> None:
    """CI-4."""
    school = await kith.organisation()
    registered = await kith.register(school, new_child())
    request = child_index_service_pb2.EndInvolvementRequest(
        involvement_id=registered.involvement_id, end_date=TODAY, request_id=str(uuid.uuid4())
    )
    await kith.call(school, kith.index.EndInvolvement, request)
    # The same request again is the same answer; another one is told that it has ended.
    await kith.call(school, kith.index.EndInvolvement, request)
    request.request_id = str(uuid.uuid4())
    with pytest.raises(AioRpcError) as refused:
        await kith.call(school, kith.index.EndInvolvement, request)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    child = await kith.get(school, registered.child_id)
    assert [one.state for one in child.involvements] == [child_pb2.Involvement.STATE_ENDED]


async def test_planned_end_can_be_brought_forward(kith: Partnership) -> None:
    """CI-4: until its last day an involvement goes on, and may end earlier than was thought."""
    school = await kith.organisation()
    registered = await kith.register(school, new_child(), involved=False)
    details = involvement(school)
    details.end_date.CopyFrom(date_pb2.Date(year=2090, month=7, day=31))
    recorded = await _record(kith, school, registered.child_id, details)
    (planned,) = (await kith.get(school, registered.child_id)).involvements
    assert planned.state == child_pb2.Involvement.STATE_ACTIVE
    request = child_index_service_pb2.EndInvolvementRequest(
        involvement_id=recorded.involvement_id, end_date=TODAY, request_id=str(uuid.uuid4())
    )
    await kith.call(school, kith.index.EndInvolvement, request)
    (ended,) = (await kith.get(school, registered.child_id)).involvements
    assert ended.state == child_pb2.Involvement.STATE_ENDED
    assert ended.end_date == TODAY


async def test_own_local_key_and_child_id_name_the_same_child(kith: Partnership) -> None:
    """DESIGN 5 no. 2; another organisation's id or key leads nowhere (CI-17, S19)."""
    school, other = await kith.organisation(), await kith.organisation()
    registered = await kith.register(school, new_child(), local_id="4711")
    key = child_index_service_pb2.LocalKey(system="files", local_id="4711")
    request = child_index_service_pb2.GetChildRequest(child=child_index_service_pb2.ChildRef(local_key=key))
    by_key = await kith.call(school, kith.index.GetChild, request)
    assert by_key.child.id == registered.child_id
    for ref in (child_index_service_pb2.ChildRef(local_key=key), of(registered.child_id)):
        with pytest.raises(AioRpcError) as refused:
            await kith.call(other, kith.index.GetChild, child_index_service_pb2.GetChildRequest(child=ref))
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_system_without_a_person_gets_one_certain_match_or_nothing(kith: Partnership) -> None:
    """DESIGN 5 no. 6."""
    school, other = await kith.organisation(), await kith.organisation()
    facts = new_child()
    await kith.register(school, facts)

    async def certain() -> bool:
        answer = await kith.find(other, query_for(facts))
        return [match.grade for match in answer.matches] == [match_pb2.GRADE_CERTAIN]

    assert await eventually(certain)
    vague = query_for(facts, given_name="O", postcode="ZY9")
    vague.birth_date.date.day = 0
    assert not (await kith.find(other, vague)).matches


@pytest.mark.parametrize("basis", ["consent", "ground", "withdrawn", "other recipient"])
async def test_sensitive_involvement_is_a_neutral_line_unless_consent_permits(
    kith: Partnership, basis: str
) -> None:
    """DESIGN 5 no. 9; DOMAIN 2.6 no. 3."""
    camhs = await kith.organisation(directory_pb2.Service.KIND_MENTAL_HEALTH, "CAMHS")
    school, other = await kith.organisation(), await kith.organisation()
    facts = new_child()
    registered = await kith.register(camhs, facts, involved=False)
    at_school = await kith.register(school, facts)
    consent = await kith.call(
        camhs,
        kith.consent.RecordConsent,
        consent_service_pb2.RecordConsentRequest(
            child_id=registered.child_id,
            scope=consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT,
            recipient_organisation_ids=[other.id if basis == "other recipient" else school.id],
            giver=consent_pb2.Consent.GIVER_PARENTAL_RESPONSIBILITY,
            method=consent_pb2.Consent.METHOD_IN_PERSON,
            wording_version="2026-1",
            limits_explained=True,
            start_date=TODAY,
            expire_date=date_pb2.Date(year=2030, month=1, day=1),
            request_id=str(uuid.uuid4()),
        ),
    )
    details = involvement(camhs)
    details.basis.CopyFrom(
        significant_harm()
        if basis == "ground"
        else child_index_service_pb2.Basis(consent_id=consent.consent.id)
    )
    await _record(kith, camhs, registered.child_id, details)
    if basis == "withdrawn":
        request = consent_service_pb2.WithdrawConsentRequest(
            consent_id=consent.consent.id, request_id=str(uuid.uuid4())
        )
        await kith.call(camhs, kith.consent.WithdrawConsent, request)

    seen = await kith.get(school, at_school.child_id)
    assert seen.sensitive_checked
    shown = camhs.id in {one.organisation_id for one in seen.involvements}
    assert (shown, seen.sensitive_involvement_count) == {
        "consent": (True, 0),
        "ground": (False, 1),
        "withdrawn": (False, 0),
        "other recipient": (False, 1),
    }[basis]
    own = await kith.get(camhs, registered.child_id)
    assert camhs.id in {one.organisation_id for one in own.involvements}


@pytest.mark.parametrize("stated", ["nothing", "consent of another child"])
async def test_sensitive_involvement_needs_a_basis_of_this_child(kith: Partnership, stated: str) -> None:
    """DESIGN 5 no. 9: recorded only with consent or a ground."""
    camhs = await kith.organisation(directory_pb2.Service.KIND_MENTAL_HEALTH, "CAMHS")
    registered = await kith.register(camhs, new_child(), involved=False)
    details = involvement(camhs)
    if stated != "nothing":
        details.basis.consent_id = str(uuid.uuid4())
    with pytest.raises(AioRpcError) as refused:
        await _record(kith, camhs, registered.child_id, details)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_involvement_of_another_organisations_service_is_refused(kith: Partnership) -> None:
    """CI-3: nobody records another agency's involvement."""
    school, other = await kith.organisation(), await kith.organisation()
    registered = await kith.register(school, new_child())
    with pytest.raises(AioRpcError) as refused:
        await _record(kith, school, registered.child_id, involvement(other))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_each_disclosure_is_in_the_chain(kith: Partnership, fleet: RunningFleet) -> None:
    """G6, S14: the access record was committed before the answer; it is shipped and chained within seconds."""
    school = await kith.organisation()
    registered = await kith.register(school, new_child())
    before = await _head(kith)
    for _ in range(3):
        await kith.get(school, registered.child_id)

    async def grown() -> Any:
        head = await _head(kith)
        return head if head.sequence >= before.sequence + 3 else None

    head = await eventually(grown)
    verified = await kith.call(
        kith.operator,
        kith.audit.VerifyChain,
        audit_service_pb2.VerifyChainRequest(known_sequence=before.sequence, known_hash=before.hash),
        "audit",
    )
    assert verified.whole
    assert verified.record_count >= head.sequence


async def _head(kith: Partnership) -> Any:
    return await kith.call(
        kith.operator, kith.audit.GetChainHead, audit_service_pb2.GetChainHeadRequest(), "audit"
    )


async def _record(
    kith: Partnership,
    organisation: Organisation,
    child_id: str,
    details: child_index_service_pb2.InvolvementDetails,
) -> Any:
    request = child_index_service_pb2.RecordInvolvementRequest(
        child=of(child_id), involvement=details, request_id=str(uuid.uuid4())
    )
    return await kith.call(organisation, kith.index.RecordInvolvement, request)
