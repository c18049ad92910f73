"""An organisation's people: made, changed, moved, gone, away, trained to assess (SD-7, CAF-3)."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import grpc
import pytest
import pytest_asyncio

from kith.directory.v1 import directory_service_pb2
from kith.directory.v1 import people_service_pb2 as pb
from kith.directory.v1.directory_events_pb2 import DirectoryEvent
from kith.directory.v1.directory_pb2 import Practitioner, Service
from tests.fixtures.eventually import eventually
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.agency import Agency, agency, day, every_day, ids, never
from tests.service.directory.conftest import Administrator, Metadata


@pytest_asyncio.fixture(loop_scope="session")
async def school(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel)


@pytest_asyncio.fixture(loop_scope="session")
async def health(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel, "Community Health")


async def _events(school: Agency, metadata: Metadata, key: str, number: int) -> list[DirectoryEvent]:
    """The events about one key, once there are so many."""

    async def told() -> list[DirectoryEvent]:
        found, request = list[DirectoryEvent](), directory_service_pb2.ListChangesRequest(page_size=1000)
        while True:
            page = await school.directory.ListChanges(request, metadata=metadata)
            found += [event for event in page.events if event.key == key]
            request.after = page.next_after
            if not page.more:
                assert len(found) >= number
                return found

    events: list[DirectoryEvent] = await eventually(told)
    return events


async def test_a_school_sends_fifty_at_once(school: Agency) -> None:
    names = [f"Worker {number:02}" for number in range(50)]
    made = await school.practitioners(*names, job_title="Teacher", role="Pastoral lead")
    assert [one.display_name for one in made] == names
    request = pb.ListPractitionersRequest(organisation_id=school.organisation.id, page_size=20)
    listed = list[Practitioner]()
    while True:
        page = await school.call(school.people.ListPractitioners, request)
        listed += page.practitioners
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert listed == made
    assert {(one.role, one.engagement) for one in made} == {
        ("Pastoral lead", Practitioner.ENGAGEMENT_EMPLOYED)
    }


async def test_of_fifty_all_are_made_or_none(school: Agency) -> None:
    request = pb.BatchCreatePractitionersRequest(request_id=str(uuid4()))
    for service_id in (school.service.id, str(uuid4())):
        request.practitioners.add(service_id=service_id, display_name="Worker")
    found = await refusal(school.call(school.people.BatchCreatePractitioners, request))
    assert (found.code, found.reason) == ("NOT_FOUND", "SERVICE_NOT_FOUND")
    listed = await school.call(
        school.people.ListPractitioners, pb.ListPractitionersRequest(organisation_id=school.organisation.id)
    )
    assert not listed.practitioners


async def test_nobody_keeps_the_people_of_another_organisation(school: Agency, health: Agency) -> None:
    theirs = await health.practitioner()
    assert (await refusal(school.practitioner(service_id=health.service.id))).code == "PERMISSION_DENIED"
    tries = [
        (
            school.people.BatchUpdatePractitioners,
            pb.BatchUpdatePractitionersRequest(
                changes=[pb.PractitionerChange(practitioner_id=theirs.id, phone="01632 960999")]
            ),
        ),
        (
            school.people.MovePractitioner,
            pb.MovePractitionerRequest(
                practitioner_id=theirs.id, from_service_id=health.service.id, service_id=school.service.id
            ),
        ),
        (
            school.people.RecordPractitionersLeft,
            pb.RecordPractitionersLeftRequest(practitioner_ids=[theirs.id]),
        ),
        (
            school.people.RecordAbsence,
            pb.RecordAbsenceRequest(practitioner_id=theirs.id, start_date=day(0), end_date=day(1)),
        ),
        (
            school.people.BatchSetAssessors,
            pb.BatchSetAssessorsRequest(assessors=[pb.AssessorDetails(practitioner_id=theirs.id)]),
        ),
    ]
    for method, request in tries:
        assert (await refusal(school.call(method, request))).code == "PERMISSION_DENIED"
    assert await health.read(theirs) == theirs


async def test_an_administrator_keeps_the_people_of_all(school: Agency, issuer: Issuer) -> None:
    token = issuer.token(
        kind="system", client_id="operator", sub="operator", org="", scope="directory.edit directory.admin"
    )
    school.metadata = (("authorization", f"Bearer {token}"),)
    assert (await school.practitioner()).organisation_id == school.organisation.id


async def test_a_change_leaves_what_it_does_not_name_and_is_told(
    school: Agency, child_index: Metadata
) -> None:
    made = await school.practitioner(job_title="Teacher", email="n.haldane@school.example")
    request = pb.BatchUpdatePractitionersRequest(
        changes=[
            pb.PractitionerChange(
                practitioner_id=made.id,
                phone="01632 960222",
                engagement=Practitioner.ENGAGEMENT_VOLUNTEER,
                version=made.version,
            )
        ]
    )
    (changed,) = (await school.call(school.people.BatchUpdatePractitioners, request)).practitioners
    assert (changed.phone, changed.job_title, changed.email) == (
        "01632 960222",
        "Teacher",
        "n.haldane@school.example",
    )
    assert (changed.engagement, changed.version) == (Practitioner.ENGAGEMENT_VOLUNTEER, 1)
    stale = pb.BatchUpdatePractitionersRequest(changes=request.changes)
    found = await refusal(school.call(school.people.BatchUpdatePractitioners, stale))
    assert (found.code, found.reason) == ("ABORTED", "CHANGED_SINCE")
    (event,) = await _events(school, child_index, made.id, 1)
    assert (event.WhichOneof("event"), event.version) == ("contact_changed", 1)


async def test_a_private_mailbox_is_a_warning_and_no_refusal(school: Agency) -> None:
    """SD-7: small voluntary organisations do work from such a mailbox."""
    request = pb.BatchCreatePractitionersRequest()
    for email in ("help@club.example", "Somebody@GMail.com"):
        request.practitioners.add(service_id=school.service.id, display_name="Worker", email=email)
    answer = await school.call(school.people.BatchCreatePractitioners, request)
    assert [one.practitioner_id for one in answer.warnings] == [answer.practitioners[1].id]
    assert answer.practitioners[1].email == "Somebody@GMail.com"


async def test_a_refuge_is_not_to_be_found_by_a_dialling_code(
    administrator: Administrator, issuer: Issuer, directory: ServiceProcess
) -> None:
    """DOMAIN 2.5: a worker's number gives the place away."""
    kind = Service.KIND_DOMESTIC_ABUSE
    refuge = await agency(administrator, issuer, directory.channel, "Haven", kind)
    request = pb.BatchCreatePractitionersRequest()
    for phone in ("01632 960111", "07700 900111", "0800 960111"):
        request.practitioners.add(service_id=refuge.service.id, display_name="Worker", phone=phone)
    answer = await refuge.call(refuge.people.BatchCreatePractitioners, request)
    assert [(one.practitioner_id, one.kind) for one in answer.warnings] == [
        (answer.practitioners[0].id, pb.ContactWarning.KIND_DIALLING_CODE)
    ]


