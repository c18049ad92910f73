"""The hash chain over the access records (S15, F38). Pure.

The hash of a record is SHA-256 over the hash before it (nothing before the first), its sequence number as 8 bytes, most
significant first, and the record as stored. So whoever holds one pair of sequence number and hash, kept elsewhere, can
tell whether anything up to there was changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from kith.audit.v1.access_record_pb2 import AccessRecord

HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record's number, from 1, and its hash."""

    sequence: int
    hash: bytes


EMPTY: Final = Head(0, b"")
"""The head of a chain without records."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record in its place. `record` is a serialized `AccessRecord` whose id is `record_id`."""

    sequence: int
    record_id: UUID
    record: bytes
    hash: bytes


def extend(head: Head, records: Iterable[tuple[UUID, bytes]]) -> list[Link]:
    """Return the records, as (id, serialized), as the links that follow `head`."""
    links = []
    for record_id, record in records:
        head = Head(head.sequence + 1, _hash(head.hash, head.sequence + 1, record))
        links.append(Link(head.sequence, record_id, record, head.hash))
    return links


class Verification:
    """Goes along a chain from its first record and stops where it does not fit.

    Finds what was edited, deleted, inserted or put in another order. A tail that was cut off, or a chain that was
    written anew from some record on, fits in itself: those are found by the `known` head, kept elsewhere.
    """

    def __init__(self, known: Head = EMPTY) -> None:
        self._known = known
        self._head = EMPTY

    @property
    def count(self) -> int:
        """How many records fitted so far."""
        return self._head.sequence

    @property
    def next_sequence(self) -> int:
        """The number that must come next: if the chain is broken, of the first record that does not fit."""
        return self._head.sequence + 1

    @property
    def reached_known(self) -> bool:
        """Whether the known head was passed; asked at the end of the chain."""
        return self._head.sequence >= self._known.sequence

    def fits(self, link: Link) -> bool:
        """Whether this is what must come next; if so, go on to it."""
        if link.sequence != self.next_sequence:
            return False
        if link.hash != _hash(self._head.hash, link.sequence, link.record):
            return False
        # Past the hash, the record is what was once stored, so it parses. Its column is what finds it twice.
        if UUID(AccessRecord.FromString(link.record).id) != link.record_id:
            return False
        head = Head(link.sequence, link.hash)
        if link.sequence == self._known.sequence and head != self._known:
            return False
        self._head = head
        return True


def _hash(previous: bytes, sequence: int, record: bytes) -> bytes:
    return sha256(previous + sequence.to_bytes(8) + record).digest()
