"""What time alone changes: expiry, birthdays, the end of orders. One replica does it; no decision waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NoReturn

from kith.consent.v1.consent_pb2 import Consent as ConsentMessage
from kith.consent.v1.sharing_pb2 import Share
from services.chassis import access
from services.chassis.database import Connection
from services.chassis.leader import lead
from services.consent import recording, sharing_store, store
from services.consent.access_trail import SERVICE
from services.consent.consent import Consent
from services.consent.freezing import frozen_or_bound
from services.consent.parts import Parts
from services.consent.recording import THE_CLOCK

_TASK: Final = "clock-consent"
_AT_ONCE: Final = 100


class Turning:
    """Looks every few seconds at what has come to its day. Run it in every replica: one of them leads.

    Decisions reckon with days themselves; this makes the state say so, tells recipients and ends what was shared.
    """

    def __init__(self, parts: Parts, pause_seconds: float) -> None:
        self._database = parts.database
        self._parts = parts
        self._pause_seconds = pause_seconds
        # Families are opened here with nobody asking: whether a consent still stands on a birthday is in them alone.
        self._decision = access.own_work(SERVICE, _TASK)

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of the database."""
        await lead(self._database, _TASK, self._for_ever)

    async def _for_ever(self, connection: Connection) -> NoReturn:
        while True:
            await self.turn(connection)
            await asyncio.sleep(self._pause_seconds)

    async def turn(self, connection: Connection) -> int:
        """Change what has come to its day, a bounded number in each transaction; returns how many."""
        now = self._parts.clock()
        changed = 0
        steps: list[Callable[[Connection, datetime], Awaitable[int]]] = [
            self._expire,
            self._freeze,
            self._end,
        ]
        for step in steps:
            more = _AT_ONCE
            while more == _AT_ONCE:
                async with connection.transaction():
                    more = await step(connection, now)
                changed += more
        if changed:
            self._parts.wake()
        return changed

    async def _expire(self, connection: Connection, now: datetime) -> int:
        found = await store.lock_expired(connection, now.date(), _AT_ONCE)
        for consent in found:
            await recording.change(connection, consent, consent.expired(now), THE_CLOCK)
        return len(found)

    async def _freeze(self, connection: Connection, now: datetime) -> int:
        found = await store.lock_frozen(connection, now.date(), _AT_ONCE)
        for consent in found:
            await recording.change(
                connection, consent, await self._frozen(connection, consent, now), THE_CLOCK
            )
        return len(found)

    async def _frozen(self, connection: Connection, consent: Consent, now: datetime) -> Consent:
        family = await self._parts.families.facts(
            connection, consent.child_id, consent.recording_organisation_id, self._decision
        )
        if family is not None:
            after = frozen_or_bound(consent, family, family, self._parts.decisions.policy, now)
            if after is not consent:
                return after
        # The day that was reckoned has come, and decisions hold to it.
        return consent.frozen(ConsentMessage.FREEZE_ORDER, now)

    async def _end(self, connection: Connection, now: datetime) -> int:
        found = await sharing_store.lock_over(connection, now.date(), _AT_ONCE)
        for decision in found:
            await recording.end_shares(connection, decision, Share.END_REASON_GROUND_ENDED, now, THE_CLOCK)
        return len(found)
