from typing import Any

import pytest

from services.matching import enough_to_search
from services.matching.circle import carers_level, school_level
from services.matching.dates import birth_date_level
from services.matching.nhs_numbers import parse_nhs_number
from services.matching.places import postcode_level
from services.matching.postcodes import Postcode, parse_postcode
from tests.unit.matching.descriptions import cases, child

TABLE = cases("fields")


@pytest.mark.parametrize("case", TABLE["birth_dates"], ids=str)
def test_dates_of_birth_agree_both_ways_at_the_level(case: dict[str, Any]) -> None:
    one, other = child({"date": case["a"]}), child({"date": case["b"]})
    assert birth_date_level(one, other) == birth_date_level(other, one) == case["level"]


def _places(texts: list[str]) -> tuple[Postcode, ...]:
    return tuple(filter(None, map(parse_postcode, texts)))


@pytest.mark.parametrize("case", TABLE["postcodes"], ids=str)
def test_postcodes_agree_both_ways_at_the_level(case: dict[str, Any]) -> None:
    one, other = _places(case["a"]), _places(case["b"])
    assert postcode_level(one, other) == postcode_level(other, one) == case["level"]


def test_a_postcode_has_its_parts() -> None:
    assert parse_postcode("ne1 4xx") == Postcode("NE14XX", "NE14", "NE1", "NE")
    assert parse_postcode("N1 1AA") == Postcode("N11AA", "N11", "N1", "N")
    assert parse_postcode("SW1A") == Postcode("", "", "SW1A", "SW")


def test_nhs_numbers_need_their_check_digit() -> None:
    assert [bool(parse_nhs_number(text)) for text in TABLE["nhs_numbers"]["valid"]] == [True, True]
    assert {parse_nhs_number(text) for text in TABLE["nhs_numbers"]["invalid"]} == {""}


@pytest.mark.parametrize("case", TABLE["enough"], ids=str)
def test_a_search_needs_enough(case: dict[str, Any]) -> None:
    advice = enough_to_search(child(case))
    assert (advice is None) == case["enough"]
    assert advice is None or advice.endswith(".")


@pytest.mark.parametrize("case", TABLE["ages"], ids=str)
def test_an_age_and_an_estimate_agree_both_ways_at_the_level(case: dict[str, Any]) -> None:
    one, other = child(case["a"]), child(case["b"])
    assert birth_date_level(one, other) == birth_date_level(other, one) == case["level"]


@pytest.mark.parametrize("case", TABLE["schools"], ids=str)
def test_schools_agree_both_ways_at_the_level(case: dict[str, str]) -> None:
    one, other = (child({"school": case[side]}).school for side in "ab")
    assert school_level(one, other) == school_level(other, one) == case["level"]


@pytest.mark.parametrize("case", TABLE["carers"], ids=str)
def test_carers_agree_both_ways_at_the_level(case: dict[str, Any]) -> None:
    one, other = (child({"carer": case[side]}).carers for side in "ab")
    assert carers_level(one, other) == carers_level(other, one) == case["level"]
