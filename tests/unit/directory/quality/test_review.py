"""What becomes of entries that nobody confirms, whatever the clock does (issue 7, no. 4)."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.directory.quality import policy, review
from services.directory.quality.policy import Hiding, Reviewed
from services.directory.quality.review import Hold, Review, State

_CASES = Path(__file__).parents[3] / "cases"
_REVIEWS = yaml.safe_load((_CASES / "quality_review.yaml").read_text(encoding="utf-8"))["cases"]
_POLICY = policy.load(policy.SHIPPED)
_CONFIRMED = date(2026, 1, 1)


def _days(rounds: dict[str, int]) -> list[int]:
    days = list(range(rounds["from"], rounds["to"] + 1, rounds.get("every", 1)))
    if "again_from" in rounds:
        days += range(rounds["again_from"], rounds["again_to"] + 1)
    return days


@pytest.mark.parametrize("case", _REVIEWS, ids=lambda case: case["name"])
def test_when_each_step_is_taken(case: dict[str, Any]) -> None:
    """The table of quality_review.yaml."""
    steps: dict[str, Any] = dict.fromkeys(("asked", "marked", "may_hide"), "never")
    observed: list[date] = []
    due = _CONFIRMED + review.cycle(_POLICY, case["kind"], case.get("service_kind", ""))
    state = Review(case["kind"], due)
    for number in _days(case["rounds"]):
        today = _CONFIRMED + timedelta(days=number)
        observed.append(today)
        state = review.step(_POLICY, state, today, observed)
        taken = {
            "asked": state.asked is not None,
            "marked": state.state == State.MARKED,
            "may_hide": review.may_hide(_POLICY, state, today, observed),
        }
        for name, now in taken.items():
            if now and steps[name] == "never":
                steps[name] = number
    assert steps == case["steps"]


def test_a_confirmation_of_the_future_counts_from_today() -> None:
    today = date(2026, 11, 22)
    assert review.due(_POLICY, "SERVICE", "", date(2036, 1, 1), today) == today + timedelta(days=182)


def test_a_new_policy_may_move_the_due_date_back_and_the_mark_goes() -> None:
    marked = Review("SERVICE", date(2027, 1, 1), State.MARKED, date(2026, 11, 1), date(2026, 11, 20))
    after = review.step(_POLICY, marked, date(2026, 12, 20), [])
    assert (after.state, after.asked) == (State.ASKED, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("hold", "candidates", "hidden_today", "hidden", "after"),
    [
        # Two of a hundred of 1000 public ones are a day's share of 20.
        (Hold(), 20, 0, 20, Hold()),
        (Hold(), 21, 0, 20, Hold(held=True)),
        (Hold(), 5, 18, 2, Hold(held=True)),
        (Hold(held=True), 21, 0, 0, Hold(held=True)),
        (Hold(held=True, allowed=30), 100, 0, 30, Hold(held=True)),
        (Hold(held=True, allowed=500), 100, 0, 100, Hold(held=True, allowed=400)),
        # Owners have confirmed: what is left is no flood.
        (Hold(held=True, allowed=7), 12, 0, 12, Hold()),
        (Hold(held=True), 1, 20, 0, Hold(held=True)),
        (Hold(held=True), 0, 20, 0, Hold()),
    ],
)
def test_a_flood_waits_for_an_editor(
    hold: Hold, candidates: int, hidden_today: int, hidden: int, after: Hold
) -> None:
    assert review.hide(_POLICY.hiding, hold, candidates, 1000, hidden_today) == (hidden, after)


def test_a_small_directory_may_lose_some_each_day() -> None:
    assert review.hide(Hiding(share_per_day=0.02, always_allowed=10), Hold(), 10, 15, 0) == (10, Hold())


class Clocks(RuleBasedStateMachine):
    """A directory whose rounds are made by a clock that jumps as it likes, and whose owners confirm now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.today = _CONFIRMED
        self.observed: set[date] = set()
        self.hold = Hold()
        self.allowed = 0
        self.reviews: dict[int, Review] = {}
        self.asked_rounds: dict[int, int] = {}
        self.hidden_on: dict[date, int] = {}
        self.hidden_in_round = 0

    @initialize(ages=st.lists(st.integers(0, 600), min_size=1, max_size=25))
    def published(self, ages: list[int]) -> None:
        """Each entry was confirmed so many days ago; the first round is made when most may be overdue."""
        kinds: list[Reviewed] = ["SERVICE", "ORGANIZATION"]
        for number, age in enumerate(ages):
            kind = kinds[number % 5 == 0]
            confirmed = self.today - timedelta(days=age)
            self.reviews[number] = Review(kind, confirmed + review.cycle(_POLICY, kind, ""))

    @rule(days=st.sampled_from([1, 1, 1, 2, 7, 30, 400, -1, -30, -400]))
    def clock_moves(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(days=st.integers(10, 45))
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.today += timedelta(days=1)
            self.round_is_made()

    @rule()
    def round_is_made(self) -> None:
        new = self.today not in self.observed
        self.observed.add(self.today)
        rounds = sorted(self.observed)
        for number, one in self.reviews.items():
            after = review.step(_POLICY, one, self.today, rounds)
            if after.asked is None or one.asked is None:
                self.asked_rounds[number] = 0
            elif new:
                self.asked_rounds[number] += 1
            self.reviews[number] = after
        candidates = [
            n for n, one in self.reviews.items() if review.may_hide(_POLICY, one, self.today, rounds)
        ]
        public = sum(one.state != State.HIDDEN for one in self.reviews.values())
        done = self.hidden_on.get(self.today, 0)
        before = self.hold
        count, self.hold = review.hide(_POLICY.hiding, self.hold, len(candidates), public, done)
        share = max(_POLICY.hiding.always_allowed, int(_POLICY.hiding.share_per_day * public))
        assert count <= max(share - done, before.allowed, 0)
        for number in candidates[:count]:
            one = self.reviews[number]
            assert one.kind == "SERVICE", "an organisation was hidden"
            least = _POLICY.asking.least_days_asked + _POLICY.asking.least_days_marked
            assert self.asked_rounds[number] >= least, "hidden without having been asked about for weeks"
            assert one.due < self.today
            self.reviews[number] = replace(one, state=State.HIDDEN)
        self.hidden_on[self.today] = done + count

    @rule(which=st.integers(0, 24))
    def owner_confirms(self, which: int) -> None:
        if which in self.reviews:
            kind = self.reviews[which].kind
            self.reviews[which] = Review(kind, review.due(_POLICY, kind, "", self.today, self.today))

    @rule(number=st.integers(1, 100))
    def editor_allows(self, number: int) -> None:
        if self.hold.held:
            self.hold = replace(self.hold, allowed=number)

    @invariant()
    def what_is_allowed_is_for_a_flood_alone(self) -> None:
        assert self.hold.held or self.hold.allowed == 0


TestClocks = Clocks.TestCase
TestClocks.settings = settings(max_examples=25, stateful_step_count=20)
