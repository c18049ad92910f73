"""The days a consent holds: real ones, not over before it began (CON-3)."""

from datetime import date

import pytest
from google.type.date_pb2 import Date

from services.chassis.errors import InvalidArgument
from services.consent.given import period

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("start", "expire"),
    [
        ((2026, 11, 1), (2027, 5, 1)),
        ((2026, 11, 22), (2026, 11, 22)),
        ((2024, 2, 29), (2027, 2, 28)),
        ((2026, 11, 23), (2026, 11, 24)),
    ],
)
def test_a_period_is_taken_as_it_is(start: tuple[int, int, int], expire: tuple[int, int, int]) -> None:
    assert period(_date(start), _date(expire), TODAY) == (date(*start), date(*expire))


@pytest.mark.parametrize(
    ("start", "expire", "fields"),
    [
        ((2026, 2, 30), (2027, 1, 1), ["start_date"]),
        ((0, 11, 1), (2027, 1, 1), ["start_date"]),
        ((2026, 11, 0), (2027, 1, 1), ["start_date"]),
        ((2026, 11, 1), (2027, 0, 0), ["expire_date"]),
        ((2026, 13, 1), (-1, 1, 1), ["start_date", "expire_date"]),
        ((2026, 11, 1), (2026, 11, 21), ["expire_date"]),
        ((2027, 1, 2), (2027, 1, 1), ["expire_date"]),
    ],
)
def test_each_day_at_fault_is_named(
    start: tuple[int, int, int], expire: tuple[int, int, int], fields: list[str]
) -> None:
    with pytest.raises(InvalidArgument) as raised:
        period(_date(start), _date(expire), TODAY)
    assert [field for field, _ in raised.value.violations] == fields


def _date(day: tuple[int, int, int]) -> Date:
    return Date(year=day[0], month=day[1], day=day[2])
