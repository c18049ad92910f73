"""When an entry is to be confirmed, and what becomes of one that is not: asked, marked, hidden (issue 7, no. 4). Pure.

Every step waits for days on which a round was made, counted one by one. A clock that jumps, forwards or back, is one
day to them: it can ask too early, and cannot mark or hide what its owner was not asked about for weeks.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from services.directory.quality.policy import Hiding, Policy, Reviewed


class State(IntEnum):
    """Where a review stands; the numbers of kith.directory.v1.Review.State."""

    CURRENT = 1
    ASKED = 2
    MARKED = 3
    HIDDEN = 4


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a public or hidden entry. The days are those of the steps, None for those not taken."""

    kind: Reviewed
    due: date
    state: State = State.CURRENT
    asked: date | None = None
    marked: date | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Whether hiding waits for an editor, and how many an editor has allowed that are not hidden yet."""

    held: bool = False
    allowed: int = 0


def cycle(policy: Policy, kind: Reviewed, service_kind: str) -> timedelta:
    """Return after how long an entry is to be confirmed again; `service_kind` is empty for what is no service."""
    review = policy.review[kind]
    return timedelta(days=review.by_service_kind.get(service_kind, review.cycle_days))


def due(policy: Policy, kind: Reviewed, service_kind: str, assured: date, today: date) -> date:
    """Return the day by which an entry is to be confirmed that was confirmed, or published, on `assured`."""
    # A confirmation of the future was made while the clock was wrong.
    return min(assured, today) + cycle(policy, kind, service_kind)


def step(policy: Policy, review: Review, today: date, rounds: Sequence[date]) -> Review:
    """Return the review after this round; `rounds` are all days on which one was made, in order.

    At most one step is taken, and never that of hiding: `may_hide` says which entries that is open to, and `hide`
    how many of them.
    """
    review = _not_ahead(review, today)
    asking = policy.asking
    if review.state == State.HIDDEN:
        return review
    if review.due - timedelta(days=asking.days_before_due) > today:
        return Review(review.kind, review.due)
    if review.asked is None:
        return Review(review.kind, review.due, State.ASKED, today)
    waited = _rounds_since(review.asked, today, rounds) >= asking.least_days_asked
    if review.state == State.ASKED and review.due < today and waited:
        return Review(review.kind, review.due, State.MARKED, review.asked, today)
    if review.state == State.MARKED and review.due >= today:
        return Review(review.kind, review.due, State.ASKED, review.asked)
    return review


def may_hide(policy: Policy, review: Review, today: date, rounds: Sequence[date]) -> bool:
    """Whether an entry was marked for long enough, and its owner asked for long enough, that it may be hidden."""
    days = policy.review[review.kind].hide_days
    if days is None or review.state != State.MARKED or review.asked is None or review.marked is None:
        return False
    return (
        review.due + timedelta(days=days) < today
        and _rounds_since(review.asked, today, rounds) >= policy.asking.least_days_asked
        and _rounds_since(review.marked, today, rounds) >= policy.asking.least_days_marked
    )


def hide(hiding: Hiding, hold: Hold, candidates: int, public: int, hidden_today: int) -> tuple[int, Hold]:
    """Return how many of the candidates to hide in this round, the longest overdue first, and what waits then.

    When more are to be hidden in a day than the policy lets be hidden without an editor, its share goes and the rest
    waits: for an editor, or until owners have confirmed so many that the rest is within the share.
    """
    share = max(hiding.always_allowed, int(hiding.share_per_day * public)) - hidden_today
    if candidates <= max(share, 0):
        return candidates, Hold()
    if hold.held:
        number = min(hold.allowed, candidates)
        return number, Hold(held=True, allowed=hold.allowed - number)
    return max(share, 0), Hold(held=True)


def _not_ahead(review: Review, today: date) -> Review:
    """Return the review with no step in the future: those were taken while the clock was ahead."""
    if review.asked is not None and review.asked > today:
        return Review(review.kind, review.due, min(review.state, State.ASKED), today)
    if review.state == State.MARKED and review.marked is not None and review.marked > today:
        return Review(review.kind, review.due, State.ASKED, review.asked)
    return review


def _rounds_since(day: date, today: date, rounds: Sequence[date]) -> int:
    """Return on how many days after `day`, up to today, a round was made."""
    return max(bisect_right(rounds, today) - bisect_right(rounds, day), 0)