async def test_somebody_works_in_several_services(
    school: Agency, health: Agency, administrator: Administrator
) -> None:
    made = await school.practitioner()
    second = await administrator.service(school.organisation, "Nursery")
    change = pb.PractitionerChange(practitioner_id=made.id)
    change.further_posts.posts.add(service_id=second.id, role="Governor")
    request = pb.BatchUpdatePractitionersRequest(changes=[change])
    (changed,) = (await school.call(school.people.BatchUpdatePractitioners, request)).practitioners
    assert [(one.service_id, one.role) for one in changed.further_posts] == [(second.id, "Governor")]
    change.further_posts.posts[0].service_id = health.service.id
    request = pb.BatchUpdatePractitionersRequest(changes=[change])
    found = await refusal(school.call(school.people.BatchUpdatePractitioners, request))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "OTHER_ORGANISATION")
    assert (await school.read(made)).further_posts == changed.further_posts


async def test_a_move_is_told_and_the_old_post_is_gone(
    school: Agency, administrator: Administrator, child_index: Metadata
) -> None:
    made = await school.practitioner(job_title="Teacher")
    target = await administrator.service(school.organisation, "Nursery")
    request = pb.MovePractitionerRequest(
        practitioner_id=made.id,
        from_service_id=school.service.id,
        service_id=target.id,
        role="Key worker",
    )
    moved = (await school.call(school.people.MovePractitioner, request)).practitioner
    assert (moved.service_id, moved.role, moved.job_title, moved.phone) == (
        target.id,
        "Key worker",
        "Teacher",
        made.phone,
    )
    assert (await school.call(school.people.MovePractitioner, request)).practitioner == moved
    (event,) = await _events(school, child_index, made.id, 1)
    assert (event.WhichOneof("event"), event.version) == ("practitioner_moved", 1)
    assert b"Key worker" not in event.SerializeToString()


