"""Web sessions: begun, found by their cookie, changed one at a time, ended."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from services.chassis.database import FAILURES, Database
from services.chassis.telemetry import describe, log
from services.gateway import session as stored_form
from services.gateway import store
from services.gateway.session import Session
from services.gateway.session_seal import SessionSeal, id_hash
from services.gateway.store import StoredSession

_COOKIE_BYTES: Final = 32
_LONGEST_COOKIE: Final = 64
_SWEEP_SECONDS: Final = 300.0


@dataclass
class Held:
    """A session nobody else can change now; what `session` is set to is stored."""

    session: Session


class Sessions:
    """The sessions in the gateway's database."""

    def __init__(self, database: Database, seal: SessionSeal) -> None:
        self._database = database
        self._seal = seal

    async def begin(self, session: Session) -> str:
        """Store a new session and return its cookie."""
        cookie = secrets.token_urlsafe(_COOKIE_BYTES)
        async with self._database.connection() as connection:
            await store.insert(connection, id_hash(cookie), self._sealed(cookie, session))
        return cookie

    async def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None if there is none or it is over."""
        if not 0 < len(cookie) <= _LONGEST_COOKIE:
            return None
        async with self._database.connection() as connection:
            return self._opened(cookie, await store.use(connection, id_hash(cookie)))

    @asynccontextmanager
    async def held(self, cookie: str) -> AsyncIterator[Held | None]:
        """Hold a session to change it; None if it has ended. Others wait, so no change is lost."""
        async with self._database.transaction() as connection:
            before = self._opened(cookie, await store.lock(connection, id_hash(cookie)))
            if before is None:
                yield None
                return
            held = Held(before)
            yield held
            if held.session is not before:
                await store.replace(connection, id_hash(cookie), self._sealed(cookie, held.session))

    async def end(self, cookie: str) -> None:
        """Forget a session."""
        async with self._database.connection() as connection:
            await store.delete(connection, id_hash(cookie))

    async def sweep(self) -> None:
        """Forget sessions that are over, every five minutes; never returns."""
        while True:
            try:
                async with self._database.connection() as connection:
                    await store.sweep(connection)
            except FAILURES as error:
                log.warning("sessions that are over could not be swept", **describe(error))
            await asyncio.sleep(_SWEEP_SECONDS)

    def _sealed(self, cookie: str, session: Session) -> StoredSession:
        return StoredSession(*self._seal.seal(cookie, stored_form.to_bytes(session)))

    def _opened(self, cookie: str, found: StoredSession | None) -> Session | None:
        plain = None if found is None else self._seal.open(cookie, *found)
        if plain is None:
            return None
        try:
            return stored_form.from_bytes(plain)
        except ValidationError:
            # Of a release that wrote it otherwise: its owner signs in again.
            return None
