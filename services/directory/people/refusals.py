"""Refusals about people, teams and panels, with a reason of `kith.directory.v1.ErrorReason`. Pure."""

from services.chassis.errors import Aborted, AlreadyExists, FailedPrecondition, NotFound


class TeamNotFound(NotFound):
    """The team does not exist."""

    def __init__(self) -> None:
        super().__init__("TEAM_NOT_FOUND", "there is no such team")


class PanelNotFound(NotFound):
    """The panel does not exist."""

    def __init__(self) -> None:
        super().__init__("PANEL_NOT_FOUND", "there is no such panel")


class AbsenceNotFound(NotFound):
    """The absence does not exist, or is over."""

    def __init__(self) -> None:
        super().__init__("ABSENCE_NOT_FOUND", "there is no such absence, or it is over")


class PractitionerHasLeft(FailedPrecondition):
    """The practitioner has left."""

    def __init__(self) -> None:
        super().__init__("PRACTITIONER_LEFT", "the practitioner has left")


class OtherOrganisation(FailedPrecondition):
    """What is named belongs to another organisation."""

    def __init__(self) -> None:
        super().__init__("OTHER_ORGANISATION", "what is named belongs to another organisation")


class ChangedSince(Aborted):
    """Somebody else has changed it since it was read."""

    def __init__(self) -> None:
        super().__init__("CHANGED_SINCE", "somebody else has changed it: read it again")


class TooManyAbsences(FailedPrecondition):
    """The practitioner has as many absences ahead as there may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "TOO_MANY_ABSENCES", "there are too many absences ahead", metadata={"limit": str(limit)}
        )


class ServiceHasTeam(AlreadyExists):
    """The service has a duty team."""

    def __init__(self) -> None:
        super().__init__("SERVICE_HAS_TEAM", "the service has a duty team")


class PanelEnded(FailedPrecondition):
    """The panel has ended."""

    def __init__(self) -> None:
        super().__init__("PANEL_ENDED", "the panel has ended")
