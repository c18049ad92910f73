"""How dates, ages and counts are said."""

import datetime as dt

import pytest
from google.type.date_pb2 import Date

from services.gateway import wording

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


def _id(value: Date | str) -> str:
    return f"{value.year}-{value.month}-{value.day}" if isinstance(value, Date) else value or "nothing"


@pytest.mark.parametrize(
    ("date", "said"),
    [
        (Date(year=2015, month=3, day=3), "3 March 2015"),
        (Date(year=2015, month=3), "March 2015"),
        (Date(year=2015), "2015"),
        (Date(), ""),
    ],
    ids=_id,
)
def test_dates(date: Date, said: str) -> None:
    assert wording.day(date) == said


@pytest.mark.parametrize(
    ("date", "said"),
    [
        (Date(year=2015, month=11, day=22), "11 years old"),
        (Date(year=2015, month=11, day=23), "10 years old"),
        (Date(year=2024, month=11, day=22), "2 years old"),
        (Date(year=2024, month=11, day=23), "23 months old"),
        (Date(year=2026, month=10, day=1), "1 month old"),
        (Date(year=2026, month=11, day=1), "under 1 month"),
        (Date(year=2015), ""),
        (Date(year=2027, month=1, day=1), ""),
    ],
    ids=_id,
)
def test_ages(date: Date, said: str) -> None:
    assert wording.age(date, TODAY) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "today"), (1, "yesterday"), (5, "5 days ago"), (40, "on 13 October 2026")],
)
def test_how_long_ago(days: int, said: str) -> None:
    assert wording.how_long_ago(NOW - dt.timedelta(days=days), NOW) == said


def test_things_in_a_sentence() -> None:
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b or c"


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-11-22 17:00", "5pm"),
        ("2026-11-22 09:30", "9:30am"),
        ("2026-11-22 12:00", "midday"),
        ("2026-11-22 12:05", "12:05pm"),
        ("2026-11-23 00:00", "midnight"),
        ("2026-11-23 00:30", "12:30am tomorrow"),
        ("2026-11-23 09:00", "9am tomorrow"),
        ("2026-11-28 09:00", "9am on Saturday"),
        ("2026-11-29 09:00", "9am on 29 November 2026"),
    ],
)
def test_times_to_come(then: str, said: str) -> None:
    moment = dt.datetime.fromisoformat(then).replace(tzinfo=wording.LONDON)
    assert wording.moment(moment, NOW) == said


def test_times_to_come_are_those_on_the_wall() -> None:
    """In summer the clock is an hour ahead of UTC."""
    now = dt.datetime(2026, 7, 1, 9, 0, tzinfo=dt.UTC)
    assert wording.moment(dt.datetime(2026, 7, 1, 16, 0, tzinfo=dt.UTC), now) == "5pm"
