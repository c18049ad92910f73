"""Answers given at even times, so that how long the work took tells nothing of it (S4, DESIGN 5 no. 8)."""

import asyncio
import time
from typing import Final

STEP_SECONDS: Final = 0.01
"""Above what a look-alike of a shielded child takes longer than another record by far: some tenths of a millisecond."""


async def even_time(began: float) -> None:
    """Wait until a whole number of steps after `began`, by `time.monotonic`. Nothing is held meanwhile."""
    await asyncio.sleep(-(time.monotonic() - began) % STEP_SECONDS)
