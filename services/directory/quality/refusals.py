"""Refusals with a reason of `kith.directory.v1.ErrorReason`, about quality. Pure."""

from uuid import UUID

from services.chassis.errors import Aborted, FailedPrecondition, NotFound


class RevisionChanged(Aborted):
    """Another revision is public than the one that was looked at."""

    def __init__(self, entry_id: UUID) -> None:
        super().__init__(
            "REVISION_CHANGED",
            "another revision is public now, look at it first",
            metadata={"entry_id": str(entry_id)},
        )


class NotToBeConfirmed(FailedPrecondition):
    """The entry was never public, is withdrawn, or is of a vocabulary."""

    def __init__(self, entry_id: UUID) -> None:
        super().__init__(
            "NOT_TO_BE_CONFIRMED", "this is nothing to be confirmed", metadata={"entry_id": str(entry_id)}
        )


class QualityNotKnown(NotFound):
    """The entry is not published, or was so only a moment ago."""

    def __init__(self) -> None:
        super().__init__("QUALITY_NOT_KNOWN", "it is not published, or was not looked at yet")


class HidingNotHeld(FailedPrecondition):
    """The hiding of stale entries does not wait for anybody."""

    def __init__(self) -> None:
        super().__init__("HIDING_NOT_HELD", "hiding does not wait")


class DuplicateNotFound(NotFound):
    """There is no such pair of entries."""

    def __init__(self) -> None:
        super().__init__("DUPLICATE_NOT_FOUND", "there is no such pair")


class DuplicateStands(FailedPrecondition):
    """The pair does not stand where this can be done."""

    def __init__(self) -> None:
        super().__init__("DUPLICATE_STATE", "not as the pair stands")


class MergerNotFound(NotFound):
    """There is no such merger."""

    def __init__(self) -> None:
        super().__init__("MERGER_NOT_FOUND", "there is no such merger")


class MergerBuiltUpon(FailedPrecondition):
    """One of the two entries has changed since they were merged, or the merger is undone already."""

    def __init__(self) -> None:
        super().__init__("MERGER_BUILT_UPON", "it has been built upon, or is undone already")


class NamedByOthers(FailedPrecondition):
    """Published services name the organisation or location that would go."""

    def __init__(self, count: int) -> None:
        super().__init__("NAMED_BY_OTHERS", "services still name it", metadata={"count": str(count)})
