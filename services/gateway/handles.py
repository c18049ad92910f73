"""Handles: how the pages of a session name children and services without showing any id (DESIGN 5 no. 1).

AES-SIV under a key of the session: the same thing has the same handle throughout it, so that a browser knows the
links already followed, and a handle means nothing in any other session.
"""

import base64
import binascii
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from services.chassis.errors import PermissionDenied

CHILD: Final = "child"
SERVICE: Final = "service"
_CHARACTERS: Final = 43
"""32 bytes: a UUID and the synthetic IV."""


class Handles:
    """Makes and opens the handles of one session."""

    def __init__(self, key: str) -> None:
        """`key` is the session's: base64 of 64 bytes."""
        self._cipher = AESSIV(base64.b64decode(key))

    def of(self, kind: str, value: str) -> str:
        """Return the handle of an id; 43 characters that are safe in a URL."""
        sealed = self._cipher.encrypt(UUID(value).bytes, [kind.encode()])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, kind: str, handle: str) -> str:
        """Return the id. Raises PermissionDenied for whatever is not a handle of this kind and session."""
        if len(handle) != _CHARACTERS:
            raise PermissionDenied
        try:
            sealed = base64.urlsafe_b64decode(handle + "=")
            return str(UUID(bytes=self._cipher.decrypt(sealed, [kind.encode()])))
        except (InvalidTag, binascii.Error, ValueError):
            raise PermissionDenied from None
