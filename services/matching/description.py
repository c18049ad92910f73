"""What is known of a child, raw: as an agency recorded it or as somebody asked it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Name:
    """One name as written; `use` is usual, official, former, nickname or alias."""

    given: str | None
    family: str | None
    other_given: str | None = None
    use: str = "usual"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of birth of which any part may be unknown (accuracy codes AAA to UUU)."""

    year: int | None
    month: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Description:
    """Everything known of one child. Names and postcodes with the current one first, then the former ones.

    `born` is the earliest and the latest possible date of birth, for an age or a guess; `birth_date` goes before it.
    `estimated` says that the date of birth is an estimate. `carers` are the names of parents and carers.
    """

    names: tuple[Name, ...]
    birth_date: PartialDate | None
    gender: str | None
    postcodes: tuple[str, ...]
    nhs_number: str | None = None
    school: str | None = None
    carers: tuple[Name, ...] = ()
    born: tuple[date, date] | None = None
    estimated: bool = False
