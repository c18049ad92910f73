"""Refusals with a reason of `kith.directory.v1.ErrorReason`. Pure."""

from services.chassis.errors import NotFound


class OrganisationNotFound(NotFound):
    """The organisation does not exist."""

    def __init__(self) -> None:
        super().__init__("ORGANISATION_NOT_FOUND", "there is no such organisation")


class ServiceNotFound(NotFound):
    """The service does not exist."""

    def __init__(self) -> None:
        super().__init__("SERVICE_NOT_FOUND", "there is no such service")


class PractitionerNotFound(NotFound):
    """The practitioner does not exist."""

    def __init__(self) -> None:
        super().__init__("PRACTITIONER_NOT_FOUND", "there is no such practitioner")
