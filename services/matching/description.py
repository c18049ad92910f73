"""What is known of a child, raw: as an agency recorded it or as somebody asked it."""

from dataclasses import dataclass
from datetime import date, timedelta


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

    @staticmethod
    def known(year: int, month: int, day: int, accuracy: str) -> "PartialDate | None":
        """The parts known, None if none is; 0 is a part not given.

        What the accuracy calls unknown (U; day, month, year in this order) is a filler, whatever stands there.
        """
        if "U" in accuracy:
            day, month, year = (
                0 if letter == "U" else part
                for letter, part in zip(accuracy, (day, month, year), strict=True)
            )
        return PartialDate(year or None, month or None, day or None) if year or month or day else None


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


def born_at_age(age: int, today: date) -> tuple[date, date]:
    """The first and the last day of birth of somebody who has completed `age` years today."""
    return _years_before(today, age + 1) + timedelta(days=1), _years_before(today, age)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return date(day.year - years, 2, 28)
