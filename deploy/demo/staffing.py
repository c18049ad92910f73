"""Who is on duty, away, trained, responsible for safeguarding in the town: each agency's system says so of its own.

Days follow from the day on which the town was made, so that a load that was cut off sends the same again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

import grpc
from google.type.date_pb2 import Date
from google.type.dayofweek_pb2 import DayOfWeek
from google.type.timeofday_pb2 import TimeOfDay

from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls, each
from deploy.demo.child_requests import DirectoryIds
from deploy.demo.directory import ROUND_THE_CLOCK, Directory
from deploy.demo.model import Organisation, Service
from deploy.demo.request_ids import RequestIds
from kith.directory.v1 import (
    directory_service_pb2,
    duty_pb2,
    organisation_contacts_service_pb2,
    panel_service_pb2,
    people_service_pb2,
    team_service_pb2,
)
from kith.directory.v1.organisation_contacts_pb2 import SafeguardingContact, WeeklyHours
from kith.directory.v1.organisation_contacts_service_pb2_grpc import OrganisationContactsServiceStub
from kith.directory.v1.panel_service_pb2_grpc import PanelServiceStub
from kith.directory.v1.people_service_pb2_grpc import PeopleServiceStub
from kith.directory.v1.team_service_pb2_grpc import TeamServiceStub

COUNCIL: Final = "org-social-care"
NIGHTS: Final = "Emergency duty team"
_PANELS: Final = (
    ("north", "Millbrook North", ("Lark Hill", "Canal Side"), ("ZY9", "ZY1"), "prac-early-help-01"),
    ("south", "Millbrook South", ("Mill Lane", "Weavers"), ("ZY2", "ZY3"), "prac-police-01"),
)
_WEEKDAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
_WEEKEND: Final = ("SATURDAY", "SUNDAY")
_BANK_HOLIDAYS: Final = tuple(
    date.fromisoformat(day) for day in ("2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29")
)
_EVERY_SO_OFTEN: Final = 17
"""Of so many practitioners one is away."""


class Staffing:
    """Sends what the agencies say of their own people."""

    def __init__(
        self,
        directory: Directory,
        ids: DirectoryIds,
        request_ids: RequestIds,
        made_on: date,
        clients: Mapping[str, AgencyClient],
        to_directory: grpc.aio.Channel,
        calls: Calls,
    ) -> None:
        self._requests = StaffingRequests(directory, ids, request_ids, made_on)
        self._directory = directory
        self._clients = clients
        self._calls = calls
        self._people = PeopleServiceStub(to_directory)
        self._teams = TeamServiceStub(to_directory)
        self._contacts = OrganisationContactsServiceStub(to_directory)
        self._panels = PanelServiceStub(to_directory)

    async def send(self) -> None:
        """Sends all of it; what is there already stays. Raises Refused."""
        council = self._clients[COUNCIL]
        nights = await self._calls.make(self._teams.CreateTeam, self._requests.nights(), council)
        await self._calls.make(self._teams.UpdateTeam, self._requests.nights_rota(nights.team.id), council)
        await each(self._team, self._directory.services)
        await each(partial(self._organisation, nights.team.id), self._directory.organisations)
        await each(self._absence, self._requests.absences())
        for panel in self._requests.panels():
            await self._calls.make(self._panels.CreatePanel, panel, self._clients["org-early-help"])

    async def _team(self, service: Service) -> None:
        client = self._clients[service.organisation]
        made = await self._calls.make(self._teams.CreateTeam, self._requests.team(service), client)
        await self._calls.make(self._teams.UpdateTeam, self._requests.rota(service, made.team.id), client)

    async def _organisation(self, nights_id: str, one: Organisation) -> None:
        client = self._clients[one.key]
        contacts = self._requests.contacts(one, nights_id)
        await self._calls.make(self._contacts.UpdateOrganisationContacts, contacts, client)
        if (assessors := self._requests.assessors(one)) is not None:
            await self._calls.make(self._people.BatchSetAssessors, assessors, client)

    async def _absence(self, away: tuple[str, people_service_pb2.RecordAbsenceRequest]) -> None:
        organisation, request = away
        await self._calls.make(self._people.RecordAbsence, request, self._clients[organisation])


class StaffingRequests:
    """What is said of the people of a town, as requests. Pure."""

    def __init__(
        self, directory: Directory, ids: DirectoryIds, request_ids: RequestIds, made_on: date
    ) -> None:
        self._directory = directory
        self._ids = ids
        self._request_ids = request_ids
        self._made_on = made_on

    def nights(self) -> team_service_pb2.CreateTeamRequest:
        """Returns the team that answers for everybody at night and on weekends."""
        return team_service_pb2.CreateTeamRequest(
            organisation_id=self._ids.organisations[COUNCIL],
            display_name=NIGHTS,
            phone="01632 960999",
            request_id=self._request_ids.of("team", NIGHTS),
        )

    def nights_rota(self, team_id: str) -> team_service_pb2.UpdateTeamRequest:
        """Returns its hours: from five to nine, and around the clock when offices are closed."""
        rota = duty_pb2.DutyRota()
        for day in _WEEKDAYS:
            rota.weekly_shifts.add(day_of_week=_day(day), shift=_shift(17, 9))
        for day in _WEEKEND:
            rota.weekly_shifts.add(day_of_week=_day(day), shift=_shift(9, 9))
        for holiday in _BANK_HOLIDAYS:
            rota.exceptions.add(date=_date(holiday), shifts=[_shift(9, 9)])
        return self._update(NIGHTS, team_id, rota)

    def team(self, service: Service) -> team_service_pb2.CreateTeamRequest:
        """Returns the duty team of a service."""
        return team_service_pb2.CreateTeamRequest(
            organisation_id=self._ids.organisations[service.organisation],
            service_id=self._ids.services[service.key],
            display_name=f"{service.name} duty",
            phone=service.phone,
            email=service.email,
            request_id=self._request_ids.of("team", service.key),
        )

    def rota(self, service: Service, team_id: str) -> team_service_pb2.UpdateTeamRequest:
        """Returns when a service answers: those of its people by turns, in office hours or around the clock."""
        staff = [self._ids.practitioners[one.key] for one in self._directory.staff[service.key]]
        always = self._directory.organisation[service.organisation].duty.hours == ROUND_THE_CLOCK
        rota = duty_pb2.DutyRota()
        for place, day in enumerate(_WEEKDAYS):
            rota.weekly_shifts.add(day_of_week=_day(day), shift=_shift(9, 13, staff[2 * place % len(staff)]))
            rota.weekly_shifts.add(
                day_of_week=_day(day), shift=_shift(13, 17, staff[(2 * place + 1) % len(staff)])
            )
            if always:
                rota.weekly_shifts.add(day_of_week=_day(day), shift=_shift(17, 9))
        for day in _WEEKEND if always else ():
            rota.weekly_shifts.add(day_of_week=_day(day), shift=_shift(9, 9))
        for holiday in _BANK_HOLIDAYS:
            rota.exceptions.add(date=_date(holiday), shifts=[_shift(9, 9)] if always else [])
        return self._update(service.key, team_id, rota)

    def contacts(
        self, one: Organisation, nights_id: str
    ) -> organisation_contacts_service_pb2.UpdateOrganisationContactsRequest:
        """Returns an organisation's safeguarding lead and deputy, the first two of its people, and its nights."""
        people = [
            self._ids.practitioners[staff.key]
            for staff in self._directory.practitioners
            if staff.organisation == one.key
        ]
        named = organisation_contacts_service_pb2.SafeguardingContacts()
        for kind, practitioner_id in zip(
            (SafeguardingContact.KIND_LEAD, SafeguardingContact.KIND_DEPUTY), people, strict=False
        ):
            named.contacts.add(kind=kind, practitioner_id=practitioner_id, hours=_office_hours())
        return organisation_contacts_service_pb2.UpdateOrganisationContactsRequest(
            organisation_id=self._ids.organisations[one.key],
            safeguarding_contacts=named,
            out_of_hours_team_id=nights_id,
            request_id=self._request_ids.of("contacts", one.key),
        )

    def assessors(self, one: Organisation) -> people_service_pb2.BatchSetAssessorsRequest | None:
        """Returns who is trained: everybody's first, the whole of family help. None for those who train nobody."""
        if one.kind in {"gp", "police"}:
            return None
        mine = [staff for staff in self._directory.practitioners if staff.organisation == one.key]
        trained = mine if one.kind == "early_help" else mine[:1]
        request = people_service_pb2.BatchSetAssessorsRequest(
            request_id=self._request_ids.of("assessors", one.key)
        )
        for staff in trained[:100]:
            request.assessors.add(
                practitioner_id=self._ids.practitioners[staff.key],
                training_date=_date(self._made_on - timedelta(days=200)),
                lapse_date=_date(self._made_on + timedelta(days=895)),
            )
        return request

    def absences(self) -> Iterator[tuple[str, people_service_pb2.RecordAbsenceRequest]]:
        """Yields who is away, with their organisation: every so many, covered by a colleague where there is one."""
        for place, staff in enumerate(self._directory.practitioners):
            if place % _EVERY_SO_OFTEN != 1:
                continue
            colleagues = [one for one in self._directory.staff[staff.service] if one.key != staff.key]
            yield (
                staff.organisation,
                people_service_pb2.RecordAbsenceRequest(
                    practitioner_id=self._ids.practitioners[staff.key],
                    start_date=_date(self._made_on - timedelta(days=2)),
                    end_date=_date(self._made_on + timedelta(days=21)),
                    cover_practitioner_id=self._ids.practitioners[colleagues[0].key] if colleagues else "",
                    request_id=self._request_ids.of("absence", staff.key),
                ),
            )

    def panels(self) -> Iterator[panel_service_pb2.CreatePanelRequest]:
        """Yields the two locality panels."""
        for key, locality, wards, districts, chair in _PANELS:
            yield panel_service_pb2.CreatePanelRequest(
                organisation_id=self._ids.organisations["org-early-help"],
                details=panel_service_pb2.PanelDetails(
                    display_name=f"{locality} locality panel",
                    locality=locality,
                    wards=wards,
                    postcode_districts=districts,
                    chair_practitioner_id=self._ids.practitioners[chair],
                    contact=directory_service_pb2.ContactDetails(
                        display_name="Panel desk", phone="01632 960998", email="panels@early-help.example.org"
                    ),
                ),
                request_id=self._request_ids.of("panel", key),
            )

    def _update(self, key: str, team_id: str, rota: duty_pb2.DutyRota) -> team_service_pb2.UpdateTeamRequest:
        # A team has version 1 when it is made, and this is its first change.
        return team_service_pb2.UpdateTeamRequest(
            team_id=team_id, rota=rota, version=1, request_id=self._request_ids.of("rota", key)
        )


def _office_hours() -> Sequence[WeeklyHours]:
    return [
        WeeklyHours(day_of_week=_day(day), start=TimeOfDay(hours=8), end=TimeOfDay(hours=16))
        for day in _WEEKDAYS
    ]


def _shift(start: int, end: int, practitioner_id: str = "") -> duty_pb2.Shift:
    return duty_pb2.Shift(
        start=TimeOfDay(hours=start), end=TimeOfDay(hours=end), practitioner_id=practitioner_id
    )


def _day(name: str) -> DayOfWeek:
    found: DayOfWeek = DayOfWeek.Value(name)  # type: ignore[assignment] # an enum's number
    return found


def _date(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)
