"""Texts of the partnership with the time of their use, and its sharing agreements (CON-3). Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kith.consent.v1 import wording_pb2 as pb
from services.chassis.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Wording:
    """A registered text. `void_date`: the first day on which nothing rests on it any more."""

    id: UUID
    kind: pb.Wording.Kind
    version: str
    language: str
    words: str
    sha256: bytes
    start_date: date
    end_date: date | None
    void_date: date | None
    create_time: datetime

    def in_use(self, day: date) -> bool:
        """Return whether it is what people were shown before they consented on that day."""
        in_time = self.start_date <= day and (self.end_date is None or day <= self.end_date)
        return in_time and self.kind == pb.Wording.KIND_CONSENT


@dataclass(frozen=True, slots=True)
class Agreement:
    """When an organisation is bound by the partnership's sharing agreement."""

    organisation_id: UUID
    organisation_kind: str
    wording_id: UUID | None
    start_date: date
    end_date: date | None


def require_order(start: date, end: date | None, field: str) -> None:
    """Raise InvalidArgument for a last day before the first."""
    if end is not None and end < start:
        raise InvalidArgument([(field, "must not be before the first day")])
