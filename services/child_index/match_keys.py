"""Match keys and identifiers as they are stored: keyed hashes only (DESIGN 5 no. 5).

Each is of a *version*: `k<key schema>-s<version of the secret match>`, or `i<version of the secret identifier>`. While
the keyring lists two secrets, records have both; `key_versions.py` says which may be asked.
"""

from collections.abc import Iterable
from hashlib import blake2b

from kith.childindex.v1 import child_pb2
from services.chassis.keyed_hash import keyed_hash
from services.chassis.keyring import Keyring
from services.matching import KEY_SCHEMA, Features, document_keys, hash_key, query_keys, strong_keys

_MOST_ASKED = 100


class MatchKeys:
    """Hashes keys under the secrets `match` and identifiers under the secrets `identifier`."""

    def __init__(self, keyring: Keyring) -> None:
        self._match = {
            f"k{KEY_SCHEMA}-s{one}": keyring.key("match", one) for one in keyring.versions("match")
        }
        self._identifier = {
            f"i{one}": keyring.key("identifier", one) for one in keyring.versions("identifier")
        }

    @property
    def match_versions(self) -> tuple[str, ...]:
        """The versions of match keys made here, the active one first."""
        return tuple(self._match)

    @property
    def identifier_version(self) -> str:
        """The version by which new local keys are stored."""
        return next(iter(self._identifier))

    @property
    def active(self) -> tuple[str, str]:
        """The versions that are to stay when the others go: of match keys, of identifiers."""
        return self.match_versions[0], self.identifier_version

    @property
    def versions(self) -> tuple[str, ...]:
        """All versions made here."""
        return (*self._match, *self._identifier)

    def stored(self, features: Features) -> dict[int, str]:
        """The hashes of all keys of a description, to be stored with it and looked up, each with its version."""
        keys = sorted(document_keys(features))
        return {hash_key(secret, key): version for version, secret in self._match.items() for key in keys}

    def asked(self, query: Features, version: str) -> dict[int, int]:
        """The hashes to look a query up under with their weights, at most 100, as `search` makes them."""
        boosts = sorted(query_keys(query).items(), key=lambda entry: -entry[1])[:_MOST_ASKED]
        return {hash_key(self._match[version], key): boost for key, boost in boosts}

    def local_key(self, organisation_id: str, system: str, local_id: str) -> list[bytes]:
        """The hashes of a child's key in an agency's own system: the one to store first."""
        return [
            keyed_hash(secret, "local", organisation_id, system, local_id)
            for secret in self._identifier.values()
        ]

    def identifiers(self, facts: child_pb2.Facts) -> dict[bytes, str]:
        """The hashes of the NHS number and the UPN, where there are any, each with its version."""
        numbers = [(kind, number) for kind in ("nhs_number", "upn") if (number := getattr(facts, kind))]
        return {
            keyed_hash(secret, kind, number): version
            for version, secret in self._identifier.items()
            for kind, number in numbers
        }

    def locks(
        self, features: Features, local_key_hashes: Iterable[bytes], identifiers: Iterable[bytes]
    ) -> list[int]:
        """What a registration locks, so that one child registered by many at once stays one (DESIGN 5 no. 11).

        Under every secret: replicas of which one does not know the new one yet wait for each other by the old.
        """
        strong = strong_keys(features)
        keys = {hash_key(secret, key) for secret in self._match.values() for key in strong}
        keys.update(_lock_key(hash_) for hash_ in (*local_key_hashes, *identifiers))
        return sorted(keys)


def _lock_key(hash_: bytes) -> int:
    return int.from_bytes(blake2b(hash_, digest_size=8, person=b"kith lock").digest(), signed=True)
