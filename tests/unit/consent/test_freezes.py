"""Which consents are asked for again: the table of tests/cases/consent_freezes.yaml (issue 6 item 2)."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.consent.rules.responsibility import Freeze, FreezeReason, Rests, what_freezes
from tests.unit.consent import families
from tests.unit.consent.families import ref

_FILE = Path(__file__).parents[2] / "cases" / "consent_freezes.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["cases"]
_DAD = {"relations": [["dad", "father", {"registered": date(2012, 7, 1)}]]}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    assert set(case) <= {"name", "giver", "judged", "today", "before", "after", "asked", "reason"}
    before = families.family(_DAD | case.get("before", {}))
    after = families.family(_DAD | case.get("after", case.get("before", {})))
    rests = Rests(
        ref("consent"),
        ref(case["giver"]),
        families.asked(case.get("asked", {})),
        case.get("judged", families.TODAY),
    )
    found = what_freezes(before, after, [rests], case.get("today", date(2026, 11, 23)))
    reason = case["reason"]
    assert found == (() if reason is None else (Freeze(ref("consent"), FreezeReason(reason)),))


def test_every_reason_has_a_case() -> None:
    assert {case["reason"] for case in _CASES} == {None, *FreezeReason}


def test_each_consent_is_judged_for_itself() -> None:
    """Found are those that no longer stand, in the order in which they were asked about."""
    family = families.family(_DAD)
    asked = families.asked({})
    mine = Rests(ref("mine"), ref("mum"), asked, families.TODAY)
    other = Rests(ref("other"), ref("gran"), asked, families.TODAY)
    third = Rests(ref("third"), ref("aunt"), asked, families.TODAY)
    found = what_freezes(family, family, [other, mine, third], families.TODAY)
    assert [freeze.consent_id for freeze in found] == [ref("other"), ref("third")]
