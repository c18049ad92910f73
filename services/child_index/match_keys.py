"""Match keys and identifiers as they are stored: keyed hashes only (DESIGN 5 no. 5)."""

from collections.abc import Iterable
from hashlib import blake2b

from kith.childindex.v1 import child_pb2
from services.chassis.keyed_hash import keyed_hash
from services.chassis.keyring import Keyring
from services.matching import Features, document_keys, hash_key, strong_keys


class MatchKeys:
    """Hashes keys under the secret `match` and identifiers under the secret `identifier`."""

    def __init__(self, keyring: Keyring) -> None:
        _, self._match = keyring.active("match")
        _, self._identifier = keyring.active("identifier")

    def stored(self, features: Features) -> list[int]:
        """The hashes of all keys of a description, to be stored with it and looked up."""
        return sorted({hash_key(self._match, key) for key in document_keys(features)})

    def local_key(self, organisation_id: str, system: str, local_id: str) -> bytes:
        """The hash of a child's key in an agency's own system."""
        return keyed_hash(self._identifier, "local", organisation_id, system, local_id)

    def identifiers(self, facts: child_pb2.Facts) -> list[bytes]:
        """The hashes of the NHS number and the UPN, where there are any."""
        numbers = (("nhs_number", facts.nhs_number), ("upn", facts.upn))
        return [keyed_hash(self._identifier, kind, number) for kind, number in numbers if number]

    def locks(self, features: Features, local_key_hash: bytes, identifiers: Iterable[bytes]) -> list[int]:
        """What a registration locks, so that one child registered by many at once stays one (DESIGN 5 no. 11)."""
        keys = {hash_key(self._match, key) for key in strong_keys(features)}
        keys.update(_lock_key(hash_) for hash_ in (local_key_hash, *identifiers))
        return sorted(keys)


def _lock_key(hash_: bytes) -> int:
    return int.from_bytes(blake2b(hash_, digest_size=8, person=b"kith lock").digest(), signed=True)
