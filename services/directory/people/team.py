"""Teams, and the contacts of organisations that point to them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.directory.people.duty import Rota
from services.directory.people.safeguarding import SafeguardingLead


@dataclass(frozen=True, slots=True)
class Team:
    """People of an organisation who share a telephone; `service_id` if it is the one duty team of a service."""

    id: UUID
    organisation_id: UUID
    service_id: UUID | None
    display_name: str
    phone: str
    email: str
    rota: Rota
    version: int
    update_time: datetime


@dataclass(frozen=True, slots=True)
class OrganisationContacts:
    """Whom to ring at an organisation (SD-5). `version` is 0 until its contacts have been changed once."""

    organisation_id: UUID
    phone: str
    adviser_display_name: str
    adviser_phone: str
    adviser_email: str
    safeguarding: tuple[SafeguardingLead, ...]
    front_door_team_id: UUID | None
    out_of_hours_team_id: UUID | None
    version: int
    update_time: datetime
