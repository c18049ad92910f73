"""Refusals with a reason of `kith.directory.v1.ErrorReason`. Pure."""

from collections.abc import Iterable

from kith.directory.v1.entry_pb2 import Entry, Revision
from services.chassis.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from services.directory.openreferral.faults import Fault


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


class EntryNotFound(NotFound):
    """The entry does not exist."""

    def __init__(self) -> None:
        super().__init__("ENTRY_NOT_FOUND", "there is no such entry")


class RevisionNotFound(NotFound):
    """The entry has no revision of that number."""

    def __init__(self) -> None:
        super().__init__("REVISION_NOT_FOUND", "there is no such revision")


class EntryExists(AlreadyExists):
    """There is an entry of that id already."""

    def __init__(self) -> None:
        super().__init__("ENTRY_EXISTS", "there is an entry of that id already")


class DocumentInvalid(InvalidArgument):
    """The document breaks rules; each fault is a violation, its field the JSON pointer."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__([(fault.pointer, fault.message) for fault in faults], "DOCUMENT_INVALID")


class ConfidentialPlace(InvalidArgument):
    """What was sent tells where a confidential place is; each part is a violation."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__([(fault.pointer, fault.message) for fault in faults], "CONFIDENTIAL_PLACE")


class UnknownReference(FailedPrecondition):
    """The document names what is not there; each is a violation, its subject the JSON pointer."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__(
            "UNKNOWN_REFERENCE",
            "what the document names is not there",
            violations=[(fault.pointer, fault.message) for fault in faults],
        )


class EtagMismatch(Aborted):
    """The entry has changed since it was read."""

    def __init__(self) -> None:
        super().__init__("ETAG_MISMATCH", "the entry has changed, read it again")


class EntryStands(FailedPrecondition):
    """The entry does not stand where this can be done."""

    def __init__(self, state: Entry.State) -> None:
        name = Entry.State.Name(state).removeprefix("STATE_")
        super().__init__("ENTRY_STATE", "not as the entry stands", metadata={"state": name})


class RevisionStands(FailedPrecondition):
    """The revision does not stand where this can be done."""

    def __init__(self, state: Revision.State) -> None:
        name = Revision.State.Name(state).removeprefix("STATE_")
        super().__init__("REVISION_STATE", "not as the revision stands", metadata={"state": name})


class OwnSubmission(PermissionDenied):
    """Nobody decides on what they wrote or submitted."""

    def __init__(self) -> None:
        super().__init__("OWN_SUBMISSION", "somebody else must decide on it")


class EditorNeeded(PermissionDenied):
    """Only an editor may declare such a place public."""

    def __init__(self) -> None:
        super().__init__("EDITOR_NEEDED", "only an editor may declare such a place public")
