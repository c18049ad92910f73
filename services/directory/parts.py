"""What the services of the directory stand on."""

from dataclasses import dataclass

from services.chassis.database import Database
from services.chassis.paging import PageTokens
from services.chassis.writes import Writes
from services.directory.clock import Clock


@dataclass(frozen=True)
class Parts:
    """Put together once."""

    database: Database
    writes: Writes
    page_tokens: PageTokens
    clock: Clock