async def test_of_two_moves_at_once_one_counts(
    school: Agency, administrator: Administrator, child_index: Metadata
) -> None:
    """Each names where the practitioner is: the second finds nobody there any more, and is told so."""
    made = await school.practitioner()
    targets = [await administrator.service(school.organisation, f"Team {number}") for number in range(4)]
    requests = [
        pb.MovePractitionerRequest(
            practitioner_id=made.id, from_service_id=school.service.id, service_id=target.id
        )
        for target in targets
    ]
    answers = await asyncio.gather(
        *(school.call(school.people.MovePractitioner, request) for request in requests),
        return_exceptions=True,
    )
    moved = [one for one in answers if not isinstance(one, BaseException)]
    assert len(moved) == 1
    codes = {one.code() for one in answers if isinstance(one, grpc.aio.AioRpcError)}
    assert codes == {grpc.StatusCode.ABORTED}
    assert (await school.read(made)).service_id == moved[0].practitioner.service_id
    assert len(await _events(school, child_index, made.id, 1)) == 1


async def test_a_move_and_a_leaver_at_once_end_as_one_after_the_other(
    school: Agency, administrator: Administrator, child_index: Metadata
) -> None:
    target = await administrator.service(school.organisation, "Nursery")
    for made in await school.practitioners(*(f"Worker {number}" for number in range(5))):
        move = pb.MovePractitionerRequest(
            practitioner_id=made.id, from_service_id=school.service.id, service_id=target.id
        )
        left = pb.RecordPractitionersLeftRequest(practitioner_ids=[made.id])
        moving: object = (
            await asyncio.gather(
                school.call(school.people.MovePractitioner, move),
                school.call(school.people.RecordPractitionersLeft, left),
                return_exceptions=True,
            )
        )[0]
        found = await school.read(made)
        assert found.state == Practitioner.STATE_LEFT
        told = [
            event.WhichOneof("event") for event in await _events(school, child_index, made.id, found.version)
        ]
        if isinstance(moving, grpc.aio.AioRpcError):
            assert moving.code() == grpc.StatusCode.FAILED_PRECONDITION
            assert told == ["practitioner_left"]
        else:
            assert told == ["practitioner_moved", "practitioner_left"]


async def test_leavers_leave_once_and_cannot_be_changed(school: Agency, child_index: Metadata) -> None:
    first, second = await school.practitioners("Worker One", "Worker Two")
    for listed in ([first.id], [first.id, second.id]):
        request = pb.RecordPractitionersLeftRequest(practitioner_ids=listed)
        answer = await school.call(school.people.RecordPractitionersLeft, request)
        assert {one.state for one in answer.practitioners} == {Practitioner.STATE_LEFT}
    assert len(await _events(school, child_index, first.id, 1)) == 1
    change = pb.BatchUpdatePractitionersRequest(
        changes=[pb.PractitionerChange(practitioner_id=first.id, phone="1")]
    )
    found = await refusal(school.call(school.people.BatchUpdatePractitioners, change))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "PRACTITIONER_LEFT")
    asked = pb.ListPractitionersRequest(organisation_id=school.organisation.id)
    assert not (await school.call(school.people.ListPractitioners, asked)).practitioners
    asked.include_left = True
    assert len((await school.call(school.people.ListPractitioners, asked)).practitioners) == 2


