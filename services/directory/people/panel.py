"""Locality panels (SD-3): whom they are for and how to reach them, never what they decide. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.directory.v1.panel_pb2 import Panel as PanelMessage


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of an organisation for a locality; `contact_...` are those who arrange it, empty for nobody."""

    id: UUID
    organisation_id: UUID
    display_name: str
    locality: str
    wards: tuple[str, ...]
    postcode_districts: tuple[str, ...]
    chair_practitioner_id: UUID | None
    contact_display_name: str
    contact_phone: str
    contact_email: str
    state: PanelMessage.State
    version: int
    update_time: datetime

    @property
    def has_ended(self) -> bool:
        """Whether it meets no more."""
        return self.state == PanelMessage.STATE_ENDED
