"""The ids under which organisations know children (DESIGN 5 no. 1).

The internal id leaves no service. Each organisation sees its own stable id, the internal one as a single
AES-256 block under a key derived for that organisation: two organisations cannot join their data on it, and
no table is needed.

The key `child_id` is the one secret that does not rotate: another key would be other ids. Its active version
is used.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from services.chassis.keyring import Keyring


class ChildIds:
    """Translates between internal ids and an organisation's own, 1 µs each once its key is known."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._ciphers = lru_cache(maxsize=4096)(self._make_ciphers)

    def outward(self, internal: UUID, organisation_id: str) -> UUID:
        """Return the organisation's id of the child. Raises ValueError without an organisation."""
        return UUID(bytes=self._ciphers(organisation_id)[0].update(internal.bytes))

    def inward(self, outward: UUID, organisation_id: str) -> UUID:
        """Return the internal id.

        Any UUID gives one: an id that was made up, or is another organisation's, leads to a child that does
        not exist.
        """
        return UUID(bytes=self._ciphers(organisation_id)[1].update(outward.bytes))

    def _make_ciphers(self, organisation_id: str) -> tuple[Any, Any]:
        if not organisation_id:
            raise ValueError("an id is always for an organisation")
        key = self._keyring.derive("child_id", b"kith child id " + organisation_id.encode())
        # One block of random bytes per id: nothing for a mode to chain, and ECB keeps no state between calls.
        cipher = Cipher(AES(key), ECB())  # noqa: S305 - a single block, see above
        return cipher.encryptor(), cipher.decryptor()
