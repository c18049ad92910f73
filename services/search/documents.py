"""What the index holds of a child: hashed keys, and numbers by which it is compared with its source. Pure.

    keys       the visible key hashes, 16 hexadecimal digits each: the one field that is searched
    prefix     the first 12 bits of the id: children are compared by these 4,096 ranges
    check      CRC-32 of id and version, as `SummarizeProjections` has it: the sum of a range tells whether it differs
    keys_hash  a hash of the keys, to compare them without reading them back

The version itself is the document's (`_version`).
"""

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from kith.childindex.v1.projection_service_pb2 import Projection

PREFIXES: Final = 4096
LAYOUT: Final = 2
"""The version of this form. A new one means a new index, as a new key schema does."""

MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    # Nothing is read back from a document but its id, its version and the two numbers.
    "_source": {"enabled": False},
    "_meta": {"layout": LAYOUT},
    "properties": {
        "keys": {"type": "keyword", "norms": False, "doc_values": False, "index_options": "docs"},
        # Searched when a range is listed.
        "prefix": {"type": "short"},
        "check": {"type": "long", "index": False},
        "keys_hash": {"type": "long", "index": False},
        # Milliseconds since 1970; only of a document whose child the source does not have.
        "surplus_since": {"type": "long"},
    },
}
_HEX_DIGITS: Final = 16


def written(key: int) -> str:
    """A 64-bit hash as it stands in the index: 16 hexadecimal digits."""
    return f"{key & 0xFFFFFFFFFFFFFFFF:016x}"


def check(child_id: UUID, version: int) -> int:
    """The check number of a child at a version (`ProjectionSummary.checksum` is the sum of these)."""
    return zlib.crc32(child_id.bytes + version.to_bytes(8))


def keys_hash(keys: Sequence[int]) -> int:
    """A signed 64-bit hash of some keys, in whatever order."""
    packed = struct.pack(f">{len(keys)}q", *sorted(keys))
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), signed=True)


def bulk_lines(index: str, projections: Iterable[Projection]) -> list[bytes]:
    """The lines of `_bulk`, one bytes object (action and document) for each projection.

    Put together by hand: all is digits, so nothing needs escaping, and a serialiser takes several times as long.
    """
    return [_line(index, one.child_id, one.version, sorted(one.key_hashes)) for one in projections]


def surplus_line(index: str, child_id: str, version: int, since: int) -> bytes:
    """The same for a child that the source does not have: without keys it is not found, and it is swept later."""
    return _line(index, child_id, version, [], b',"surplus_since":%d' % since)


def _line(index: str, child_id: str, version: int, keys: list[int], more: bytes = b"") -> bytes:
    id_ = bytes.fromhex(child_id.replace("-", ""))
    packed = struct.pack(f">{len(keys)}q", *keys)
    return (
        b'{"index":{"_index":"%b","_id":"%b","version":%d,"version_type":"external_gte"}}\n'
        b'{"keys":[%b],"prefix":%d,"check":%d,"keys_hash":%d%b}\n'
        % (
            index.encode(),
            child_id.encode(),
            version,
            b'"%b"' % packed.hex(",", 8).replace(",", '","').encode() if keys else b"",
            id_[0] << 4 | id_[1] >> 4,
            zlib.crc32(id_ + version.to_bytes(8)),
            int.from_bytes(blake2b(packed, digest_size=8).digest(), signed=True),
            more,
        )
    )


_GENERATION: Final = re.compile(r"-g(\d{6,})$")


def key_version(key_schema: int, secret_version: str) -> str:
    """What the child index calls the keys that are made by these."""
    return f"k{key_schema}-s{secret_version}"


def alias(key_version_: str) -> str:
    """The name that is searched: one for each key schema and secret, so that old and new replicas run side by side."""
    return f"kith-children-{key_version_}"


def index_name(alias_: str, generation: int) -> str:
    """The name of an index behind an alias."""
    return f"{alias_}-g{generation:06d}"


def generation_of(name: str) -> int:
    """The generation in an index's name; 0 if it has none."""
    found = _GENERATION.search(name)
    return int(found[1]) if found else 0
