"""Refusals with a reason of `kith.consent.v1.ErrorReason`. Pure."""

from services.chassis.errors import Aborted, AlreadyExists, FailedPrecondition, NotFound, PermissionDenied


class ConsentNotVisible(PermissionDenied):
    """The consent does not exist, or is not the caller's organisation's: never says which (AIP-193)."""

    def __init__(self) -> None:
        super().__init__("CONSENT_NOT_VISIBLE", "your organisation has recorded no such consent")


class ConsentWithdrawn(FailedPrecondition):
    """The consent was withdrawn before."""

    def __init__(self) -> None:
        super().__init__("CONSENT_WITHDRAWN", "the consent was withdrawn before")


class ConsentState(FailedPrecondition):
    """The consent is in a state in which this cannot be done."""

    def __init__(self) -> None:
        super().__init__(
            "CONSENT_STATE", "the consent is in a state in which this cannot be done: read it again"
        )


class Changed(Aborted):
    """Somebody else changed it since it was read."""

    def __init__(self) -> None:
        super().__init__("CONSENT_CHANGED", "it was changed since you read it: read it again, then decide")


class GiverCannotConsent(FailedPrecondition):
    """By what is recorded of the family, whoever gave it cannot."""

    def __init__(self) -> None:
        super().__init__(
            "GIVER_CANNOT_CONSENT",
            "by what is recorded of the family this person cannot consent to it: see WhoCanConsent",
            violations=[("giver_person_id", "cannot consent to this on that day")],
        )


class GiverNotNamed(FailedPrecondition):
    """The family is recorded, so the giver is to be named."""

    def __init__(self) -> None:
        super().__init__(
            "GIVER_NOT_NAMED",
            "you have recorded the family: name who gave it",
            violations=[("giver_person_id", "name one of the persons recorded")],
        )


class WordingNotCurrent(FailedPrecondition):
    """The wording was not in use on the day it was given, or there is none such."""

    def __init__(self) -> None:
        super().__init__(
            "WORDING_NOT_CURRENT",
            "no such wording was in use on that day: see ListWordings",
            violations=[("wording_id", "was not in use on the day it was given")],
        )


class RequestedConsentDiffers(FailedPrecondition):
    """What was asked for is of another child, kind or scope, or is not asked for any more."""

    def __init__(self) -> None:
        super().__init__(
            "REQUESTED_CONSENT_DIFFERS",
            "what was asked for is of another child, kind or scope, or was answered before",
            violations=[("requested_consent_id", "must be asked for, of the same child, kind and scope")],
        )


class SupersedingDiffers(FailedPrecondition):
    """What is to take the place of a consent is of another child, kind or scope."""

    def __init__(self) -> None:
        super().__init__(
            "SUPERSEDING_DIFFERS",
            "a consent takes the place of one of the same child, kind and scope: else withdraw one, record the other",
            violations=[("consent", "must be of the same child, kind and scope")],
        )


class NothingGiven(FailedPrecondition):
    """There is no receipt of what was not given."""

    def __init__(self) -> None:
        super().__init__("NOTHING_GIVEN", "there is no receipt of a consent that was not given")


class MustNotBeTold(FailedPrecondition):
    """The person must not be told, or nobody is known who may (CON-9)."""

    def __init__(self) -> None:
        super().__init__(
            "MUST_NOT_BE_TOLD",
            "this person must not be told",
            violations=[("person_id", "must not be told; see MayBeTold")],
        )


class ConsentDoesNotCover(FailedPrecondition):
    """The consent does not cover the sharing."""

    def __init__(self) -> None:
        super().__init__(
            "CONSENT_DOES_NOT_COVER",
            "the consent does not hold, or not for this scope, purpose or one of the recipients",
            violations=[
                ("consent_id", "must be your organisation's, and cover what is shared and with whom")
            ],
        )


class GroundDoesNotHold(FailedPrecondition):
    """The ground does not hold on that day or between these bodies, or the decision lacks what it needs."""

    def __init__(self, reason: str) -> None:
        """`reason` is that of the decision, such as `GROUND_INCOMPLETE`."""
        super().__init__(
            "GROUND_DOES_NOT_HOLD",
            "the ground does not carry it: see the policy for what it needs, when and between whom",
            violations=[("ground", reason)],
        )


class ShareNotVisible(PermissionDenied):
    """The share, decision or notice does not exist, or is not the caller's organisation's (AIP-193)."""

    def __init__(self) -> None:
        super().__init__("SHARE_NOT_VISIBLE", "your organisation has no such share, decision or notice")


class ShareState(FailedPrecondition):
    """The share is in a state in which this cannot be done."""

    def __init__(self) -> None:
        super().__init__("SHARE_STATE", "the share has ended or was acknowledged before: read it again")


class WordingExists(AlreadyExists):
    """That version of the kind and language is registered."""

    def __init__(self) -> None:
        super().__init__(
            "WORDING_EXISTS", "that version of the kind and language is registered: take a new one"
        )


class WordingNotFound(NotFound):
    """There is no such wording."""

    def __init__(self) -> None:
        super().__init__("WORDING_NOT_FOUND", "there is no such wording: see ListWordings")


class FamilyFull(FailedPrecondition):
    """More is recorded of the family than can be."""

    def __init__(self) -> None:
        super().__init__(
            "FAMILY_FULL", "too much is recorded of this family: end what is over under its own id"
        )
