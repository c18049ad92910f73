"""Historical people (Splink's labelled set, MIT): real variation of names, nicknames, British postcodes."""

import re
from hashlib import blake2b
from pathlib import Path

import pyarrow.parquet as pq

from services.matching.scorecard.records import Row

FILE = "historical_people_dev.parquet"
FOLDS = 5
PARTS = ("train", "tune", "report")
_HUNDREDTHS = 100
_TRAIN, _TUNE = 50, 70
# What stands around a name in a peerage and is none.
_RANK_WORDS = (
    "of the and a an sir dame lord lady baron baroness earl countess duke duchess marquess marquis marchioness "
    "viscount viscountess bt baronet rev reverend dr hon honourable prince princess capt captain col major jr sr "
    "esq kc qc mp"
)
_RANKS = frozenset(_RANK_WORDS.split())
_NUMBER = re.compile(r"\d+(st|nd|rd|th)?$")


def historical_rows(shared: Path) -> list[Row]:
    """The rows under the scorecard's names.

    `first_name` and `surname` as they are, be they swapped or half missing; `other_names` are the words of
    `full_name` that are neither, without ranks and numbers.
    """
    table = pq.read_table(shared / FILE)
    return [
        {
            "entity_id": row["cluster"],
            "given_name": row["first_name"],
            "other_names": _others(row["full_name"], row["first_name"], row["surname"]),
            "family_name": row["surname"],
            "birth_date": row["dob"],
            "gender": row["gender"],
            "postcode": row["postcode_fake"],
        }
        for row in table.to_pylist()
    ]


def part(entity: str) -> str:
    """Half of the entities to train on, a fifth to tune thresholds and calibration, the rest to report."""
    place = _hashed(entity, b"part") % _HUNDREDTHS
    return PARTS[(place >= _TRAIN) + (place >= _TUNE)]


def fold(entity: str) -> int:
    """For cross-validation: a fold is reported with a model made from the others, the next one being for tuning."""
    return _hashed(entity, b"fold") % FOLDS


def _hashed(entity: str, what: bytes) -> int:
    return int.from_bytes(blake2b(entity.encode(), key=what, digest_size=8).digest(), "big")


def _others(full: str | None, given: str | None, family: str | None) -> str | None:
    words = (full or "").replace(",", " ").split()
    for taken in (given, family):
        for word in (taken or "").replace(",", " ").split():
            if word in words:
                words.remove(word)
    kept = [word for word in words if word.rstrip(".") not in _RANKS and not _NUMBER.match(word)]
    return " ".join(kept) or None
