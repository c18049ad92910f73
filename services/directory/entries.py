"""What the directory lists. Nothing here is about a child (SD-1). Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.directory.v1.directory_pb2 import Organisation as OrganisationMessage
from kith.directory.v1.directory_pb2 import Service as ServiceMessage


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation; `adviser_...` is whom to ask how information may be shared (SD-5), empty for nobody."""

    id: UUID
    display_name: str
    kind: OrganisationMessage.Kind
    phone: str
    adviser_display_name: str
    adviser_phone: str
    adviser_email: str
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Service:
    """A service of an organisation. `version` grows by one with each event about it; the first is its making."""

    id: UUID
    organisation_id: UUID
    display_name: str
    description: str
    kind: ServiceMessage.Kind
    phone: str
    email: str
    version: int
    update_time: datetime
