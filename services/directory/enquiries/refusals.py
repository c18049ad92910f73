"""Refusals about enquiries, with a reason of `kith.directory.v1.ErrorReason`. Pure."""

from services.chassis.errors import AlreadyExists, FailedPrecondition, NotFound, ResourceExhausted


class EnquiryNotFound(NotFound):
    """The enquiry does not exist, or is none to the caller's organisation."""

    def __init__(self) -> None:
        super().__init__("ENQUIRY_NOT_FOUND", "there is no such enquiry")


class EnquiryClosed(FailedPrecondition):
    """The enquiry is answered, declined or expired."""

    def __init__(self) -> None:
        super().__init__("ENQUIRY_CLOSED", "the enquiry is answered, declined or expired")


class EnquiryWaiting(AlreadyExists):
    """The practitioner waits for an answer of the service."""

    def __init__(self) -> None:
        super().__init__("ENQUIRY_WAITING", "the practitioner waits for an answer of this service")


class EnquiryBudgetSpent(ResourceExhausted):
    """The practitioner or the organisation has asked as often today as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "ENQUIRY_BUDGET_SPENT", "too many enquiries in a day", metadata={"limit": str(limit)}
        )