async def test_out_of_office_is_shown_with_who_covers(
    school: Agency, days_later: Callable[[int], None]
) -> None:
    nurse, colleague = await school.practitioners("Priya Selvanathan", "Joanne Kelwood")
    await school.away(nurse, 0, 3, colleague)
    away = (await school.read(nurse)).out_of_office
    assert (away.end_date, away.cover_display_name, away.cover_phone) == (
        day(3),
        "Joanne Kelwood",
        "01632 960111",
    )
    assert not (await school.read(colleague)).HasField("out_of_office")
    days_later(3)
    assert (await school.read(nurse)).HasField("out_of_office")
    days_later(4)
    assert not (await school.read(nurse)).HasField("out_of_office")


@pytest.mark.parametrize("gone", ["left", "away too"])
async def test_nobody_covers_who_is_not_there(school: Agency, gone: str) -> None:
    nurse, colleague = await school.practitioners("Priya Selvanathan", "Joanne Kelwood")
    await school.away(nurse, -1, None, colleague)
    if gone == "left":
        request = pb.RecordPractitionersLeftRequest(practitioner_ids=[colleague.id])
        await school.call(school.people.RecordPractitionersLeft, request)
    else:
        await school.away(colleague, 0, 0)
    away = (await school.read(nurse)).out_of_office
    assert not away.HasField("end_date")
    assert (away.cover_practitioner_id, away.cover_display_name, away.cover_phone) == ("", "", "")


async def test_an_absence_ends_early_or_does_not_come(school: Agency) -> None:
    nurse = await school.practitioner()
    begun, ahead = await school.away(nurse, -5, 5), await school.away(nurse, 10, 12)
    asked = pb.ListAbsencesRequest(practitioner_id=nurse.id)
    listed = (await school.call(school.people.ListAbsences, asked)).absences
    assert ids(listed) == [begun, ahead]
    for absence_id in (begun, ahead):
        await school.call(school.people.EndAbsence, pb.EndAbsenceRequest(absence_id=absence_id))
    assert not (await school.read(nurse)).HasField("out_of_office")
    assert not (await school.call(school.people.ListAbsences, asked)).absences
    found = await refusal(school.call(school.people.EndAbsence, pb.EndAbsenceRequest(absence_id=begun)))
    assert (found.code, found.reason) == ("NOT_FOUND", "ABSENCE_NOT_FOUND")


async def test_days_that_cannot_be_are_refused(school: Agency) -> None:
    nurse = await school.practitioner()
    request = pb.RecordAbsenceRequest(practitioner_id=nurse.id, start_date=day(2), end_date=day(1))
    assert set((await refusal(school.call(school.people.RecordAbsence, request))).fields) == {"end_date"}
    request = pb.RecordAbsenceRequest(practitioner_id=nurse.id, start_date=day(-9), end_date=day(-1))
    assert set((await refusal(school.call(school.people.RecordAbsence, request))).fields) == {"end_date"}
    request = pb.RecordAbsenceRequest(
        practitioner_id=nurse.id, start_date={"year": 2026, "month": 2, "day": 30}
    )
    assert set((await refusal(school.call(school.people.RecordAbsence, request))).fields) == {"start_date"}


