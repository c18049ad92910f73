"""How a page says whom to ring about a child: the practitioner, who covers, who is on duty, the service. Pure."""

import datetime as dt
from dataclasses import dataclass

from kith.directory.v1 import directory_pb2, duty_pb2
from services.gateway import wording
from services.gateway.contacts import Contacts

_ON_DUTY = {
    duty_pb2.DutyCover.STATE_ANSWERED: "Duty now",
    duty_pb2.DutyCover.STATE_OUT_OF_HOURS: "Out of hours now",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """Who answers for a team now. `phone` is empty when nobody does; `when` says until when, or from when."""

    label: str
    phone: str
    when: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach somebody. `note` says why not the person, when it is somebody else who is to be rung."""

    name: str
    job: str
    phone: str
    email: str
    note: str
    duty: Duty | None = None


def reach_of(
    practitioner_id: str,
    service: directory_pb2.Service | None,
    organisation: directory_pb2.Organisation | None,
    contacts: Contacts,
    now: dt.datetime,
) -> Reach:
    """Return the practitioner if there is one to reach, else who covers, the service, or the switchboard."""
    practitioner = contacts.practitioners.get(practitioner_id)
    if practitioner is None:
        duty = contacts.duty.get(service.id) if service is not None else None
        return _team_reach("", "", "", service, organisation, _duty(duty, now))
    name, job = practitioner.display_name, practitioner.job_title
    duty = practitioner.duty_cover if practitioner.HasField("duty_cover") else None
    if practitioner.state == directory_pb2.Practitioner.STATE_LEFT:
        return _team_reach(name, job, f"{name} has left.", service, organisation, _duty(duty, now))
    if practitioner.HasField("out_of_office"):
        return _away_reach(practitioner, service, organisation, _duty(duty, now))
    if practitioner.phone or practitioner.email:
        return Reach(name, job, practitioner.phone, practitioner.email, "", _duty(duty, now))
    return _team_reach(name, job, "", service, organisation, _duty(duty, now))


def _away_reach(
    practitioner: directory_pb2.Practitioner,
    service: directory_pb2.Service | None,
    organisation: directory_pb2.Organisation | None,
    duty: Duty | None,
) -> Reach:
    """Who covers, where somebody does; else whoever answers for the team."""
    name, job, away = practitioner.display_name, practitioner.job_title, practitioner.out_of_office
    until = wording.day(away.end_date)
    note = f"{name} is out of office {f'until {until}' if until else 'until further notice'}."
    if away.cover_phone or away.cover_email:
        note = f"{note} Ring {away.cover_display_name} instead."
        return Reach(name, job, away.cover_phone, away.cover_email, note, duty)
    if duty is not None and duty.phone:
        return Reach(name, job, "", "", f"{note} Ring the duty team.", duty)
    return _team_reach(name, job, note, service, organisation, duty)


def _team_reach(
    name: str,
    job: str,
    why: str,
    service: directory_pb2.Service | None,
    organisation: directory_pb2.Organisation | None,
    duty: Duty | None,
) -> Reach:
    if service is not None and (service.phone or service.email):
        return Reach(name, job, service.phone, service.email, f"{why} Ring the service." if why else "", duty)
    note = f"{why} Ring the organisation.".strip()
    return Reach(name, job, organisation.phone if organisation else "", "", note, duty)


def _duty(cover: duty_pb2.DutyCover | None, now: dt.datetime) -> Duty | None:
    if cover is None:
        return None
    end = cover.end_time.ToDatetime(dt.UTC) if cover.HasField("end_time") else None
    if cover.state == duty_pb2.DutyCover.STATE_NOBODY:
        return Duty("Nobody on duty now", "", f"from {wording.moment(end, now)}" if end else "")
    who = ", ".join(part for part in (cover.team_display_name, cover.practitioner_display_name) if part)
    label = f"{_ON_DUTY.get(cover.state, 'Duty')}: {who}"
    return Duty(label, cover.phone, f"until {wording.moment(end, now)}" if end else "")
