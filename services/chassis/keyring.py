"""The secrets of a deployment by use and version, from one file (KITH_KEYRING_FILE).

    {"facts": {"active": "2", "keys": {"1": "<base64url of 32 bytes>", "2": "..."}}, "match": {...}, ...}

New things are made with the active version; what an older version made stays readable while its key is
listed, so secrets rotate without a stop.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.chassis.config import BadSettings, read_secret

KEY_BYTES: Final = 32


class BadKeyring(BadSettings):
    """The keyring file is not what it should be; says which use, never a key."""


class Keyring:
    """Keys of 32 bytes, by use (`facts`, `match`, `child_id`, `page_token`, ...) and version."""

    def __init__(self, active: Mapping[str, str], keys: Mapping[str, Mapping[str, bytes]]) -> None:
        """`active` gives the version to use now for each use; it must be among that use's keys."""
        self._active = dict(active)
        self._keys = {use: dict(versions) for use, versions in keys.items()}
        for use, version in self._active.items():
            if version not in self._keys.get(use, {}) or not 0 < len(version) <= KEY_BYTES:
                raise BadKeyring(f"{use}: the active version has no key")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Raises BadSettings if it cannot be read, BadKeyring naming the use at fault."""
        text = read_secret(path)
        try:
            stored = json.loads(text)
            active = {str(use): str(entry["active"]) for use, entry in stored.items()}
            listed = {str(use): entry["keys"].items() for use, entry in stored.items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            # The parser's text quotes what it read, so it goes no further.
            raise BadKeyring("the keyring is not JSON of the form it should have") from None
        keys = {use: {str(v): _key(use, key) for v, key in versions} for use, versions in listed.items()}
        return cls(active, keys)

    def active(self, use: str) -> tuple[str, bytes]:
        """Return version and key to make new things with. Raises KeyError for an unknown use."""
        version = self._active[use]
        return version, self._keys[use][version]

    def versions(self, use: str) -> list[str]:
        """Return the versions that are listed, the active one first. Raises KeyError for an unknown use."""
        return sorted(self._keys[use], key=lambda version: (version != self._active[use], version))

    def key(self, use: str, version: str) -> bytes:
        """Return the key of a version. Raises KeyError for a use or version that is not there."""
        return self._keys[use][version]

    def derive(self, use: str, info: bytes) -> bytes:
        """Return 32 bytes derived from the active key by HKDF-SHA256; `info` tells purposes apart."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self.active(use)[1])


def _key(use: str, text: object) -> bytes:
    try:
        key = base64.urlsafe_b64decode(str(text) + "=" * (-len(str(text)) % 4))
    except (binascii.Error, ValueError):
        raise BadKeyring(f"{use}: a key is not base64url") from None
    if len(key) != KEY_BYTES:
        raise BadKeyring(f"{use}: a key is not {KEY_BYTES} bytes")
    return key
