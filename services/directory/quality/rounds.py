"""The round of the directory: looks at every entry, takes the steps of reviews, compares, keeps the month's figures."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NoReturn

from services.chassis.database import FAILURES, Connection, Database
from services.chassis.leader import lead
from services.chassis.telemetry import describe, log
from services.directory.clock import Clock
from services.directory.quality import comparing, examining, reviewing, store
from services.directory.quality.policy import Policy

_TASK: Final = "quality-directory"


class Rounds:
    """Makes a round every few minutes. Run it in every replica: one of them leads.

    What an entry says is looked at when it changes and once a day. A round that finds nothing new takes some
    milliseconds.
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        clock: Clock,
        wake: Callable[[], None],
        pause_seconds: float,
    ) -> None:
        """`wake` is called after each round that may have written an event."""
        self._database = database
        self._policy = policy
        self._clock = clock
        self._wake = wake
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of the database."""
        await lead(self._database, _TASK, self._for_ever)

    async def _for_ever(self, connection: Connection) -> NoReturn:
        while True:
            try:
                await self.make(connection)
            except FAILURES:
                raise
            except Exception as error:  # noqa: BLE001 - an oddity of the directory must not end the service
                log.error("a round was cut short", **describe(error))
            await asyncio.sleep(self._pause_seconds)

    async def make(self, connection: Connection) -> None:
        """Make one round. Cut off anywhere, the next one does what is left."""
        began, now = time.monotonic(), self._clock()
        await store.forget_gone(connection)
        examined = await examining.examine(connection, self._policy, now)
        if examined:
            await store.find_copies(connection, now)
        changed = await reviewing.make_round(connection, self._policy, now)
        if changed:
            self._wake()
        compared = await comparing.compare(connection, now)
        if not await store.month_kept(connection, now.date()):
            await store.keep_month(connection, await store.figures(connection, None, now.date()))
        if examined or changed or compared:
            log.info(
                "looked at the quality of entries",
                examined=examined,
                changed=changed,
                compared=compared,
                seconds=round(time.monotonic() - began, 1),
            )
