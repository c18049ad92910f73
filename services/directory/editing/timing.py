"""What time alone changes: entries whose time of visibility begins or ends. And what a new release finds undone."""

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn

from kith.directory.v1.entry_pb2 import ENTRY_KIND_SERVICE
from services.chassis.database import Connection, Database
from services.chassis.leader import lead
from services.directory import store as rows
from services.directory.clock import Clock
from services.directory.editing import adopting, publication_store, store
from services.directory.editing.publishing import publish

_TASK: Final = "visibility-directory"
_AT_ONCE: Final = 100


class Timing:
    """Looks every few seconds at whose time has come. Run it in every replica: one of them leads."""

    def __init__(
        self, database: Database, clock: Clock, wake: Callable[[], None], pause_seconds: float
    ) -> None:
        """`wake` is called after each commit that may have written an event."""
        self._database = database
        self._clock = clock
        self._wake = wake
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of the database."""
        await lead(self._database, _TASK, self._for_ever)

    async def _for_ever(self, connection: Connection) -> NoReturn:
        await self.adopt(connection)
        while True:
            await self.turn(connection)
            await asyncio.sleep(self._pause_seconds)

    async def adopt(self, connection: Connection) -> None:
        """Publish Kith's own terms, and what was registered by a release that had no entries."""
        async with connection.transaction():
            changed = await adopting.adopt_vocabulary(connection, self._clock())
        if changed:
            await self._publish_all(connection)
        more = True
        while more:
            async with connection.transaction():
                organisations = await rows.organisations_without_entry(connection, _AT_ONCE)
                services = await rows.services_without_entry(connection, _AT_ONCE)
                await adopting.adopt_older(connection, organisations, services, self._clock())
            more = bool(organisations or services)
            if more:
                self._wake()

    async def _publish_all(self, connection: Connection) -> None:
        """Publish all services anew: something that stands in all of them has changed."""
        after, more = None, True
        while more:
            async with connection.transaction():
                some = await store.list_entries(
                    connection, None, ENTRY_KIND_SERVICE, 0, after, _AT_ONCE, submitted=False
                )
                await publish(connection, [entry.id for entry in some], self._clock())
            self._wake()
            more = len(some) == _AT_ONCE
            after = some[-1].id if some else None

    async def turn(self, connection: Connection) -> int:
        """Publish or take away what has come to its time, a bounded number in each transaction; returns how many."""
        changed, more = 0, _AT_ONCE
        while more == _AT_ONCE:
            now = self._clock()
            async with connection.transaction():
                due = await publication_store.out_of_time(connection, now, _AT_ONCE)
                await publish(connection, due, now)
            more = len(due)
            changed += more
        if changed:
            self._wake()
        return changed
