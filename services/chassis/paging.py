"""Page tokens: opaque, sealed, and good only for the caller and the question they were made for (AIP-158)."""

import base64
import binascii
import os
from hashlib import blake2b
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import Message

from services.chassis.caller import Caller
from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring

_USE: Final = "page_token"
_NONCE: Final = 12


def binding(request: Message, caller: Caller) -> bytes:
    """Return what a token is bound to: who asks, and all of the request but `page_token`, `page_size`."""
    question = type(request)()
    question.CopyFrom(request)
    for field in ("page_token", "page_size"):
        if field in question.DESCRIPTOR.fields_by_name:
            question.ClearField(field)
    digest = blake2b(digest_size=32)
    for part in (
        question.DESCRIPTOR.full_name.encode(),
        question.SerializeToString(deterministic=True),
        caller.organisation_id.encode(),
        caller.client_id.encode(),
        caller.subject.encode(),
    ):
        digest.update(len(part).to_bytes(4))
        digest.update(part)
    return digest.digest()


def page_size(requested: int, *, default: int = 50, cap: int = 100) -> int:
    """Return the page size to use: the default for 0, and never more than the cap."""
    return min(requested or default, cap)


class PageTokens:
    """Seals and opens page tokens with the keyring's `page_token` keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, binding: bytes, payload: bytes) -> str:
        """Return a token that gives `payload` back to a caller with the same `binding`."""
        version, key = self._keyring.active(_USE)
        name, nonce = version.encode(), os.urandom(_NONCE)
        sealed = AESGCM(key).encrypt(nonce, payload, binding)
        return base64.urlsafe_b64encode(bytes((len(name),)) + name + nonce + sealed).rstrip(b"=").decode()

    def open(self, token: str, binding: bytes) -> bytes:
        """Return the payload. Raises InvalidArgument for `page_token` whatever is wrong with it."""
        try:
            stored = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            nonce_at = 1 + stored[0]
            key = self._keyring.key(_USE, stored[1:nonce_at].decode())
            nonce, sealed = stored[nonce_at : nonce_at + _NONCE], stored[nonce_at + _NONCE :]
            return AESGCM(key).decrypt(nonce, sealed, binding)
        except (InvalidTag, binascii.Error, ValueError, IndexError, KeyError):
            raise InvalidArgument([("page_token", "is not a token of this list; begin again")]) from None
