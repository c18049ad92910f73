import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching import KEY_SCHEMA, Description, Name, PartialDate, load_model, prepare, rank, score
from services.matching.evidence import sentence
from tests.unit.matching.descriptions import cases, child

MODEL = load_model()
FULL = {
    "given": "Wilhelmina",
    "family": "Featherstone",
    "date": [2014, 3, 4],
    "postcode": "NE1 4XX",
    "gender": "f",
}

words = st.sampled_from(
    [
        "Joe",
        "Joseph",
        "Mohammed",
        "Khan",
        "Smith",
        "Smyth",
        "Baby",
        "Mary Ann",
        "O'Brien",
        "Ella",
        "Bella",
        "",
        "J",
    ]
) | st.text(max_size=12)
names = st.builds(
    Name, words, words, words, st.sampled_from(["usual", "official", "former", "nickname", "alias"])
)
descriptions = st.builds(
    Description,
    st.lists(names, max_size=3).map(tuple),
    st.none()
    | st.builds(
        PartialDate,
        st.none() | st.integers(2010, 2013),
        st.none() | st.integers(0, 13),
        st.none() | st.integers(0, 32),
    ),
    st.sampled_from([None, "male", "f", "0", "unknown"]),
    st.lists(st.sampled_from(["NE1 4XX", "NE1 4XY", "LS6 1AB", "ZZ99 3WZ", "NE1", "?"]), max_size=3).map(
        tuple
    ),
    st.sampled_from([None, "9990000018", "9990000026", "123"]),
)


@given(descriptions, descriptions)
def test_the_explanation_adds_up_to_the_score_exactly(one: Description, other: Description) -> None:
    found = score(prepare(one), prepare(other), MODEL)
    assert MODEL.prior_bits + sum(term.bits for term in found.evidence) == found.bits
    assert math.fsum([MODEL.prior_bits, *(term.bits for term in reversed(found.evidence))]) == found.bits
    assert math.isclose(found.probability, 1 / (1 + 2**-found.bits))


@given(descriptions, descriptions)
def test_the_score_is_the_same_both_ways(one: Description, other: Description) -> None:
    first, second = prepare(one), prepare(other)
    assert score(first, second, MODEL).bits == score(second, first, MODEL).bits


@given(descriptions, descriptions)
def test_missing_is_no_bits_and_says_so(one: Description, other: Description) -> None:
    for term in score(prepare(one), prepare(other), MODEL).evidence:
        assert (term.level == "missing") == term.sentence.endswith("not compared")
        assert term.level != "missing" or term.bits == 0


@pytest.mark.parametrize("field", ["given", "family", "date", "postcode", "gender"])
def test_a_missing_field_is_the_same_on_either_side_and_costs_nothing(field: str) -> None:
    without = {name: value for name, value in FULL.items() if name != field}
    one_side = score(child(FULL), child(without), MODEL)
    both = score(child(without), child(without), MODEL)
    assert one_side.bits == both.bits < score(child(FULL), child(FULL), MODEL).bits


def test_sentences_hold_no_value_and_every_level_of_the_model_has_one() -> None:
    for field, levels in MODEL.weights.items():
        for level in levels:
            assert sentence(field, level).strip()
    told = " ".join(term.sentence for term in score(child(FULL), child(FULL), MODEL).evidence).casefold()
    assert not any(value in told for value in ("wilhelmina", "featherstone", "2014", "ne1"))


def test_a_common_name_is_worth_less_and_said_to_be_common() -> None:
    common = {**FULL, "given": "Mohammed", "family": "Khan"}
    found = score(child(common), child({**common, "given": "Md"}), MODEL)
    assert found.bits < score(child(FULL), child(FULL), MODEL).bits
    assert "common name" in found.evidence[0].sentence


def test_gender_is_weak_and_no_filter() -> None:
    other = score(child(FULL), child({**FULL, "gender": "m"}), MODEL)
    assert score(child(FULL), child(FULL), MODEL).bits - other.bits < 5
    assert rank(child({**FULL, "gender": "m"}), [(1, child(FULL))], MODEL).matches[0].grade.name == "CERTAIN"


def test_matched_name_use_is_that_of_the_candidates_name() -> None:
    former = {**FULL, "family": "Quill", "former": "Featherstone"}
    assert score(child(FULL), child(former), MODEL).matched_name_use == "former"
    assert score(child(former), child(FULL), MODEL).matched_name_use == "usual"


def test_a_name_in_brackets_is_a_nickname() -> None:
    found = score(child({**FULL, "given": "Bibi"}), child({**FULL, "given": "Wilhelmina (Bibi)"}), MODEL)
    assert found.matched_name_use == "nickname"


def test_half_a_former_name_goes_with_the_other_half() -> None:
    names = (Name("Chidi", "Okonkwo"), Name("Baby", "Adeyemi", use="former"))
    record = prepare(Description(names, PartialDate(2014, 3, 4), None, ("NE1 4XX",)))
    query = child({"given": "Chidi", "family": "Adeyemi", "date": [2014, 3, 4]})
    assert rank(query, [(1, record)], MODEL).matches[0].grade.name == "CERTAIN"


def test_at_most_one_is_certain_and_the_best_comes_first() -> None:
    known = [(place, child(row)) for place, row in enumerate([{**FULL, "postcode": "LS6 1AB"}, FULL])]
    ranking = rank(child(FULL), known, MODEL)
    assert [match.key for match in ranking.matches] == [1, 0]
    assert [match.grade.name for match in ranking.matches] == ["CERTAIN", "PROBABLE"]
    assert [match.key for match in rank(child(FULL), known, MODEL, limit=1).matches] == [1]


def test_a_date_without_its_day_will_do_for_rare_names_unless_the_home_is_elsewhere() -> None:
    asked = {name: value for name, value in FULL.items() if name != "postcode"} | {"date": [2014, 3, None]}
    assert rank(child(asked), [(1, child(FULL))], MODEL).matches[0].grade.name == "CERTAIN"
    elsewhere = child({**asked, "postcode": "LS6 1AB"})
    assert rank(elsewhere, [(1, child(FULL))], MODEL).matches[0].grade.name == "PROBABLE"


def test_the_shipped_model_says_which_keys_it_goes_with_and_ranks_its_levels() -> None:
    assert MODEL.key_schema == KEY_SCHEMA
    assert 1 > MODEL.certain > MODEL.probable > 0.5
    for name in ("given_name", "family_name"):
        weights = MODEL.weights[name]
        assert weights["exact"] == max(weights.values())
        assert weights["disagree"] == min(weights.values()) < 0
        assert weights["slip"] > weights["similar"] > weights["resembles"] > weights["disagree"]


def test_a_model_file_can_be_read_from_elsewhere(tmp_path: Path) -> None:
    raw: dict[str, Any] = json.loads(
        (Path(load_model.__code__.co_filename).parent / "model.json").read_text()
    )
    raw["kith"]["model_version"] = "other"
    raw["probability_two_random_records_match"] = 1 / 1025
    (tmp_path / "model.json").write_text(json.dumps(raw))
    other = load_model(tmp_path / "model.json")
    assert other.model_version == "other"
    assert score(child(FULL), child(FULL), other).bits - score(
        child(FULL), child(FULL), MODEL
    ).bits == pytest.approx(-10 - MODEL.prior_bits)


def test_case_tables_are_not_empty() -> None:
    assert all(cases(table) for table in ("names", "fields", "pds", "registration", "twins"))
