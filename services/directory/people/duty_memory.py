"""Remembers who is on duty until that changes: every child page asks, and the answer holds for hours. Pure.

A rota is known by its team and version, so a new one is never taken for an old one.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Final
from uuid import UUID

from services.directory.people import stored_rota
from services.directory.people.duty import OnDuty, on_duty

_KEPT: Final = 20_000
_LONGEST_SECONDS: Final = 3600.0
"""What has no end in sight is looked at again after this."""


class DutyMemory:
    """Says who is on duty, and does not work it out anew while that holds."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[UUID, int], tuple[datetime, OnDuty | None]] = OrderedDict()

    def on_duty(self, team_id: UUID, version: int, stored: str, now: datetime) -> OnDuty | None:
        """Return who answers now by a team's rota as it is stored, None if it has none."""
        key = (team_id, version)
        known = self._known.get(key)
        if known is not None and self._holds(*known, now):
            self._known.move_to_end(key)
            return known[1]
        rota = stored_rota.rota(stored)
        found = None if rota.is_empty else on_duty(rota, now)
        self._known[key] = (now, found)
        self._known.move_to_end(key)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    @staticmethod
    def _holds(since: datetime, found: OnDuty | None, now: datetime) -> bool:
        # Nor for a clock that went back.
        if not 0 <= (now - since).total_seconds() < _LONGEST_SECONDS:
            return False
        return found is None or found.until is None or now < found.until
