"""Keeps the index in step with the table `publication`: all of it at the start, then what changes."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from typing import Final, NoReturn

from services.chassis import metrics
from services.chassis.database import FAILURES, Database
from services.chassis.telemetry import describe, log
from services.directory.clock import Clock
from services.directory.finding import listing, store
from services.directory.finding.index import Index
from services.directory.finding.store import Changed

_BATCH: Final = 500
_POLL_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 1.0


class Follower:
    """Follows the table. Run one in every replica: each has an index of its own and all read the same rows."""

    def __init__(self, database: Database, index: Index, clock: Clock) -> None:
        self._database = database
        self._index = index
        self._clock = clock
        self._after = (0, 0)
        self._filled = False

    @property
    def filled(self) -> bool:
        """Whether the index has had all that there was: before that an answer would be a part of one."""
        return self._filled

    async def run(self) -> NoReturn:
        """Run until cancelled. Outlives the loss of the database; the index then stays as it was."""
        while True:
            try:
                read = await self._follow()
            except FAILURES as error:
                log.warning("changes of publications could not be read", **describe(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if read < _BATCH:
                await asyncio.sleep(_POLL_SECONDS)

    async def _follow(self) -> int:
        """Read and index one batch of changes; return its size."""
        async with self._database.connection() as connection:
            changed = await store.changes(connection, self._after, _BATCH)
        # While it is being filled nobody asks it: one commit at the end is enough.
        commit = bool(changed) if self._filled else len(changed) < _BATCH
        if changed or commit:
            await asyncio.to_thread(self._apply, changed, commit=commit)
        if changed:
            self._after = changed[-1].position
        if commit and not self._filled:
            self._filled = True
            log.info("the index of publications is filled", count=self._index.size)
        if commit:
            metrics.INDEXED_PUBLICATIONS.set(self._index.size)
        return len(changed)

    def _apply(self, changed: Sequence[Changed], *, commit: bool) -> None:
        today = self._clock().date()
        for one in changed:
            self._put(one, today)
        if commit:
            self._index.commit()

    def _put(self, one: Changed, today: date) -> None:
        if one.full_json is None:
            self._index.remove(one.kind, one.id)
            return
        owner = str(one.organization_id or "")
        try:
            read = listing.read(json.loads(one.full_json), owner, today)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # A row that is no HSDS object must not keep all others from being found.
            log.error("a publication could not be indexed", **describe(error))
            self._index.remove(one.kind, one.id)
            return
        self._index.put(one.kind, one.id, round(one.modified_time.timestamp() * 1_000_000), read)
