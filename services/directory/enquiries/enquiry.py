"""An enquiry: a practitioner asks a service to get in touch, in fixed choices alone. Pure.

ASKED -- seen --> SEEN
  |                |
  `--- answered, declined ---> closed; after 7 days EXPIRED, after 30 deleted
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kith.directory.v1.enquiry_pb2 import Enquiry as Message
from services.directory.enquiries.refusals import EnquiryClosed

EXPIRES_AFTER: Final = timedelta(days=7)
DELETED_AFTER: Final = timedelta(days=30)
PRACTITIONER_A_DAY: Final = 10
ORGANISATION_A_DAY: Final = 100
OPEN: Final = frozenset({Message.STATE_ASKED, Message.STATE_SEEN})


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A row of `enquiry`; `state` is as stored, `state_at` is what holds."""

    id: UUID
    service_id: UUID
    practitioner_id: UUID
    organisation_id: UUID
    topic: Message.Topic
    preferred_time: Message.Time
    channel: Message.Channel
    state: Message.State
    decline_reason: Message.DeclineReason
    create_time: datetime
    update_time: datetime

    @property
    def expire_time(self) -> datetime:
        """When it counts as expired, unless closed before."""
        return self.create_time + EXPIRES_AFTER

    def state_at(self, now: datetime) -> Message.State:
        """Return where it stands: nothing has to happen for it to expire."""
        return Message.STATE_EXPIRED if self.state in OPEN and now >= self.expire_time else self.state

    def seen(self, now: datetime) -> "Enquiry":
        """Return the enquiry as seen; the same object if it was. Raises EnquiryClosed."""
        self._must_be_open(now)
        if self.state == Message.STATE_SEEN:
            return self
        return replace(self, state=Message.STATE_SEEN, update_time=now)

    def answered(self, now: datetime) -> "Enquiry":
        """Return the enquiry as answered. Raises EnquiryClosed."""
        self._must_be_open(now)
        return replace(self, state=Message.STATE_ANSWERED, update_time=now)

    def declined(self, reason: Message.DeclineReason, now: datetime) -> "Enquiry":
        """Return the enquiry as declined. Raises EnquiryClosed."""
        self._must_be_open(now)
        return replace(self, state=Message.STATE_DECLINED, decline_reason=reason, update_time=now)

    def _must_be_open(self, now: datetime) -> None:
        if self.state_at(now) not in OPEN:
            raise EnquiryClosed
