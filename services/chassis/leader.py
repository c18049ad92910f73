"""One leader among the replicas of a service, by a session lock of its database.

The leader does its work on the connection that holds the lock: with the connection it loses both, so no
leader marks anything after another one has begun. What it was sending elsewhere at that moment may be sent
twice, never lost.
"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from typing import NoReturn

from services.chassis.database import FAILURES, Connection, Database
from services.chassis.telemetry import describe, log

_ASK_SECONDS = 0.5
_RETRY_SECONDS = 1.0
# A leader that is frozen or unreachable loses its session, and so the lock, after this. It must speak more
# often.
_SILENCE = "30s"


async def lead(database: Database, task: str, work: Callable[[Connection], Awaitable[NoReturn]]) -> NoReturn:
    """Do `work` whenever this process is the leader for `task`; wait while another one is.

    A database that cannot be reached, or an error it reports, ends the leadership and is tried again;
    anything else that `work` raises goes up.
    """
    while True:
        try:
            async with database.session() as connection:
                await _win(connection, task)
                log.info("became leader", task=task)
                await work(connection)
        except FAILURES as error:
            log.warning("not leader, will try again", task=task, **describe(error))
        # Randomly later, so that twins do not ask in step.
        await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - no secret


async def _win(connection: Connection, task: str) -> None:
    digest = hashlib.blake2b(f"leader {task}".encode(), digest_size=8).digest()
    lock = int.from_bytes(digest, signed=True)
    await connection.execute("SELECT set_config('idle_session_timeout', $1, false)", _SILENCE)
    asking = "SELECT pg_try_advisory_lock($1)"
    while not await connection.fetchval(asking, lock):  # noqa: ASYNC110 - only the server knows
        await asyncio.sleep(_ASK_SECONDS)
