"""kill -9, and the restart after it whatever happens in between: other tests use the same fleet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.local.process import RunningProcess


@asynccontextmanager
async def killed(*processes: RunningProcess) -> AsyncIterator[None]:
    """Kill them at once; start them again, and wait until they serve, when the block ends."""
    await asyncio.gather(*(process.kill() for process in processes))
    try:
        yield
    finally:
        for process in processes:
            process.start()
        await asyncio.gather(*(process.ready() for process in processes))
