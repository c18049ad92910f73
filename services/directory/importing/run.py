"""A run: one time that a source is taken in, from the question to the last entry published. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from kith.directory.v1.import_run_pb2 import ImportRun

OPEN: Final = (
    ImportRun.STATE_UPLOADING,
    ImportRun.STATE_QUEUED,
    ImportRun.STATE_STAGING,
    ImportRun.STATE_COMPARING,
    ImportRun.STATE_IN_REVIEW,
    ImportRun.STATE_APPLYING,
)
"""The states of a run that has not ended; there is at most one of a source."""
OURS: Final = (
    ImportRun.STATE_QUEUED,
    ImportRun.STATE_STAGING,
    ImportRun.STATE_COMPARING,
    ImportRun.STATE_APPLYING,
)
"""Those in which it goes on by itself."""
WAITING: Final = (ImportRun.STATE_UPLOADING, ImportRun.STATE_IN_REVIEW)
"""Those in which it waits for somebody; a later run takes its place."""


class Approval(IntEnum):
    """What an editor has approved of a run."""

    CHOSEN = 0
    """Records, each by itself."""
    SENT = 1
    """All but what has vanished."""
    ALL = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands. Its columns."""

    id: UUID
    source_id: UUID
    scope: ImportRun.Scope
    state: ImportRun.State
    failure: ImportRun.Failure
    failure_row: int
    modified_after: datetime | None
    page_count: int
    row_count: int
    byte_count: int
    loss_held: bool
    uploader: str | None
    reviewer: str | None
    approval: Approval
    take_published: bool
    create_time: datetime
    start_time: datetime | None
    end_time: datetime | None


class RunFailed(Exception):
    """The publisher sent nothing that can be used; nothing of the run is to be looked at any more."""

    def __init__(self, failure: ImportRun.Failure, row: int = 0) -> None:
        super().__init__(ImportRun.Failure.Name(failure))
        self.failure = failure
        self.row = row


class RunStopped(Exception):
    """Somebody has ended the run meanwhile."""


def loss_is_great(vanished: int, known: int, limit_percent: int) -> bool:
    """Whether so many of the known services vanished that an editor has to confirm it."""
    return vanished * 100 > known * limit_percent
