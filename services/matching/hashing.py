"""Keys are stored and sent only as keyed hashes (DESIGN 5 no. 5)."""

from hashlib import blake2b

_BYTES = 8


def hash_key(secret: bytes, key: str) -> int:
    """A signed 64-bit keyed hash, as a PostgreSQL bigint. `secret` is at most 64 bytes, else ValueError."""
    digest = blake2b(key.encode(), key=secret, digest_size=_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)
