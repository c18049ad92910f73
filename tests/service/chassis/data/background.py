"""Something that runs while a test looks on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def background(*runs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run them until the block is left; what they raise before is raised here."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
