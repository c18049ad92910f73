"""Answers given at even times, so that how long the work took tells nothing of it (S4, DESIGN 5 no. 8)."""

import asyncio
import time
from typing import Final

STEP_SECONDS: Final = 0.025
"""Most registrations take less than this; a look-alike of a shielded child takes some milliseconds more than others."""


async def even_time(began: float) -> None:
    """Wait until a whole number of steps after `began`, by `time.monotonic`. Nothing is held meanwhile."""
    await asyncio.sleep(-(time.monotonic() - began) % STEP_SECONDS)
