"""Refusals with a reason of `kith.consent.v1.ErrorReason`. Pure."""

from services.chassis.errors import FailedPrecondition, PermissionDenied


class ConsentNotVisible(PermissionDenied):
    """The consent does not exist, or is not the caller's organisation's: never says which (AIP-193)."""

    def __init__(self) -> None:
        super().__init__("CONSENT_NOT_VISIBLE", "your organisation has recorded no such consent")


class ConsentWithdrawn(FailedPrecondition):
    """The consent was withdrawn before."""

    def __init__(self) -> None:
        super().__init__("CONSENT_WITHDRAWN", "the consent was withdrawn before")
