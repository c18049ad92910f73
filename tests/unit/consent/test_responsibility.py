"""The rules of tests/cases/consent_who.yaml (issue 6; CON-6, CON-9; DESIGN 5 no. 10)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.consent.rules.missing import Missing
from services.consent.rules.responsibility import Answer, Standing, who_can_consent
from services.consent.rules.sources import SOURCES, Rule
from tests.unit.consent import families
from tests.unit.consent.families import ref

_FILE = Path(__file__).parents[2] / "cases" / "consent_who.yaml"
_RULES: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["rules"]
_CASES = [(rule, case) for rule, group in _RULES.items() for case in group["cases"]]
_FAMILY = {"born", "one_parent", "no_mother", "relations", "orders", "competence"}
_FAMILY |= {"conflicts", "wishes", "do_not_tell"}
_ANSWER = {"who", "standing", "all_needed", "holders", "told", "not_told", "why", "missing", "freezes"}
_KEYS = {"name", "today", "asked", "rule_in_why"} | _FAMILY | _ANSWER


@pytest.mark.parametrize(("rule", "case"), _CASES, ids=[f"{rule} {case['name']}" for rule, case in _CASES])
def test_case(rule: str, case: dict[str, Any]) -> None:
    assert set(case) <= _KEYS
    answer = who_can_consent(
        families.family(case), families.asked(case.get("asked", {})), case.get("today", families.TODAY)
    )
    holders = case.get("holders", case["who"])
    assert _rules(answer.who_may) == _named(case["who"])
    assert answer.standing == Standing(case.get("standing", "clear"))
    assert answer.all_needed == case.get("all_needed", False)
    assert _rules(answer.holders) == _named(holders)
    assert set(answer.must_be_told) == set(map(ref, case.get("told", holders)))
    assert _rules(answer.must_not_be_told) == _named(case.get("not_told", {}))
    assert set(answer.missing) == {_missing(*one) for one in case.get("missing", [])}
    assert answer.freezes_on == case.get("freezes", families.BORN.replace(year=2028))
    assert (Rule(rule) in _applied(answer)) == case.get("rule_in_why", True)
    assert {(ref(who), Rule(rule)) for who, rule in case.get("why", [])} <= {
        (who.person, who.rule) for who in answer.why
    }


def test_every_rule_has_its_source_and_a_case() -> None:
    assert {Rule(rule): group["source"] for rule, group in _RULES.items()} == SOURCES
    assert set(SOURCES) == set(Rule)
    for rule, group in _RULES.items():
        assert any(case.get("rule_in_why", True) for case in group["cases"]), rule


def test_no_case_has_the_name_of_another() -> None:
    for rule, group in _RULES.items():
        names = [case["name"] for case in group["cases"]]
        assert len(names) == len(set(names)), rule


def test_everything_that_can_be_missing_is_missing_in_a_case() -> None:
    assert {one[0] for _, case in _CASES for one in case.get("missing", [])} == set(Missing)


def _applied(answer: Answer) -> set[Rule]:
    return {who.rule for who in (*answer.who_may, *answer.holders, *answer.must_not_be_told, *answer.why)}


def _rules(people: Any) -> dict[Any, Rule]:
    return {who.person: who.rule for who in people}


def _named(said: dict[str, str]) -> dict[Any, Rule]:
    return {ref(name): Rule(rule) for name, rule in said.items()}


def _missing(what: str, whom: str | None = None) -> tuple[Missing, Any]:
    return Missing(what), None if whom is None else ref(whom)
