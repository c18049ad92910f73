"""The partnership's rules as data: what is shipped, and what is no policy (issue 6 item 5; DESIGN 5 no. 18)."""

import json
from datetime import date
from typing import Any

import pytest

from services.consent.rules.family import Matter
from services.consent.rules.policy import SHIPPED, Ground, PolicyInvalid, Statement, load, parse

_GROUND: dict[str, Any] = {
    "source": "a statute",
    "starts": "2026-01-01",
    "ends": "2026-12-31",
    "bodies": ["school", "health"],
    "longest": 30,
    "needs": ["necessity"],
}
_POLICY: dict[str, Any] = {
    "version": "1",
    "longest_consent": 366,
    "all_needed": ["take_part"],
    "retired": {"old": "2026-11-01"},
    "grounds": {"harm": _GROUND},
}


def test_shipped_is_the_closed_list() -> None:
    """CON-2's four exceptions, significant harm, the duty of s.16LA and a court's order, each with its source."""
    policy = load()
    assert set(policy.grounds) == {
        "find_out_risk",
        "child_at_risk",
        "adult_at_risk",
        "serious_crime",
        "significant_harm",
        "duty_to_share",
        "court_order",
    }
    assert policy == parse(SHIPPED.read_text(encoding="utf-8"))


def test_shipped_duty_is_not_in_force_and_only_between_listed_bodies() -> None:
    """Its commencement is staged: the duty counts once somebody has set the day (DOMAIN 2.1 no. 1)."""
    duty = load().grounds["duty_to_share"]
    assert not duty.in_force(date(2026, 11, 22))
    assert duty.bodies is not None
    assert not duty.bodies & {"voluntary", "index_desk"}


def test_shipped_grounds_say_why_it_was_done_without_consent() -> None:
    grounds = load().grounds
    without = {Statement.NECESSITY, Statement.PROPORTIONALITY, Statement.WITHOUT_CONSENT}
    assert all(without <= ground.needs for code, ground in grounds.items() if code != "court_order")
    assert Statement.THRESHOLD in grounds["significant_harm"].needs
    assert grounds["court_order"].needs == {Statement.COURT_ORDER}


def test_a_policy_is_read_as_it_is() -> None:
    policy = parse(json.dumps(_POLICY))
    assert policy.version == "1"
    assert policy.longest_consent == 366
    assert policy.all_needed == {Matter.TAKE_PART}
    assert policy.retired == {"old": date(2026, 11, 1)}
    assert policy.grounds == {
        "harm": Ground(
            source="a statute",
            starts=date(2026, 1, 1),
            ends=date(2026, 12, 31),
            bodies=frozenset({"school", "health"}),
            longest=30,
            needs=frozenset({Statement.NECESSITY}),
        )
    }


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_ground_is_dated(day: date, in_force: bool) -> None:
    assert parse(json.dumps(_POLICY)).grounds["harm"].in_force(day) is in_force


def test_a_ground_without_an_end_goes_on() -> None:
    policy = parse(json.dumps(_POLICY | {"grounds": {"harm": _GROUND | {"ends": None}}}))
    assert policy.grounds["harm"].in_force(date(2027, 1, 1))
    assert not policy.grounds["harm"].in_force(date(2025, 12, 31))


def test_a_ground_of_one_day() -> None:
    policy = parse(json.dumps(_POLICY | {"grounds": {"harm": _GROUND | {"ends": "2026-01-01"}}}))
    assert policy.grounds["harm"].in_force(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"version": ""}, "version: "),
        ({"version": "x" * 51}, "version: "),
        ({"longest_consent": 0}, "longest_consent: "),
        ({"longest_consent": None}, "longest_consent: "),
        ({"all_needed": ["everything"]}, "all_needed.0: "),
        ({"retired": {"old": "yesterday"}}, "retired.old: "),
        ({"surprise": 1}, "surprise: "),
        ({"grounds": {"harm": _GROUND | {"longest": 0}}}, "grounds.harm.longest: "),
        ({"grounds": {"harm": _GROUND | {"longest": 367}}}, "grounds.harm.longest: "),
        ({"grounds": {"harm": _GROUND | {"longest": None}}}, "grounds.harm.longest: "),
        ({"grounds": {"harm": _GROUND | {"source": ""}}}, "grounds.harm.source: "),
        ({"grounds": {"harm": _GROUND | {"starts": "soon"}}}, "grounds.harm.starts: "),
        ({"grounds": {"harm": _GROUND | {"needs": ["luck"]}}}, "grounds.harm.needs.0: "),
        ({"grounds": {"harm": _GROUND | {"for_ever": True}}}, "grounds.harm.for_ever: "),
        (
            {"grounds": {"harm": _GROUND | {"ends": "2025-12-31"}}},
            "grounds.harm: Value error, ends before it starts",
        ),
    ],
)
def test_what_is_no_policy_is_refused_by_its_path(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(PolicyInvalid) as raised:
        parse(json.dumps(_POLICY | change))
    assert len(raised.value.faults) == 1
    assert raised.value.faults[0].startswith(fault)
    assert str(raised.value) == raised.value.faults[0]


def test_each_fault_is_named() -> None:
    with pytest.raises(PolicyInvalid) as raised:
        parse(json.dumps(_POLICY | {"version": "", "longest_consent": 0}))
    assert str(raised.value) == (
        "version: String should have at least 1 character; "
        "longest_consent: Input should be greater than or equal to 1"
    )


def test_what_is_missing_is_named() -> None:
    with pytest.raises(PolicyInvalid) as raised:
        parse("{}")
    assert {fault.split(":")[0] for fault in raised.value.faults} == set(_POLICY)


def test_what_is_no_json_is_no_policy() -> None:
    with pytest.raises(PolicyInvalid, match="JSON"):
        parse("[")
