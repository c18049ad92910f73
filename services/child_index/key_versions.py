"""Which versions of keys the records have, and by which of them anybody may be looked up (DESIGN 6; G10).

A version is *complete* when every record has its keys of it. A look-up goes by one complete version; there is always
one, but for the moment in which a release with a new key schema takes over. Where a caller's hashes are of another
version, the index makes its own. Nobody writes who could not keep a complete version complete.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Final

from services.chassis.database import Connection, Database
from services.child_index import key_version_store
from services.child_index.match_keys import MatchKeys
from services.child_index.refusals import KeysNotMade

LOOKED_SECONDS: Final = 2.0
"""How old the answer to "which are complete" may be: keys stay for longer than that after they ceased to be asked."""


class KeyVersions:
    """What this replica can make, beside what the key table has."""

    def __init__(self, keys: MatchKeys) -> None:
        self._keys = keys
        self._complete: Mapping[str, bool] = {}
        self._looked_at = -LOOKED_SECONDS

    async def to_ask(self, connection: Connection, version: str) -> str:
        """The version to look up by: the caller's, or another if that one is not complete. Raises KeysNotMade."""
        known = await self._known(connection)
        if known.get(version) or (not known and version in self._keys.match_versions):
            return version
        for own in self._keys.match_versions:
            if known.get(own, not known):
                return own
        raise KeysNotMade

    async def ready(self, database: Database) -> None:
        """Return when there is a version to look up by. Raises Unavailable. Fit for `serve(ready=...)`."""
        async with database.connection() as connection:
            await self.to_ask(connection, self._keys.match_versions[0])

    async def _known(self, connection: Connection) -> Mapping[str, bool]:
        if time.monotonic() - self._looked_at > LOOKED_SECONDS:
            self._complete = await key_version_store.known(connection)
            self._looked_at = time.monotonic()
        return self._complete


async def to_project(connection: Connection, version: str) -> list[str]:
    """The versions among whose keys are all of this one. Raises KeysNotMade unless it is complete."""
    known = await key_version_store.known(connection)
    if known and not known.get(version):
        raise KeysNotMade
    return [version, *same_secret(version, known)]


def same_secret(version: str, others: Iterable[str]) -> list[str]:
    """The versions that other key schemas have under the secret of this one.

    What two schemas have in common are the same hashes: rows that say the version which wrote them last.
    """
    _, _, secret = version.partition("-")
    return [one for one in others if one != version and one.partition("-")[2] == secret]
