"""What the services of this package stand on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.chassis.database import Database
from services.chassis.paging import PageTokens
from services.chassis.writes import Writes


@dataclass(frozen=True)
class Parts:
    """Put together once; `clock` returns the time in UTC."""

    database: Database
    writes: Writes
    page_tokens: PageTokens
    clock: Callable[[], datetime]
