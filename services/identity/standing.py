"""Whether somebody may have access at this moment: agreement, vetting, training (CI-10, CI-11).

Asked at every issue and every refresh of a token, so an ended agreement or an expired vetting closes the door within
the five minutes that an access token lives.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from services.identity.scopes import Role


class Lapse(Enum):
    """Why there is no access. The value is told to somebody who has proved who they are, in ASCII (RFC 6749 5.2)."""

    AGREEMENT = "Your organisation has no current sharing agreement."
    VETTING = "Your vetting has expired."
    TRAINING = "Your training is not complete."


@dataclass(frozen=True, slots=True)
class Agreement:
    """The time in which an organisation's sharing agreement holds; the end is outside."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in, with the agreement of the organisation they work for."""

    id: str
    organisation_id: str
    display_name: str
    role: Role
    practitioner_id: str
    vetting_expire_time: datetime
    training_time: datetime
    agreement: Agreement


def of_agreement(agreement: Agreement | None, now: datetime) -> Lapse | None:
    """Return why an organisation has no access at `now`, None if it has."""
    if agreement is None or not agreement.start <= now < agreement.end:
        return Lapse.AGREEMENT
    return None


def of_person(person: Person, now: datetime) -> Lapse | None:
    """Return why a person has no access at `now`, None if they have. Training takes effect when it is over."""
    if lapse := of_agreement(person.agreement, now):
        return lapse
    if now >= person.vetting_expire_time:
        return Lapse.VETTING
    if now < person.training_time:
        return Lapse.TRAINING
    return None
