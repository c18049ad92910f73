"""How the public pages say of a service when, for whom, at what cost and how far it is."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.gateway import service_wording

CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "service_wording.yaml").read_text(encoding="utf-8")
)
TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize("case", CASES["ages"], ids=lambda case: str(case["service"]))
def test_ages(case: dict[str, Any]) -> None:
    assert service_wording.ages(case["service"]) == case["says"]


@pytest.mark.parametrize("case", CASES["schedules"], ids=lambda case: str(case["schedule"]))
def test_schedules(case: dict[str, Any]) -> None:
    assert service_wording.schedule(case["schedule"]) == case["says"]


@pytest.mark.parametrize("case", CASES["costs"], ids=lambda case: str(case["option"]))
def test_costs(case: dict[str, Any]) -> None:
    assert service_wording.cost(case["option"]) == case["says"]


@pytest.mark.parametrize("case", CASES["distances"], ids=lambda case: str(case["metres"]))
def test_distances(case: dict[str, Any]) -> None:
    assert service_wording.distance(case["metres"]) == case["says"]


@pytest.mark.parametrize("case", CASES["checked"], ids=lambda case: str(case["service"]))
def test_when_it_was_checked(case: dict[str, Any]) -> None:
    """DOMAIN 2.4: last checked is said, and a year without is too old."""
    checked = service_wording.checked(case["service"], TODAY)
    assert (checked.sentence, checked.is_old) == (case["says"], case["old"])


@pytest.mark.parametrize("case", CASES["links"], ids=lambda case: case["text"])
def test_what_a_browser_may_follow(case: dict[str, Any]) -> None:
    assert bool(service_wording.web_link(case["text"])) is case["is_link"]


@pytest.mark.parametrize("case", CASES["once"], ids=lambda case: str(case["lines"]))
def test_nothing_is_said_twice(case: dict[str, Any]) -> None:
    assert service_wording.once(case["lines"]) == case["says"]


@pytest.mark.parametrize("case", CASES["towns"], ids=lambda case: str(case["places"]))
def test_the_town_of_the_nearest_place(case: dict[str, Any]) -> None:
    assert service_wording.towns(case["places"], case["origin"]) == case["says"]


@pytest.mark.parametrize("case", CASES["words"], ids=lambda case: case["text"])
def test_dates_in_text(case: dict[str, Any]) -> None:
    assert service_wording.in_words(case["text"]) == case["says"]
