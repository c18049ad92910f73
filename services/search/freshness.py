"""How long after its event a change is found by a search, measured on one change at a time."""

import asyncio
import time
from typing import Final

from kith.childindex.v1.child_events_pb2 import ChildEvent
from services.search import metrics
from services.search.store import ChildrenIndex, IndexUnavailable

_ASK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 60.0
"""A change not found by then counts as found then, so that the metric shows it."""


class Freshness:
    """Follows one change after the other from the write until a search finds it."""

    def __init__(self, index: ChildrenIndex) -> None:
        self._index = index
        self._sample: ChildEvent | None = None
        self._taken = asyncio.Event()

    def written(self, event: ChildEvent) -> None:
        """Take a change that has just been written as the next one to follow, unless one is being followed."""
        if not self._taken.is_set():
            self._sample = event
            self._taken.set()

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            await self._taken.wait()
            if self._sample is not None:
                await self._follow(self._sample)
            self._taken.clear()

    async def _follow(self, event: ChildEvent) -> None:
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE_SECONDS:
            try:
                if await self._index.searchable_version(event.child_id) >= event.version:
                    break
            except IndexUnavailable:
                # While it does not answer, nothing is found.
                pass
            await asyncio.sleep(_ASK_SECONDS)
        lag = time.time() - event.event_time.ToMicroseconds() / 1_000_000
        metrics.PROJECTION_LAG_SECONDS.observe(max(lag, 0.0))
