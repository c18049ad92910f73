"""A question means the same to search, which makes its keys, and to the child index, which scores by it."""

from datetime import date

import pytest
from google.type import date_pb2
from hypothesis import given
from hypothesis import strategies as st

from kith.childindex.v1 import child_pb2, match_pb2
from services.child_index.facts import describe_query
from services.matching import prepare
from services.search.query import features

_TEXT = st.sampled_from(
    ["", "Ottilie", "Fenwick", "Mc Donald", "Baby", "O'Brien-Khan", "*", "Élodie", "x (Joe)"]
)
_NAMES = st.builds(
    child_pb2.Name,
    given_name=_TEXT,
    family_name=_TEXT,
    other_given_names=_TEXT,
    use=st.sampled_from(child_pb2.Name.Use.values()),
)
_DATES = st.builds(
    child_pb2.BirthDate,
    date=st.builds(
        date_pb2.Date,
        year=st.sampled_from([0, 2008, 2014]),
        month=st.integers(0, 12),
        day=st.integers(0, 31),
    ),
    accuracy=st.sampled_from(["", "AAA", "UAA", "UUA", "UUU", "EEA", "EEE", "AEU"]),
)
_QUERIES = st.builds(
    match_pb2.Query,
    given_name=_TEXT,
    family_name=_TEXT,
    birth_date=st.none() | _DATES,
    postcode=st.sampled_from(["", "ZY9 4AA", "ZY9", "M1", "ZZ99 3WZ", "?"]),
    gender=st.sampled_from(child_pb2.Facts.Gender.values()),
    other_given_names=_TEXT,
    school_name=st.sampled_from(["", "Canal Street Primary School"]),
    carers=st.lists(st.builds(child_pb2.Carer, given_name=_TEXT, family_name=_TEXT), max_size=3),
    age=st.none() | st.integers(0, 25),
    other_names=st.lists(_NAMES, max_size=3),
)
_DAYS = st.dates(date(2026, 1, 1), date(2032, 12, 31))


@given(query=_QUERIES, today=_DAYS)
def test_both_understand_a_question_alike(query: match_pb2.Query, today: date) -> None:
    assert features(query, today) == prepare(describe_query(query, today))


@pytest.mark.parametrize(
    ("age", "today", "first", "last"),
    [
        (8, date(2026, 9, 1), date(2017, 9, 2), date(2018, 9, 1)),
        (0, date(2026, 9, 1), date(2025, 9, 2), date(2026, 9, 1)),
        (3, date(2028, 2, 29), date(2024, 3, 1), date(2025, 2, 28)),
    ],
    ids=["eight", "not yet one", "on a leap day"],
)
def test_an_age_is_a_year_of_days(age: int, today: date, first: date, last: date) -> None:
    """Whoever was born a day earlier is a year older today; whoever was born a day later has not got there."""
    assert features(match_pb2.Query(age=age), today).born == (first, last)


@given(born=st.dates(date(2001, 1, 1), date(2026, 1, 1)), today=_DAYS)
def test_everybody_is_found_by_the_own_age(born: date, today: date) -> None:
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    known = features(match_pb2.Query(age=age), today).born
    assert known is not None
    assert known[0] <= born <= known[1]
