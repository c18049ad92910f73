"""What a publisher sent, kept sealed: a feed may hold the address of a refuge (DESIGN 5 no. 4). Pure.

Under a key of its own derived from those of answers (`request`), which live as long: 30 days.
"""

import hashlib
import os
import zlib
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.chassis.keyring import Keyring

_USE: Final = "request"
_NONCE_BYTES: Final = 12


def seal(keyring: Keyring, run_id: UUID, number: int, text: bytes) -> tuple[str, bytes]:
    """Return (version of the key, ciphertext), bound to its place. Takes some milliseconds per MB."""
    version, key = keyring.active(_USE)
    nonce = os.urandom(_NONCE_BYTES)
    return version, nonce + _cipher(key).encrypt(nonce, zlib.compress(text, 1), _place(run_id, number))


def unseal(keyring: Keyring, run_id: UUID, number: int, sealed: tuple[str, bytes]) -> bytes:
    """Return the text. Raises InvalidTag if it was altered or moved, KeyError if its key is gone."""
    version, content = sealed
    cipher = _cipher(keyring.key(_USE, version))
    return zlib.decompress(
        cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], _place(run_id, number))
    )


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hashlib.blake2b(b"import raw", key=key, digest_size=32).digest())


def _place(run_id: UUID, number: int) -> bytes:
    return run_id.bytes + number.to_bytes(4)
