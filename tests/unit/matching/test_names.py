import json
from pathlib import Path

import pytest

from services.matching.agreement import family_level, given_level
from services.matching.family_names import family_name
from services.matching.given_names import GivenName, given_name
from services.matching.letters import fold
from services.matching.variants import name_lists
from tests.unit.matching.descriptions import cases

TABLE = cases("names")


def _given(text: str) -> GivenName | None:
    given, _, other = text.partition("+")
    return given_name(given, fold(other), ("smith",))


@pytest.mark.parametrize("case", TABLE["given"], ids=lambda case: f"{case['a']}-{case['b']}")
def test_given_names_agree_both_ways_at_the_level(case: dict[str, str]) -> None:
    one, other = _given(case["a"]), _given(case["b"])
    assert (given_level(one, other), given_level(other, one)) == (case["level"], case["level"])


@pytest.mark.parametrize("case", TABLE["family"], ids=lambda case: f"{case['a']}-{case['b']}")
def test_family_names_agree_both_ways_at_the_level(case: dict[str, str]) -> None:
    one, other = family_name(case["a"]), family_name(case["b"])
    assert (family_level(one, other), family_level(other, one)) == (case["level"], case["level"])


@pytest.mark.parametrize("name", TABLE["placeholders"])
def test_a_placeholder_is_a_missing_given_name(name: str) -> None:
    assert given_name(name, (), ("smith",)) is None


@pytest.mark.parametrize("name", TABLE["real_names"])
def test_a_real_name_is_no_placeholder(name: str) -> None:
    assert given_name(name, (), ("smith",)) is not None


def test_every_listed_name_is_written_as_names_are_compared() -> None:
    lists = name_lists()
    listed = {*lists.formal, *lists.given_spelling, *lists.family_spelling, *lists.known_given}
    assert [name for name in listed if fold(name) != (name,)] == []


@pytest.mark.parametrize("groups", ["given_spellings", "family_spellings"])
def test_spellings_are_of_one_name_only(groups: str) -> None:
    raw = json.loads(
        (Path(name_lists.__wrapped__.__code__.co_filename).parent / "names.json").read_text("utf-8")
    )
    names = [name for group in raw[groups] for name in group.split()]
    assert sorted(names) == sorted(set(names))
