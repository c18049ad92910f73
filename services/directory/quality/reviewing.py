"""Asks owners, marks what they do not confirm, and hides it in the end: each step stored and public at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from services.chassis.database import Connection
from services.chassis.telemetry import log
from services.directory.editing import store as entry_store
from services.directory.editing.entry import Entry
from services.directory.editing.publishing import publish
from services.directory.quality import review, review_store
from services.directory.quality.examining import REVIEWED
from services.directory.quality.policy import Policy
from services.directory.quality.review import Review, State
from services.directory.quality.review_store import OpenReview

_AT_ONCE: Final = 1000
# Each makes publications anew, for which others wait.
_CHANGED_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Round:
    """One look at all reviews: by which policy, when, and on which days there was one, today among them."""

    policy: Policy
    now: datetime
    days: Sequence[date]

    @property
    def today(self) -> date:
        """The day of the round."""
        return self.now.date()

    def after(self, stored: OpenReview) -> Review:
        """Return the review after this round."""
        return review.step(self.policy, _read(stored), self.today, self.days)

    def may_hide(self, stored: OpenReview) -> bool:
        """Whether the entry may be hidden."""
        return review.may_hide(self.policy, _read(stored), self.today, self.days)


async def make_round(connection: Connection, policy: Policy, now: datetime) -> int:
    """Take the steps that are due today; returns how many entries were marked, hidden or shown again."""
    this = Round(policy, now, await review_store.note_round(connection, now.date()))
    changed, after = 0, UUID(int=0)
    candidates: list[tuple[date, UUID]] = []
    until = this.today + timedelta(days=policy.asking.days_before_due)
    while page := await review_store.due_or_open(connection, until, after, _AT_ONCE):
        after = page[-1].entry_id
        moved = [one.entry_id for one in page if this.after(one) != _read(one)]
        for some in _pieces(moved):
            changed += await _step(connection, this, some)
        candidates += [(one.due_date, one.entry_id) for one in page if this.may_hide(one)]
    return changed + await _hide(connection, this, sorted(candidates))


async def _step(connection: Connection, this: Round, entry_ids: Collection[UUID]) -> int:
    """Store the steps of reviews; returns of how many the public sees something. Reads again under the locks."""
    async with connection.transaction():
        entries = await entry_store.lock_entries(connection, entry_ids)
        steps = [(one, this.after(one)) for one in await review_store.reviews(connection, entries)]
        steps = [(one, after) for one, after in steps if after != _read(one)]
        closed = [one.entry_id for one, after in steps if after.state == State.CURRENT]
        await review_store.close(connection, closed)
        await review_store.open_reviews(
            connection,
            [
                replace(one, state=after.state, ask_date=after.asked, mark_date=after.marked)
                for one, after in steps
                if after.state != State.CURRENT
            ],
        )
        seen = []
        for one, after in steps:
            entry = entries[one.entry_id]
            # Since it was last confirmed or, if later, written.
            confirmed = max(one.written_time, entry.assured_time or one.written_time).date()
            since = min(confirmed, this.today) if after.state == State.MARKED else None
            if since != entry.unconfirmed_since:
                seen.append(replace(entry, unconfirmed_since=since, update_time=this.now))
        await _publish(connection, seen, this.now)
    return len(seen)


async def _hide(connection: Connection, this: Round, candidates: Sequence[tuple[date, UUID]]) -> int:
    """Hide as many of the candidates as may be hidden today, and hold the rest for an editor."""
    hold, _, _ = await review_store.hold(connection)
    number, after = review.hide(
        this.policy.hiding,
        hold,
        len(candidates),
        await review_store.public_count(connection),
        await review_store.hidden_on(connection, this.today),
    )
    hidden = 0
    # Kept first: a round that is cut off has allowed no more than it said.
    await review_store.keep_hold(connection, after, len(candidates) - number, this.now)
    if after.held and not hold.held:
        log.warning("hiding of stale entries waits for an editor", waiting=len(candidates) - number)
    for some in _pieces([entry_id for _, entry_id in candidates[:number]]):
        hidden += await _hide_some(connection, this, some)
    return hidden


async def _hide_some(connection: Connection, this: Round, entry_ids: Collection[UUID]) -> int:
    async with connection.transaction():
        entries = await entry_store.lock_entries(connection, entry_ids)
        stale = [
            entries[one.entry_id]
            for one in await review_store.reviews(connection, entries)
            if this.may_hide(one)
        ]
        await review_store.hide(connection, [(entry.id, entry.state) for entry in stale], this.today)
        hidden = [replace(entry, state=EntryMessage.STATE_HIDDEN, update_time=this.now) for entry in stale]
        await _publish(connection, hidden, this.now)
    return len(hidden)


async def _publish(connection: Connection, entries: Collection[Entry], now: datetime) -> None:
    if entries:
        await entry_store.change_entries(connection, list(entries))
        await publish(connection, [entry.id for entry in entries], now)


def _read(stored: OpenReview) -> Review:
    state = State.CURRENT if stored.state is None else State(stored.state)
    if state == State.HIDDEN and stored.entry_state != EntryMessage.STATE_HIDDEN:
        # A new revision brought it back.
        state = State.MARKED
    return Review(REVIEWED[stored.kind], stored.due_date, state, stored.ask_date, stored.mark_date)


def _pieces(entry_ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    for start in range(0, len(entry_ids), _CHANGED_AT_ONCE):
        yield entry_ids[start : start + _CHANGED_AT_ONCE]
