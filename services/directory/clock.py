"""The one clock of the directory: who is on duty, away or waiting hangs on nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.chassis.config import BadSettings

Clock = Callable[[], datetime]
"""Returns the time in UTC."""


def system_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def shifted_clock(file: Path) -> Clock:
    """Return a clock that is ahead of the machine's by the days that the file says at the moment of the question.

    For a developer's machine and for tests alone. Raises BadSettings now or later if the file says no number.
    """

    def now() -> datetime:
        try:
            return system_clock() + timedelta(days=int(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, OverflowError):
            raise BadSettings(f"{file}: is not a number of days") from None

    now()
    return now
