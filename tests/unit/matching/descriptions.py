"""Descriptions from the short rows of the case tables."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from services.matching import Description, Features, Name, PartialDate, prepare

CASES = Path(__file__).parents[2] / "cases"


def cases(table: str) -> Any:
    """Reads tests/cases/matching_{table}.yaml."""
    return yaml.safe_load((CASES / f"matching_{table}.yaml").read_text(encoding="utf-8"))


def description(row: Mapping[str, Any]) -> Description:
    """The description that a row gives; each of its fields is optional.

    {given, other, family, former, date, postcode, former_postcode, gender, nhs, school, carer, ages, estimated}
    """
    names = [Name(row.get("given"), row.get("family"), row.get("other"))]
    if former := row.get("former"):
        names.append(Name(row.get("given"), former, use="former"))
    year, month, day = row.get("date") or (0, 0, 0)
    postcodes = (row.get("postcode"), row.get("former_postcode"))
    return Description(
        names=tuple(names),
        birth_date=PartialDate(year or None, month or None, day or None),
        gender=row.get("gender"),
        postcodes=tuple(filter(None, postcodes)),
        nhs_number=row.get("nhs"),
        school=row.get("school"),
        carers=(Name(*row["carer"]),) if row.get("carer") else (),
        born=(date(row["ages"][0], 1, 1), date(row["ages"][1], 12, 31)) if row.get("ages") else None,
        estimated=row.get("estimated", False),
    )


def child(row: Mapping[str, Any]) -> Features:
    """The row's features."""
    return prepare(description(row))