async def test_twenty_absences_ahead_are_enough_however_they_are_sent(school: Agency) -> None:
    nurse = await school.practitioner()
    answers = await asyncio.gather(
        *(school.away(nurse, ahead, ahead) for ahead in range(1, 24)), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert len(refused) == 3
    assert {one.code() for one in refused} == {grpc.StatusCode.FAILED_PRECONDITION}


async def test_assessors_are_listed_until_their_training_lapses(
    school: Agency, days_later: Callable[[int], None], child_index: Metadata
) -> None:
    """CAF-3: who can, or who in the service can."""
    trained, fresh, _ = await school.practitioners("Worker A", "Worker B", "Worker C")
    request = pb.BatchSetAssessorsRequest()
    for one, lapse in ((trained, 10), (fresh, 300)):
        request.assessors.add(practitioner_id=one.id, training_date=day(-30), lapse_date=day(lapse))
    await school.call(school.people.BatchSetAssessors, request)
    asked = pb.ListAssessorsRequest(organisation_id=school.organisation.id)
    assert ids((await school.call(school.people.ListAssessors, asked)).practitioners) == [
        trained.id,
        fresh.id,
    ]
    assert (await school.read(trained)).assessor.lapse_date == day(10)
    days_later(11)
    assert ids((await school.call(school.people.ListAssessors, asked)).practitioners) == [fresh.id]
    days_later(0)
    ended = pb.BatchSetAssessorsRequest(assessors=[pb.AssessorDetails(practitioner_id=fresh.id)])
    await school.call(school.people.BatchSetAssessors, ended)
    assert not (await school.read(fresh)).HasField("assessor")
    told = await _events(school, child_index, fresh.id, 2)
    assert [event.WhichOneof("event") for event in told] == ["assessor_changed"] * 2


async def test_a_child_page_gets_all_it_needs_of_a_practitioner(school: Agency, health: Agency) -> None:
    """Contact, who covers, the duty line and who is on it, the adviser of the organisation: in one call."""
    worker, on_call = await school.practitioners("Daniel Oyemade", "Nasreen Haldane")
    team = await school.team()
    await school.roster(team, every_day(0, 24, on_call))
    await school.change_contacts(
        information_sharing_adviser=directory_service_pb2.ContactDetails(
            display_name="Data lead", phone="01632 960300"
        )
    )
    found = await school.read(worker)
    assert found.duty_cover.phone == "01632 960500"
    assert found.duty_cover.practitioner_display_name == "Nasreen Haldane"
    assert not found.duty_cover.HasField("end_time")
    assert found.information_sharing_adviser.display_name == "Data lead"
    await school.away(on_call, 0, 0)
    found = await school.read(worker)
    assert (found.duty_cover.phone, found.duty_cover.practitioner_display_name) == ("01632 960500", "")
    assert not (await health.read(await health.practitioner())).HasField("duty_cover")


async def test_the_team_of_the_practitioner_answers_before_that_of_the_service(school: Agency) -> None:
    await school.roster(await school.team(), every_day(0, 24))
    locality = await school.team(service_id="", display_name="North", phone="01632 960600")
    worker = await school.practitioner(team_id=locality.id)
    found = (await school.read(worker)).duty_cover
    assert (found.phone, found.team_display_name) == ("01632 960600", "North")
    await school.roster(locality, never())
    assert not (await school.read(worker)).duty_cover.phone


async def test_requests_for_people_name_what_is_wrong(school: Agency) -> None:
    request = pb.BatchUpdatePractitionersRequest(request_id=str(uuid4()))
    request.changes.add(practitioner_id="x", email="canary", team_id="y")
    found = await refusal(school.call(school.people.BatchUpdatePractitioners, request))
    assert set(found.fields) == {
        "changes[0].practitioner_id",
        "changes[0].email",
        "changes[0].team_id",
    }
    assert "canary" not in found.everything
    nurse = await school.practitioner()
    twice = pb.BatchUpdatePractitionersRequest(
        changes=[pb.PractitionerChange(practitioner_id=nurse.id, phone=phone) for phone in ("1", "2")]
    )
    found = await refusal(school.call(school.people.BatchUpdatePractitioners, twice))
    assert set(found.fields) == {"changes"}


async def test_the_log_names_nobody(school: Agency, directory: ServiceProcess) -> None:
    await school.practitioner("Canary Person", phone="07700 900099")
    assert "BatchCreatePractitioners" in directory.log
    assert "anary" not in directory.log
    # With its space: digits alone stand in the time of a line now and then.
    assert "07700 900099" not in directory.log
