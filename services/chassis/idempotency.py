"""Requests answered once: the same request id gives the same answer for 30 days (DESIGN section 7, F1-F3).

Services use it through `writes.py`:

    async with database.transaction() as connection:
        async with idempotency.once(connection, keyring, caller_key, request.request_id, request) as attempt:
            if attempt.response is not None:
                return Response.FromString(attempt.response)
            ...
            await attempt.save(response.SerializeToString())

The record is part of the transaction of the effect: both are there or neither. The answer is stored sealed,
since it may hold what no disk may give away (DESIGN 5 no. 4); of the request there is only a keyed hash.
"""

import contextlib
import hashlib
import os
from collections.abc import AsyncIterator
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import Message

from services.chassis.database import Connection
from services.chassis.errors import ACCESS_DOMAIN, FailedPrecondition, InvalidArgument
from services.chassis.keyed_hash import keyed_hash
from services.chassis.keyring import Keyring

_USE = "request"
_NONCE_BYTES = 12


class Attempt:
    """One attempt at a request. `response` is the answer given before, None when this attempt is the first."""

    def __init__(self, connection: Connection, place: "_Place", response: bytes | None) -> None:
        self._connection = connection
        self._place = place
        self.response = response
        self.saved = response is not None

    async def save(self, response: bytes) -> None:
        """Record the answer of a first attempt, serialized. Once, before the transaction ends."""
        if self.saved:
            raise RuntimeError("the answer is recorded already")
        place = self._place
        await self._connection.execute(_SAVE, place.caller_key, place.request_id, place.seal(response))
        self.saved = True


@contextlib.asynccontextmanager
async def once(
    connection: Connection, keyring: Keyring, caller_key: str, request_id: str, request: Message
) -> AsyncIterator[Attempt]:
    """Claim the request id for `caller_key` (who asks, and which method) in the caller's transaction.

    A twin that runs at the same time waits for the first one's commit and then gets its answer. Leaving the
    block without an answer saved is a defect and raises RuntimeError. Raises FailedPrecondition
    `REQUEST_ID_REUSED` when the id came with another request before, InvalidArgument when it is no UUID.
    """
    place = _Place(caller_key, _uuid(request_id))
    version, key = keyring.active(_USE)
    place.key = key
    payload = request.SerializeToString(deterministic=True)
    claimed = await connection.fetchval(_CLAIM, caller_key, place.request_id, version, place.hash(payload))
    response = None
    if not claimed:
        # A statement of its own: only now is what the first attempt committed to be seen.
        response = await answered(connection, keyring, caller_key, request_id, request)
        if response is None:
            raise RuntimeError("a request was recorded and is not there")
    attempt = Attempt(connection, place, response)
    yield attempt
    if not attempt.saved:
        raise RuntimeError("a first attempt ended without its answer")


async def answered(
    connection: Connection, keyring: Keyring, caller_key: str, request_id: str, request: Message
) -> bytes | None:
    """Return the answer given before, None if there is none that was committed. Raises as `once`."""
    place = _Place(caller_key, _uuid(request_id))
    row = await connection.fetchrow(_FIND, caller_key, place.request_id)
    if row is None:
        return None
    if row["response"] is None:
        raise RuntimeError("a request was recorded without its answer")
    place.key = keyring.key(_USE, row["key_version"])
    if row["request_hash"] != place.hash(request.SerializeToString(deterministic=True)):
        raise FailedPrecondition(
            "REQUEST_ID_REUSED", "the request id was used for another request", domain=ACCESS_DOMAIN
        )
    return place.open(row["response"])


class _Place:
    """Where an answer belongs, and the key it is sealed under."""

    def __init__(self, caller_key: str, request_id: UUID) -> None:
        self.caller_key = caller_key
        self.request_id = request_id
        self.key = b""

    def hash(self, payload: bytes) -> bytes:
        """Return the keyed hash of a request: alike only for the same caller and the same bytes."""
        return keyed_hash(self.key, self.caller_key, payload.hex())

    def seal(self, response: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, response, self._belonging())

    def open(self, sealed: bytes) -> bytes:
        return self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._belonging())

    def _cipher(self) -> AESGCM:
        # A key of its own, apart from the one that hashes.
        return AESGCM(hashlib.blake2b(b"answers", key=self.key, digest_size=32).digest())

    def _belonging(self) -> bytes:
        return self.request_id.bytes + self.caller_key.encode()


def _uuid(request_id: str) -> UUID:
    try:
        return UUID(request_id)
    except ValueError:
        raise InvalidArgument([("request_id", "must be a UUID")]) from None


# Waits for a transaction that holds the same id: if that commits, nothing is inserted; if it fails, this is
# the first.
_CLAIM = """
INSERT INTO chassis.idempotency (caller_key, request_id, key_version, request_hash)
VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
RETURNING true
"""

_FIND = """
SELECT key_version, request_hash, response
  FROM chassis.idempotency
 WHERE caller_key = $1 AND request_id = $2
"""

_SAVE = "UPDATE chassis.idempotency SET response = $3 WHERE caller_key = $1 AND request_id = $2"
