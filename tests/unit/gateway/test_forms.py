"""What people type: dates in numbers and words, errors that say what to do (DOMAIN 3.3)."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.gateway import forms
from services.gateway.forms import BadDate, PartialDate

TODAY = dt.date(2026, 11, 22)
CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "gateway_dates.yaml").read_text(encoding="utf-8")
)
TYPED = {
    "given_name": "Amina",
    "family_name": "Khan",
    "day": "3",
    "month": "march",
    "year": "2015",
    "postcode": "",
    "purpose": "safeguard",
}
LOGGED = {"service": "handle", "role": "School nurse", "day": "1", "month": "sep", "year": "2026"}


@pytest.mark.parametrize("case", CASES["dates"], ids=lambda case: "-".join(case["typed"]))
def test_dates(case: dict[str, Any]) -> None:
    day, month, year = case["typed"]
    if "problem" in case:
        with pytest.raises(BadDate) as caught:
            forms.read_date(day, month, year, TODAY)
        assert caught.value.sentence == case["problem"]
        return
    expected = PartialDate(*case["date"]) if case["date"] else None
    assert forms.read_date(day, month, year, TODAY) == expected


@pytest.mark.parametrize(
    ("date", "accuracy"), [((3, 3, 2015), "AAA"), ((0, 3, 2015), "UAA"), ((0, 0, 2015), "UUA")]
)
def test_parts_that_are_not_known_are_marked(date: tuple[int, int, int], accuracy: str) -> None:
    assert PartialDate(*date).accuracy == accuracy


def test_a_search_is_read() -> None:
    search, errors = forms.read_search(TYPED, {"safeguard"}, TODAY)
    assert errors == {}
    assert search == forms.Search("Amina", "Khan", PartialDate(3, 3, 2015), "")


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_page() -> None:
    search, errors = forms.read_search(TYPED | {"day": "32", "purpose": "audit"}, {"safeguard"}, TODAY)
    assert search is None
    assert list(errors) == ["birth_date-day", "purpose"]
    assert errors["birth_date-day"] == "Date of birth must have a day from 1 to 31"


def test_an_involvement_is_read() -> None:
    answers, errors = forms.read_involvement(LOGGED, TODAY)
    assert errors == {}
    assert answers == forms.InvolvementAnswers("handle", "School nurse", dt.date(2026, 9, 1))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"service": ""}, "service"),
        ({"role": ""}, "role"),
        ({"role": "x" * 101}, "role"),
        ({"day": ""}, "start_date-day"),
        ({"day": "", "month": "", "year": ""}, "start_date-day"),
        ({"year": "2027"}, "start_date-day"),
    ],
    ids=str,
)
def test_an_involvement_needs_all_its_answers(changed: dict[str, str], field: str) -> None:
    answers, errors = forms.read_involvement(LOGGED | changed, TODAY)
    assert answers is None
    assert list(errors) == [field]


def test_violations_of_a_service_land_on_their_fields() -> None:
    fields = {"query.given_name": ("given_name", "Given name"), "": ("family_name", "The search")}
    violations = [
        ("query.given_name", "must be at most 100 characters"),
        ("query.given_name", "and a second one for the same field"),
        ("query", "Add the date of birth, or the postcode, to the names."),
    ]
    assert forms.from_violations(violations, fields) == {
        "given_name": "Given name must be at most 100 characters",
        "family_name": "Add the date of birth, or the postcode, to the names",
    }


def test_nothing_but_the_fields_of_the_form_is_kept() -> None:
    kept = forms.typed_search({"given_name": "Amina", "csrf": "secret", "other": "x"})
    assert kept["given_name"] == "Amina"
    date = {"day", "month", "year"}
    more = {"age", "other_given_names", "school", "carer"}
    assert set(kept) == {"given_name", "family_name", "postcode", "purpose"} | date | more
