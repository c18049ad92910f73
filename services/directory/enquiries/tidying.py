"""What time alone does: old enquiries and absences are deleted, capacities forgotten. One replica does it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, NoReturn

from services.chassis.database import Connection, Database
from services.chassis.leader import lead
from services.directory.enquiries import capacity, enquiry_store
from services.directory.enquiries.enquiry import DELETED_AFTER
from services.directory.people import local_time, practitioner_store

_TASK: Final = "tidying-directory"
_AT_ONCE: Final = 1000
_ABSENCES_KEPT: Final = timedelta(days=30)


class Tidying:
    """Looks now and then at what is past its time. Run it in every replica: one of them leads."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        pause_seconds: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of the database."""
        await lead(self._database, _TASK, self._for_ever)

    async def _for_ever(self, connection: Connection) -> NoReturn:
        while True:
            await self.tidy(connection)
            await asyncio.sleep(self._pause_seconds)

    async def tidy(self, connection: Connection) -> None:
        """Tidy all that is past its time, a bounded number in each transaction."""
        steps: list[Callable[[Connection, datetime], Awaitable[int]]] = [
            _enquiries,
            _absences,
            capacity.forget,
        ]
        for step in steps:
            more = 1
            while more:
                async with connection.transaction():
                    more = await step(connection, self._clock())
        self._wake()


async def _enquiries(connection: Connection, now: datetime) -> int:
    return await enquiry_store.sweep(connection, now - DELETED_AFTER, _AT_ONCE)


async def _absences(connection: Connection, now: datetime) -> int:
    before = local_time.today(now) - _ABSENCES_KEPT
    return await practitioner_store.sweep_absences(connection, before, _AT_ONCE)
