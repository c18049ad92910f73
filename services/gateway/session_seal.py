"""Seals sessions: AES-256-GCM under a key made of the keyring's use `session` and the cookie itself.

Without the cookie, which only the browser has, nothing in the database can be opened.
"""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.chassis.keyring import Keyring

USE: Final = "session"
_INFO: Final = b"kith web session"
_NONCE_BYTES: Final = 12


class SessionSeal:
    """Seals and opens what is stored of sessions."""

    def __init__(self, keyring: Keyring) -> None:
        """The keyring needs the use `session`; raises KeyError without."""
        keyring.active(USE)
        self._keyring = keyring

    def seal(self, cookie: str, plain: bytes) -> tuple[str, bytes]:
        """Return the key version and the sealed bytes."""
        version, key = self._keyring.active(USE)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return version, nonce + AESGCM(_key(key, cookie)).encrypt(nonce, plain, id_hash(cookie))

    def open(self, cookie: str, version: str, sealed: bytes) -> bytes | None:
        """Return what was sealed, or None if its key is gone or it was tampered with."""
        try:
            key = _key(self._keyring.key(USE, version), cookie)
            return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], id_hash(cookie))
        except (KeyError, InvalidTag):
            return None


def id_hash(cookie: str) -> bytes:
    """Return what a session is found by: the cookie is 256 random bits, so a plain hash does not give it away."""
    return hashlib.sha256(cookie.encode()).digest()


def _key(key: bytes, cookie: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=id_hash(cookie), info=_INFO).derive(key + cookie.encode())
