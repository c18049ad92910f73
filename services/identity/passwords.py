"""Passwords, hashed with Argon2id (RFC 9106)."""

import asyncio
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.chassis.errors import Unavailable

_AT_ONCE: Final = 2
_LONGEST_WAIT_SECONDS: Final = 3.0


class Passwords:
    """Hashes and checks passwords in threads, few at a time.

    19 MiB and two passes are OWASP's choice for little memory: at half past eight everyone logs in at once.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        # Checked in the place of the hash that an unknown person does not have, so both cost the same time.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return what is stored of a password. Raises Unavailable when too many wait."""
        async with _Place(self._places):
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether the password is right; with None it never is, after the same time.

        Raises Unavailable when too many wait.
        """
        async with _Place(self._places):
            right = await asyncio.to_thread(self._matches, stored or self._nobody, _normal(password))
        return right and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


class _Place:
    """One of the few places; Unavailable after a wait that nobody would sit through."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places

    async def __aenter__(self) -> None:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("BUSY") from None

    async def __aexit__(self, *_: object) -> None:
        self._places.release()


def _normal(password: str) -> str:
    """The same word typed on another keyboard is the same password (NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
