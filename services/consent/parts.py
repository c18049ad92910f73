"""What the services of consent have in common."""

from collections.abc import Callable
from dataclasses import dataclass

from services.chassis.database import Database
from services.chassis.keyring import Keyring
from services.consent.clock import Clock
from services.consent.decisions import Decisions
from services.consent.families import Families


@dataclass(frozen=True, slots=True)
class Parts:
    """What each of them is made of. `wake` is called after each commit that may have written an event."""

    database: Database
    keyring: Keyring
    wake: Callable[[], None]
    clock: Clock
    decisions: Decisions
    families: Families
