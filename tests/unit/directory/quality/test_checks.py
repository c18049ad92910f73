"""What is found wrong with an entry, and how complete it is (issue 7, no. 4)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.directory.v1.quality_pb2 import Finding as FindingMessage
from services.directory.quality import checks, completeness, finding, policy, schedules
from services.directory.quality.finding import Finding, FindingKind

_CASES = Path(__file__).parents[3] / "cases"
_CHECKS: dict[str, Any] = yaml.safe_load((_CASES / "quality_checks.yaml").read_text(encoding="utf-8"))
_COMPLETENESS = yaml.safe_load((_CASES / "quality_completeness.yaml").read_text(encoding="utf-8"))["cases"]
_POLICY = policy.load(policy.SHIPPED)


@pytest.mark.parametrize("case", _CHECKS["cases"], ids=lambda case: case["name"])
def test_what_is_wrong_is_found_at_its_place_and_nothing_else(case: dict[str, Any]) -> None:
    """The table of quality_checks.yaml."""
    found = checks.findings(_CHECKS["document"] | case["part"], _CHECKS["today"])
    assert {one.pointer: one.kind.name for one in found} == case["finds"]


@pytest.mark.parametrize("case", _COMPLETENESS, ids=lambda case: case["name"])
def test_how_complete_an_entry_is_and_what_is_missing(case: dict[str, Any]) -> None:
    """The table of quality_completeness.yaml."""
    table = _POLICY.completeness[case["kind"]]
    found = completeness.of(table, case["document"], case.get("locations", ()))
    assert (found.score, [part.code for part in found.missing]) == (case["score"], case["missing"])


def test_every_kind_of_finding_has_its_words_and_is_in_the_contract() -> None:
    assert finding.undecided() == []
    numbers = {f"KIND_{kind.name}": kind.value for kind in FindingKind}
    assert numbers == {name: value for name, value in FindingMessage.Kind.items() if value}


def test_old_capacity_and_what_its_publisher_no_longer_sends_are_told() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    old, vanished = Finding("", FindingKind.CAPACITY_OLD), Finding("", FindingKind.VANISHED)
    assert checks.of_the_entry(None, None, now) == []
    assert checks.of_the_entry(now - timedelta(weeks=7), None, now) == []
    assert checks.of_the_entry(now - timedelta(weeks=9), None, now) == [old]
    assert checks.of_the_entry(now - timedelta(weeks=9), now, now) == [old, vanished]


def test_the_policy_that_kith_comes_with_asks_for_nothing_unknown() -> None:
    assert completeness.unknown(_POLICY.completeness) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "not JSON"),
        ('{"version": "1"}', "review"),
        (policy.SHIPPED.read_text(encoding="utf-8").replace('"weight": 12', '"weight": 13'), ""),
        (policy.SHIPPED.read_text(encoding="utf-8").replace("0.02", "1.5"), "hiding.share_per_day"),
        (
            policy.SHIPPED.read_text(encoding="utf-8").replace("hide_days", "hide_dais"),
            "review.ORGANIZATION.hide_days",
        ),
    ],
)
def test_a_policy_that_is_none_says_where(tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(policy.PolicyInvalid) as invalid:
        policy.load(file)
    assert place in invalid.value.places


_WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
_NUMBERED = st.builds("{}{}".format, st.sampled_from(["1", "2", "5", "-1", "-5"]), _WEEKDAYS)
_DAYS = st.dates(date(2015, 1, 1), date(2040, 1, 1))


@st.composite
def _schedules(draw: st.DrawFn) -> dict[str, Any]:
    """Schedules as they are written; none that never takes place, which dateutil would look for until the year 9999."""
    start = draw(_DAYS)
    schedule: dict[str, Any] = {"dtstart": start.isoformat(), "wkst": draw(_WEEKDAYS)}
    if draw(st.booleans()):
        schedule |= {"freq": "WEEKLY", "interval": draw(st.integers(1, 14))}
        days, numbers = draw(st.lists(_WEEKDAYS, max_size=3, unique=True)), []
    else:
        schedule |= {"freq": "MONTHLY", "interval": draw(st.integers(1, 7))}
        # Of "MO,2TU" dateutil makes none at all, RFC 5545 both.
        days = draw(st.lists(_WEEKDAYS, max_size=3) | st.lists(_NUMBERED, max_size=3))
        numbers = [] if days else draw(st.lists(st.integers(-31, 31).filter(bool), max_size=3, unique=True))
    if days:
        schedule["byday"] = ",".join(days)
    if numbers:
        schedule["bymonthday"] = ",".join(map(str, numbers))
    end = draw(st.sampled_from(["", "until", "count"]))
    if end == "until":
        schedule["until"] = draw(st.dates(start, start + timedelta(days=4000))).isoformat()
    if end == "count":
        schedule["count"] = draw(st.integers(1, 20))
    return schedule


def _by_dateutil(schedule: dict[str, Any]) -> Iterator[datetime]:
    fields = {name: value for name, value in schedule.items() if name != "dtstart"}
    if "until" in fields:
        fields["until"] = fields["until"].replace("-", "")
    rule = ";".join(f"{name.upper()}={value}" for name, value in fields.items())
    return iter(rrulestr(rule, dtstart=datetime.fromisoformat(schedule["dtstart"])))


@given(_schedules(), st.integers(-400, 1000))
@settings(max_examples=60)
def test_a_schedule_takes_place_when_rfc_5545_says_so(schedule: dict[str, Any], days: int) -> None:
    """As by dateutil, over the five years that are looked at."""
    start = date.fromisoformat(schedule["dtstart"])
    since = start + timedelta(days=days)
    ours = schedules.read(schedule)
    assert ours is not None
    looked_from = start if "count" in schedule else max(start, since)
    horizon = looked_from + timedelta(days=5 * 366 - 1)
    theirs = takewhile(lambda found: found.date() <= horizon, _by_dateutil(schedule))
    wanted = [found.date() for found in theirs if found.date() >= since]
    assert list(ours.days(since)) == wanted
