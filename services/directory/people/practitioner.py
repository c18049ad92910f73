"""A practitioner: somebody who works in a service, by work contact only (SD-7). Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from kith.directory.v1.directory_pb2 import Practitioner as PractitionerMessage


@dataclass(frozen=True, slots=True)
class Post:
    """A service that a practitioner works in beside the main one."""

    service_id: UUID
    team_id: UUID | None
    role: str


@dataclass(frozen=True, slots=True)
class Training:
    """That somebody can undertake an Early Help Assessment, to the last day on which it counts (CAF-3)."""

    day: date
    lapse: date


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who works in a service; `organisation_id` is that of the service.

    `version` grows by one with each event about the practitioner, from 0: the making of one is not told, and a
    listener must not take that for an event it missed.
    """

    id: UUID
    organisation_id: UUID
    service_id: UUID
    team_id: UUID | None
    display_name: str
    job_title: str
    role: str
    engagement: PractitionerMessage.Engagement
    phone: str
    email: str
    state: PractitionerMessage.State
    training: Training | None
    version: int
    update_time: datetime

    @property
    def has_left(self) -> bool:
        """Whether the practitioner is gone."""
        return self.state == PractitionerMessage.STATE_LEFT

    def left(self, now: datetime) -> "Practitioner":
        """Return the practitioner as having left; the same object if that was so before."""
        if self.has_left:
            return self
        return replace(
            self,
            state=PractitionerMessage.STATE_LEFT,
            training=None,
            version=self.version + 1,
            update_time=now,
        )

    def moved(
        self,
        service_id: UUID,
        now: datetime,
        *,
        team_id: UUID | None,
        role: str,
        job_title: str,
        phone: str,
    ) -> "Practitioner":
        """Return the practitioner in another service."""
        return replace(
            self,
            service_id=service_id,
            team_id=team_id,
            role=role,
            job_title=job_title,
            phone=phone,
            version=self.version + 1,
            update_time=now,
        )

    def trained(self, training: Training | None, now: datetime) -> "Practitioner":
        """Return the practitioner as trained; the same object if that was so before."""
        if self.training == training:
            return self
        return replace(self, training=training, version=self.version + 1, update_time=now)

    def changed(
        self,
        now: datetime,
        *,
        display_name: str,
        job_title: str,
        phone: str,
        email: str,
        role: str,
        engagement: PractitionerMessage.Engagement,
        team_id: UUID | None,
    ) -> "Practitioner":
        """Return the practitioner as now called and reached."""
        return replace(
            self,
            display_name=display_name,
            job_title=job_title,
            phone=phone,
            email=email,
            role=role,
            engagement=engagement,
            team_id=team_id,
            version=self.version + 1,
            update_time=now,
        )
