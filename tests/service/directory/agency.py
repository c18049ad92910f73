"""An organisation that keeps its own people, teams and contacts, as its system does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
from google.type.date_pb2 import Date

from kith.directory.v1 import (
    directory_service_pb2,
    duty_pb2,
    organisation_contacts_service_pb2,
    people_service_pb2,
    team_service_pb2,
)
from kith.directory.v1.directory_pb2 import Organisation, Practitioner, Service
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.enquiry_service_pb2_grpc import EnquiryServiceStub
from kith.directory.v1.organisation_contacts_pb2 import OrganisationContacts
from kith.directory.v1.organisation_contacts_service_pb2_grpc import OrganisationContactsServiceStub
from kith.directory.v1.panel_service_pb2_grpc import PanelServiceStub
from kith.directory.v1.people_service_pb2_grpc import PeopleServiceStub
from kith.directory.v1.team_pb2 import Team
from kith.directory.v1.team_service_pb2_grpc import TeamServiceStub
from services.directory.people.local_time import LONDON
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Administrator, Metadata

SCOPES = "directory.edit directory.read"


@dataclass
class Agency:
    """An organisation with one service, and the stubs by which its system calls."""

    organisation: Organisation
    service: Service
    metadata: Metadata
    directory: DirectoryServiceStub
    people: PeopleServiceStub
    teams: TeamServiceStub
    contacts: OrganisationContactsServiceStub
    panels: PanelServiceStub
    enquiries: EnquiryServiceStub
    names: list[str] = field(default_factory=list)

    async def call(self, method: Any, request: Any) -> Any:
        """Make a call, with a request id of its own where the request has none yet."""
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            request.request_id = str(uuid4())
        return await method(request, metadata=self.metadata)

    async def practitioners(self, *names: str, **more: Any) -> list[Practitioner]:
        """Create practitioners of the service."""
        request = people_service_pb2.BatchCreatePractitionersRequest()
        for name in names:
            request.practitioners.add(
                **{"service_id": self.service.id, "display_name": name, "phone": "01632 960111"} | more
            )
        return list((await self.call(self.people.BatchCreatePractitioners, request)).practitioners)

    async def practitioner(self, name: str = "Nasreen Haldane", **more: Any) -> Practitioner:
        """Create one practitioner of the service."""
        (made,) = await self.practitioners(name, **more)
        return made

    async def read(self, practitioner: Practitioner) -> Practitioner:
        """Get a practitioner as a child page does."""
        request = directory_service_pb2.BatchGetPractitionersRequest(ids=[practitioner.id])
        answer = await self.call(self.directory.BatchGetPractitioners, request)
        found: Practitioner = answer.practitioners[0]
        return found

    async def team(self, **more: Any) -> Team:
        """Create a team; of the service, unless told otherwise."""
        said = {
            "organisation_id": self.organisation.id,
            "service_id": self.service.id,
            "display_name": "Duty desk",
            "phone": "01632 960500",
        }
        request = team_service_pb2.CreateTeamRequest(**said | more)
        made: Team = (await self.call(self.teams.CreateTeam, request)).team
        return made

    async def roster(self, team: Team, rota: duty_pb2.DutyRota) -> Team:
        """Give a team its rota."""
        request = team_service_pb2.UpdateTeamRequest(team_id=team.id, rota=rota, version=team.version)
        changed: Team = (await self.call(self.teams.UpdateTeam, request)).team
        return changed

    async def away(
        self, practitioner: Practitioner, start: int, end: int | None, cover: Practitioner | None = None
    ) -> str:
        """Record an absence, in days from today; returns its id."""
        request = people_service_pb2.RecordAbsenceRequest(
            practitioner_id=practitioner.id,
            start_date=day(start),
            end_date=None if end is None else day(end),
            cover_practitioner_id=cover.id if cover else "",
        )
        absence_id: str = (await self.call(self.people.RecordAbsence, request)).absence.id
        return absence_id

    async def change_contacts(self, **changed: Any) -> OrganisationContacts:
        """Change the organisation's contacts."""
        asked = organisation_contacts_service_pb2.BatchGetOrganisationContactsRequest(
            organisation_ids=[self.organisation.id]
        )
        (known,) = (await self.call(self.contacts.BatchGetOrganisationContacts, asked)).contacts
        request = organisation_contacts_service_pb2.UpdateOrganisationContactsRequest(
            organisation_id=self.organisation.id, version=known.version, **changed
        )
        found: OrganisationContacts = (
            await self.call(self.contacts.UpdateOrganisationContacts, request)
        ).contacts
        return found


async def agency(
    administrator: Administrator,
    issuer: Issuer,
    channel: grpc.aio.Channel,
    name: str = "Hillside School",
    kind: Service.Kind = Service.KIND_EDUCATION,
) -> Agency:
    """Make an organisation with a system that may keep its entries."""
    organisation = await administrator.organisation(name)
    service = await administrator.service(organisation, f"{name} service", kind)
    system = f"system-{organisation.id}"
    token = issuer.token(kind="system", client_id=system, sub=system, org=organisation.id, scope=SCOPES)
    return Agency(
        organisation,
        service,
        bearer(token),
        DirectoryServiceStub(channel),
        PeopleServiceStub(channel),
        TeamServiceStub(channel),
        OrganisationContactsServiceStub(channel),
        PanelServiceStub(channel),
        EnquiryServiceStub(channel),
    )


def today() -> date:
    """The day in Europe/London."""
    return datetime.now(UTC).astimezone(LONDON).date()


def day(ahead: int) -> Date:
    """A day so many days after today."""
    found = today() + timedelta(days=ahead)
    return Date(year=found.year, month=found.month, day=found.day)


def every_day(
    start: int, end: int, practitioner: Practitioner | None = None, phone: str = ""
) -> duty_pb2.DutyRota:
    """A rota with the same shift on every day, in hours."""
    rota = duty_pb2.DutyRota()
    for weekday in range(1, 8):
        rota.weekly_shifts.add(
            day_of_week=weekday,
            shift=duty_pb2.Shift(
                start={"hours": start},
                end={"hours": end},
                practitioner_id=practitioner.id if practitioner else "",
                phone=phone,
            ),
        )
    return rota


def never() -> duty_pb2.DutyRota:
    """A rota by which nobody answers today or the next days."""
    rota = duty_pb2.DutyRota()
    for ahead in range(-2, 30):
        rota.exceptions.add(date=day(ahead))
    return rota


def ids(entries: Sequence[Any]) -> list[str]:
    """The ids of entries."""
    return [one.id for one in entries]
