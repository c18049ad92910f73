from typing import Any

import pytest

from services.matching import Action, decide_registration, load_model, rank, score, strong_keys
from tests.unit.matching.descriptions import cases, child

MODEL = load_model()
TWINS = cases("twins")
HOME = {"family": "Okonkwo", "date": [2014, 3, 4], "postcode": "NE1 4XX"}


@pytest.mark.parametrize("case", cases("registration"), ids=lambda case: str(case["why"]))
def test_registration_case(case: dict[str, Any]) -> None:
    new, known = child(case["new"]), [(place, child(row)) for place, row in enumerate(case["known"])]
    decision = decide_registration(new, known, MODEL)
    assert decision.action is Action[case["action"]]
    assert decision.model_version == MODEL.model_version
    if decision.action is Action.LINK:
        assert not strong_keys(new).isdisjoint(strong_keys(known[decision.keys[0]][1]))


@pytest.mark.parametrize("pair", TWINS["twins"], ids=str)
def test_twins_are_never_linked_by_machine(pair: list[dict[str, str]]) -> None:
    one, other = ({**HOME, **row} for row in pair)
    for new, known in ((one, other), (other, one)):
        assert decide_registration(child(new), [("twin", child(known))], MODEL).action is not Action.LINK


@pytest.mark.parametrize("names", TWINS["clear"], ids=str)
def test_clear_twins_are_not_proposed_and_score_as_the_twin_rule_says(names: list[str]) -> None:
    one, other = (child({**HOME, "given": name}) for name in names)
    found = score(one, other, MODEL)
    assert found.twin_suspected
    assert (found.evidence[-1].field, found.evidence[-1].bits) == ("twin_rule", MODEL.twin_bits)
    assert rank(one, [("twin", other)], MODEL).matches[0].grade.name == "POSSIBLE"
    assert decide_registration(one, [("twin", other)], MODEL).action is Action.CREATE
    assert rank(one, [("twin", other)], MODEL).matches[0].likely_sibling


def test_a_twin_is_linked_to_its_own_record_beside_its_twins() -> None:
    known = [(name, child({**HOME, "given": name})) for name in ("Chinedu", "Chidubem")]
    assert decide_registration(child({**HOME, "given": "Chidubem"}), known, MODEL).keys == ("Chidubem",)


def test_without_a_given_name_two_children_of_a_home_are_many_and_the_name_would_settle_it() -> None:
    known = [(name, child({**HOME, "given": name})) for name in ("Chinedu", "Chidubem")]
    ranking = rank(child(HOME), known, MODEL)
    assert ranking.ambiguous
    assert "given_name" in ranking.ask_next
    assert decide_registration(child({**HOME, "given": "Baby"}), known, MODEL).action is Action.PROPOSE
