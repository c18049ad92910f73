"""Refusals of importing with a reason of `kith.directory.v1.ErrorReason`. Pure."""

from uuid import UUID

from kith.directory.v1.import_run_pb2 import ImportRun
from services.chassis.errors import FailedPrecondition, NotFound


class ImportSourceNotFound(NotFound):
    """The source does not exist."""

    def __init__(self) -> None:
        super().__init__("IMPORT_SOURCE_NOT_FOUND", "there is no such source")


class ImportRunNotFound(NotFound):
    """The run does not exist."""

    def __init__(self) -> None:
        super().__init__("IMPORT_RUN_NOT_FOUND", "there is no such run")


class ImportRunStands(FailedPrecondition):
    """The run does not stand where this can be done."""

    def __init__(self, state: ImportRun.State) -> None:
        name = ImportRun.State.Name(state).removeprefix("STATE_")
        super().__init__(
            "IMPORT_RUN_STATE", "the run does not stand where this can be done", metadata={"state": name}
        )


class ImportUnderWay(FailedPrecondition):
    """A run of the source is under way."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(
            "IMPORT_UNDER_WAY", "a run of this source is under way", metadata={"run_id": str(run_id)}
        )


class ImportSourcePaused(FailedPrecondition):
    """The source is paused."""

    def __init__(self) -> None:
        super().__init__("IMPORT_SOURCE_PAUSED", "the source is paused")


class ImportSourceKind(FailedPrecondition):
    """The source is a feed where CSV is meant, or the other way round."""

    def __init__(self) -> None:
        super().__init__("IMPORT_SOURCE_KIND", "the source is of the other kind")


class LossNotConfirmed(FailedPrecondition):
    """More services have vanished than may without confirmation."""

    def __init__(self, vanished: int) -> None:
        super().__init__(
            "IMPORT_LOSS_NOT_CONFIRMED",
            "so many services have vanished that it has to be confirmed",
            metadata={"vanished": str(vanished)},
        )


class PieceOutOfOrder(FailedPrecondition):
    """The piece is not the next one, or not the same as before, or pieces are missing."""

    def __init__(self, next_number: int) -> None:
        super().__init__(
            "IMPORT_PIECE_OUT_OF_ORDER",
            "pieces come in order, each as it was",
            metadata={"next_number": str(next_number)},
        )


class CsvTooLarge(FailedPrecondition):
    """The CSV is larger than can be taken."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(
            "IMPORT_TOO_LARGE", "the file is too large", metadata={"most_bytes": str(most_bytes)}
        )
