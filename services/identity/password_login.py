"""Username and password, with a limit on failed tries (ASVS 6.3.1)."""

from typing import Final
from uuid import UUID

from services.chassis.database import Database
from services.chassis.keyed_hash import keyed_hash
from services.chassis.keyring import Keyring
from services.identity import store, username
from services.identity.passwords import Passwords
from services.identity.standing import Person

TRIES_PER_USERNAME: Final = 10
TRIES_PER_SOURCE: Final = 100
"""Within 15 minutes. Behind one address a whole office logs in, so a source may fail oftener than a name."""


class PasswordLogin:
    """Checks who logs in."""

    def __init__(self, database: Database, passwords: Passwords, keyring: Keyring) -> None:
        self._database = database
        self._passwords = passwords
        self._key = keyring.derive("session", b"identity login attempts")

    async def check(self, typed_username: str, password: str, source: str) -> Person | None:
        """Return the person, or None: wrong password, nobody of that name, or too many tries.

        The three are alike to the caller, also in time. Whether the person may have access now is not asked here.
        """
        key = username.key(typed_username)
        username_hash, source_hash = (
            keyed_hash(self._key, "username", key),
            keyed_hash(self._key, "source", source),
        )
        async with self._database.connection() as connection:
            by_username, by_source = await store.count_attempt(connection, username_hash, source_hash)
            # A NUL would be an error of the database and so an answer of another kind.
            found = await store.find_password(connection, key) if key.isprintable() else None
        allowed = by_username <= TRIES_PER_USERNAME and by_source <= TRIES_PER_SOURCE
        person_id, stored = found or (UUID(int=0), None)
        if not await self._passwords.verify(stored if allowed else None, password):
            return None
        async with self._database.connection() as connection:
            await store.forget_attempts(connection, username_hash)
            return await store.find_person(connection, person_id)
