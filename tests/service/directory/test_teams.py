"""Teams, duty cover now, and whom to ring at an organisation (SD-5, SD-7)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
import pytest_asyncio

from kith.directory.v1 import duty_pb2, people_service_pb2
from kith.directory.v1 import organisation_contacts_service_pb2 as contacts_pb
from kith.directory.v1 import team_service_pb2 as pb
from kith.directory.v1.duty_pb2 import DutyCover
from kith.directory.v1.organisation_contacts_pb2 import SafeguardingContact, WeeklyHours
from services.directory.people.local_time import LONDON
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.agency import Agency, agency, day, every_day, ids, never
from tests.service.directory.conftest import Administrator


@pytest_asyncio.fixture(loop_scope="session")
async def council(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel, "Council")


@pytest_asyncio.fixture(loop_scope="session")
async def school(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel)


async def _cover(asker: Agency, team_id: str) -> DutyCover:
    request = pb.BatchGetDutyCoverRequest(team_ids=[team_id])
    found: DutyCover = (await asker.call(asker.teams.BatchGetDutyCover, request)).by_team[team_id]
    return found


def _around_now() -> duty_pb2.DutyRota:
    """A rota by which the team answers from the hour before this one to the hour after the next."""
    now = datetime.now(UTC).astimezone(LONDON)
    rota = duty_pb2.DutyRota()
    shift = duty_pb2.Shift(start={"hours": (now.hour - 1) % 24}, end={"hours": (now.hour + 2) % 24})
    for weekday in range(1, 8):
        rota.weekly_shifts.add(day_of_week=weekday, shift=shift)
    return rota


async def test_a_rota_reads_back_as_it_was_sent(school: Agency) -> None:
    nurse = await school.practitioner()
    rota = every_day(9, 17, nurse, phone="07700 900001")
    rota.exceptions.add(date=day(3))
    rota.exceptions.add(date=day(4)).shifts.add(start={"hours": 22, "minutes": 30}, end={"hours": 6})
    team = await school.roster(await school.team(), rota)
    assert (team.rota, team.version) == (rota, 2)
    request = pb.ListTeamsRequest(organisation_id=school.organisation.id)
    assert list((await school.call(school.teams.ListTeams, request)).teams) == [team]


async def test_who_answers_now_and_until_when(school: Agency) -> None:
    team = await school.roster(await school.team(), _around_now())
    request = pb.BatchGetDutyCoverRequest(team_ids=[team.id, str(uuid4())], service_ids=[school.service.id])
    answer = await school.call(school.teams.BatchGetDutyCover, request)
    assert dict(answer.by_service) == {school.service.id: answer.by_team[team.id]}
    assert list(answer.by_team) == [team.id]
    cover = answer.by_team[team.id]
    assert (cover.state, cover.phone) == (DutyCover.STATE_ANSWERED, "01632 960500")
    left = cover.end_time.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(0) < left < timedelta(hours=4)


async def test_when_nobody_is_there_the_out_of_hours_team_is(school: Agency, council: Agency) -> None:
    """It may be another organisation's: a council's emergency duty team answers for its schools."""
    late = await council.team(service_id="", display_name="Emergency duty team", phone="01632 960999")
    team = await school.roster(await school.team(), never())
    cover = await _cover(school, team.id)
    assert (cover.state, cover.phone) == (DutyCover.STATE_NOBODY, "")
    await school.change_contacts(out_of_hours_team_id=late.id)
    cover = await _cover(school, team.id)
    assert (cover.state, cover.team_display_name, cover.phone) == (
        DutyCover.STATE_OUT_OF_HOURS,
        "Emergency duty team",
        "01632 960999",
    )
    await council.roster(late, never())
    assert (await _cover(school, team.id)).state == DutyCover.STATE_NOBODY


async def test_a_team_without_hours_is_given_with_its_number(school: Agency) -> None:
    cover = await _cover(school, (await school.team()).id)
    assert (cover.state, cover.phone) == (DutyCover.STATE_UNSCHEDULED, "01632 960500")
    assert not cover.HasField("end_time")


async def test_a_service_has_one_duty_team(school: Agency) -> None:
    answers = await asyncio.gather(*(school.team() for _ in range(4)), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert len(refused) == 3
    assert {one.code() for one in refused} == {grpc.StatusCode.ALREADY_EXISTS}


async def test_of_two_changes_of_a_rota_the_second_is_told_to_read_again(school: Agency) -> None:
    team = await school.team()
    answers = await asyncio.gather(
        school.roster(team, every_day(9, 17)), school.roster(team, never()), return_exceptions=True
    )
    (refused,) = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert refused.code() == grpc.StatusCode.ABORTED


async def test_a_rota_that_cannot_be_is_refused(school: Agency, council: Agency) -> None:
    team = await school.team()
    twice = duty_pb2.DutyRota()
    for _ in range(2):
        twice.exceptions.add(date=day(1))
    wrong = duty_pb2.DutyRota()
    wrong.weekly_shifts.add(day_of_week=1, shift=duty_pb2.Shift(start={"hours": 24}, end={"hours": 25}))
    nobody = every_day(9, 17)
    nobody.weekly_shifts[0].shift.practitioner_id = str(uuid4())
    for rota, fields in (
        (twice, {"rota.exceptions[1].date"}),
        (wrong, {"rota.weekly_shifts[0].shift"}),
    ):
        assert set((await refusal(school.roster(team, rota))).fields) == fields
    assert (await refusal(school.roster(team, nobody))).reason == "PRACTITIONER_NOT_FOUND"
    assert (await refusal(council.roster(team, never()))).code == "PERMISSION_DENIED"
    assert (
        await refusal(council.team(organisation_id=council.organisation.id, service_id=school.service.id))
    ).reason == "OTHER_ORGANISATION"


async def test_an_organisations_contacts(school: Agency, council: Agency) -> None:
    lead, deputy = await school.practitioners("Ruth Ashdown", "Gareth Thornley", job_title="Deputy head")
    door = await school.roster(await school.team(display_name="Office"), every_day(0, 24))
    hours = [
        WeeklyHours(day_of_week=weekday, start={"hours": 0}, end={"hours": 24})
        for weekday in ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
    ]
    details = contacts_pb.SafeguardingDetails
    named = contacts_pb.SafeguardingContacts(
        contacts=[
            details(kind=SafeguardingContact.KIND_DEPUTY, practitioner_id=deputy.id),
            details(kind=SafeguardingContact.KIND_LEAD, practitioner_id=lead.id, hours=hours),
        ]
    )
    found = await school.change_contacts(
        phone="01632 960001", safeguarding_contacts=named, front_door_team_id=door.id
    )
    assert (found.phone, found.version) == ("01632 960001", 1)
    assert found.front_door.state == DutyCover.STATE_ANSWERED
    assert [
        (one.contact.display_name, one.job_title, one.available) for one in found.safeguarding_contacts
    ] == [("Ruth Ashdown", "Deputy head", True), ("Gareth Thornley", "Deputy head", False)]
    await school.away(lead, 0, 0)
    asked = contacts_pb.BatchGetOrganisationContactsRequest(
        organisation_ids=[school.organisation.id, str(uuid4())]
    )
    (seen,) = (await council.call(council.contacts.BatchGetOrganisationContacts, asked)).contacts
    assert [one.available for one in seen.safeguarding_contacts] == [False, False]
    request = people_service_pb2.RecordPractitionersLeftRequest(practitioner_ids=[lead.id])
    await school.call(school.people.RecordPractitionersLeft, request)
    (seen,) = (await council.call(council.contacts.BatchGetOrganisationContacts, asked)).contacts
    assert not seen.safeguarding_contacts[0].HasField("contact")


async def test_contacts_keep_what_is_not_named_and_refuse_what_is_anothers(
    school: Agency, council: Agency
) -> None:
    first = await school.change_contacts(phone="01632 960001")
    stranger = await council.practitioner()
    named = contacts_pb.SafeguardingContacts()
    named.contacts.add(kind=SafeguardingContact.KIND_LEAD, practitioner_id=stranger.id)
    refused = await refusal(school.change_contacts(safeguarding_contacts=named))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "OTHER_ORGANISATION")
    theirs = await council.team()
    refused = await refusal(school.change_contacts(front_door_team_id=theirs.id))
    assert refused.reason == "OTHER_ORGANISATION"
    second = await school.change_contacts(out_of_hours_team_id=theirs.id)
    assert (second.phone, second.version) == (first.phone, 2)
    request = contacts_pb.UpdateOrganisationContactsRequest(
        organisation_id=school.organisation.id, version=2, phone="1"
    )
    assert (
        await refusal(council.call(council.contacts.UpdateOrganisationContacts, request))
    ).code == "PERMISSION_DENIED"


@pytest.mark.parametrize("wrong", ["two leads", "twice"])
async def test_there_is_one_safeguarding_lead(school: Agency, wrong: str) -> None:
    people = await school.practitioners("Ruth Ashdown", "Gareth Thornley")
    chosen = people if wrong == "two leads" else [people[0], people[0]]
    kinds = [SafeguardingContact.KIND_LEAD, SafeguardingContact.KIND_LEAD]
    if wrong == "twice":
        kinds[1] = SafeguardingContact.KIND_DEPUTY
    named = contacts_pb.SafeguardingContacts()
    for kind, practitioner_id in zip(kinds, ids(chosen), strict=True):
        named.contacts.add(kind=kind, practitioner_id=practitioner_id)
    refused = await refusal(school.change_contacts(safeguarding_contacts=named))
    assert set(refused.fields) == {"safeguarding_contacts.contacts"}
