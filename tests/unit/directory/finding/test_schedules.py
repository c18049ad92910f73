"""When a service is open, for those who can come at certain times only."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.directory.finding.schedules import Opening, openings

CASES = yaml.safe_load(
    (Path(__file__).parents[3] / "cases" / "directory_schedules.yaml").read_text(encoding="utf-8")
)
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_schedules_say_days_and_times(case: dict[str, Any]) -> None:
    assert list(openings(case["schedule"], TODAY)) == [Opening(*one) for one in case["openings"]]


@pytest.mark.parametrize(
    ("opening", "day", "minute", "covered"),
    [
        (Opening("TU", 600, 720), "TU", 600, True),
        (Opening("TU", 600, 720), "TU", 719, True),
        (Opening("TU", 600, 720), "TU", 720, False),
        (Opening("TU", 600, 720), "WE", 600, False),
        (Opening("SU", 1320, 120), "SU", 1400, True),
        (Opening("SU", 1320, 120), "MO", 60, True),
        (Opening("SU", 1320, 120), "SU", 60, False),
        (Opening("SU", 1320, 120), "MO", 120, False),
        (Opening("TU", 600, None), "TU", 600, False),
    ],
)
def test_open_at_a_minute_also_past_midnight(opening: Opening, day: str, minute: int, covered: bool) -> None:
    assert opening.covers(frozenset([day]), minute) is covered


@pytest.mark.parametrize(
    ("start", "end", "within"),
    [
        (600, 720, True),
        (601, None, False),
        (None, 719, False),
        (0, 1439, True),
        (None, None, True),
    ],
)
def test_within_times_as_open_referral_uk_has_it(start: int | None, end: int | None, within: bool) -> None:
    assert Opening("TU", 600, 720).within(start, end) is within
    # What it does not say is not so.
    assert Opening("TU", None, None).within(start, end) is (start is None and end is None)
