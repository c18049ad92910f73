"""Refusals with a reason of `kith.directory.v1.ErrorReason`. Pure."""

from services.chassis.errors import InvalidArgument, NotFound, Unavailable


class PublicationNotFound(NotFound):
    """Nothing of that kind and id is published now."""

    def __init__(self) -> None:
        super().__init__("PUBLICATION_NOT_FOUND", "nothing of that kind and id is published")


class IndexNotReady(Unavailable):
    """The index is being filled: an answer would be a part of one."""

    def __init__(self) -> None:
        super().__init__("INDEX_NOT_READY")


class PostcodeUnknown(InvalidArgument):
    """The postcode is none, or nobody knows where it is."""

    def __init__(self) -> None:
        super().__init__([("postcode", "is not a postcode whose place is known")], "POSTCODE_UNKNOWN")
