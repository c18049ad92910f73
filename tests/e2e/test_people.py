"""People who move, are away or on duty, as whoever looks a child up comes to know of it (SD-7)."""

import datetime as dt
import re
import uuid
from html import unescape

from google.type.date_pb2 import Date

from kith.directory.v1 import (
    directory_pb2,
    directory_service_pb2,
    duty_pb2,
    people_service_pb2,
    team_service_pb2,
)
from kith.directory.v1.people_service_pb2_grpc import PeopleServiceStub
from kith.directory.v1.team_service_pb2_grpc import TeamServiceStub
from tests.e2e.visitor import record_links, visiting
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Organisation, Partnership, new_child

_TAG = re.compile(r"<[^>]+>")


async def test_when_somebody_moved_the_involvement_is_to_be_confirmed(kith: Partnership) -> None:
    school, facts = await kith.organisation(), new_child()
    child_id = (await kith.register(school, facts)).child_id
    (involvement,) = (await kith.get(school, child_id)).involvements
    assert not involvement.review_due
    made = await kith.call(
        kith.operator,
        kith.directory.CreateService,
        directory_service_pb2.CreateServiceRequest(
            organisation_id=school.id,
            display_name="Nursery",
            kind=directory_pb2.Service.KIND_EDUCATION,
            request_id=str(uuid.uuid4()),
        ),
        purpose="",
    )
    people = PeopleServiceStub(kith.channels["directory"])
    move = people_service_pb2.MovePractitionerRequest(
        practitioner_id=school.practitioner_id,
        from_service_id=school.service_id,
        service_id=made.service.id,
        request_id=str(uuid.uuid4()),
    )
    await kith.call(school, people.MovePractitioner, move, purpose="")

    async def to_be_confirmed() -> bool:
        (now,) = (await kith.get(school, child_id)).involvements
        return now.review_due

    await eventually(to_be_confirmed)


async def test_the_page_of_a_child_says_whom_to_ring_now(fleet: RunningFleet, kith: Partnership) -> None:
    """Who covers for somebody out of office, and who is on duty in the team."""
    school, health = await kith.organisation(), await kith.organisation(name="Northbridge Community Health")
    facts = new_child()
    await kith.register(school, facts)
    person = await kith.person(health)
    await kith.findable(person, facts)
    cover = await _colleague(kith, school, "Joanne Kelwood", "01632 960077")
    on_duty = await _colleague(kith, school, "Gareth Thornley", "01632 960078")
    await _on_duty(kith, school, on_duty)
    end = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=5)
    people = PeopleServiceStub(kith.channels["directory"])
    absence = people_service_pb2.RecordAbsenceRequest(
        practitioner_id=school.practitioner_id,
        start_date=Date(year=2026, month=1, day=1),
        end_date=Date(year=end.year, month=end.month, day=end.day),
        cover_practitioner_id=cover,
        request_id=str(uuid.uuid4()),
    )
    await kith.call(school, people.RecordAbsence, absence, purpose="")
    name, born = facts.names[0], facts.birth_date.date
    async with visiting(fleet.gateway, person) as visitor:
        found = await visitor.find(
            given_name=name.given_name,
            family_name=name.family_name,
            day=str(born.day),
            month=str(born.month),
            year=str(born.year),
        )
        page = " ".join(unescape(_TAG.sub(" ", await visitor.get(record_links(found)[0]))).split())
    said = f"{school.practitioner.display_name} is out of office until {end.day} {end:%B %Y}."
    assert f"{said} Ring Joanne Kelwood instead. Telephone: 01632 960077" in page
    assert "Duty now: Pastoral desk, Gareth Thornley 01632 960500" in page
    assert school.practitioner.phone not in page


async def _colleague(kith: Partnership, school: Organisation, name: str, phone: str) -> str:
    people = PeopleServiceStub(kith.channels["directory"])
    request = people_service_pb2.BatchCreatePractitionersRequest(request_id=str(uuid.uuid4()))
    request.practitioners.add(service_id=school.service_id, display_name=name, phone=phone)
    answer = await kith.call(school, people.BatchCreatePractitioners, request, purpose="")
    id_: str = answer.practitioners[0].id
    return id_


async def _on_duty(kith: Partnership, school: Organisation, practitioner_id: str) -> None:
    """Make a duty team of the school's service in which somebody always answers."""
    teams = TeamServiceStub(kith.channels["directory"])
    team = team_service_pb2.CreateTeamRequest(
        organisation_id=school.id,
        service_id=school.service_id,
        display_name="Pastoral desk",
        phone="01632 960500",
        request_id=str(uuid.uuid4()),
    )
    made = await kith.call(school, teams.CreateTeam, team, purpose="")
    rota = duty_pb2.DutyRota()
    for day in ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"):
        shift = duty_pb2.Shift(start={"hours": 0}, end={"hours": 24}, practitioner_id=practitioner_id)
        rota.weekly_shifts.add(day_of_week=day, shift=shift)
    update = team_service_pb2.UpdateTeamRequest(
        team_id=made.team.id, rota=rota, version=made.team.version, request_id=str(uuid.uuid4())
    )
    await kith.call(school, teams.UpdateTeam, update, purpose="")
