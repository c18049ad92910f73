"""Entries and their revisions, and what may become of them. Pure.

    DRAFT -- approve --> PUBLISHED <-- reopen -- TEMPORARILY_CLOSED
      |                   |  ^  `-- close ---------------^
      |                   |  approve
      `---- withdraw ---> WITHDRAWN, HIDDEN (by the review cycle)

A revision is DRAFT, then SUBMITTED, then APPROVED or REJECTED; SUPERSEDED when another took its place before that.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from kith.directory.v1 import entry_pb2
from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from kith.directory.v1.entry_pb2 import Revision as RevisionMessage
from services.directory.refusals import EntryStands, OwnSubmission, RevisionStands

_SHOWN = frozenset({EntryMessage.STATE_PUBLISHED, EntryMessage.STATE_TEMPORARILY_CLOSED})


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: a row of the table of that name, where each column is described."""

    id: UUID
    kind: entry_pb2.EntryKind
    organisation_id: UUID | None
    source_id: UUID | None
    state: EntryMessage.State
    published_revision: int | None
    latest_revision: int
    visible_from: datetime | None
    visible_until: datetime | None
    assured_time: datetime | None
    assurer: str | None
    review_due_date: date | None
    unconfirmed_since: date | None
    vanished_time: datetime | None
    capacity: entry_pb2.Capacity.State | None
    waiting_weeks: int | None
    capacity_time: datetime | None
    update_time: datetime

    @property
    def etag(self) -> str:
        """What changes with each change of the entry. Every one moves its time, under the lock of its row."""
        stands = f"{self.id} {self.state} {self.latest_revision} {self.update_time.isoformat()}"
        return base64.urlsafe_b64encode(blake2b(stands.encode(), digest_size=15).digest()).decode()

    def shown(self, now: datetime) -> bool:
        """Whether the public may see its published revision at a time."""
        return self.published_revision is not None and self.state in _SHOWN and self._in_time(now)

    def carries(self, now: datetime) -> bool:
        """Whether others may show it as a part of them: a stale organisation does not take its services with it."""
        stale = self.state == EntryMessage.STATE_HIDDEN and self.published_revision is not None
        return self.shown(now) or (stale and self._in_time(now))

    def _in_time(self, now: datetime) -> bool:
        begun = self.visible_from is None or self.visible_from <= now
        return begun and (self.visible_until is None or now < self.visible_until)

    def revised(self, now: datetime) -> "Entry":
        """Return the entry with one revision more."""
        return replace(self, latest_revision=self.latest_revision + 1, update_time=now)

    def published(self, number: int, now: datetime) -> "Entry":
        """Return the entry with an approved revision; a temporary closure lasts through it."""
        closed = self.state == EntryMessage.STATE_TEMPORARILY_CLOSED
        state = self.state if closed else EntryMessage.STATE_PUBLISHED
        return replace(self, state=state, published_revision=number, update_time=now)

    def withdrawn(self, now: datetime) -> "Entry":
        """Return the entry as withdrawn; the same object if it is."""
        if self.state == EntryMessage.STATE_WITHDRAWN:
            return self
        return replace(self, state=EntryMessage.STATE_WITHDRAWN, update_time=now)

    def closed(self, now: datetime) -> "Entry":
        """Return a published service as temporarily closed; the same object if it is. Raises EntryStands."""
        return self._turned(EntryMessage.STATE_TEMPORARILY_CLOSED, now)

    def reopened(self, now: datetime) -> "Entry":
        """Return a closed service as open; the same object if it is. Raises EntryStands."""
        return self._turned(EntryMessage.STATE_PUBLISHED, now)

    def visible(self, begin: datetime | None, end: datetime | None, now: datetime) -> "Entry":
        """Return the entry to be seen from `begin` until `end`; None for always."""
        return replace(self, visible_from=begin, visible_until=end, update_time=now)

    def touched(self, now: datetime) -> "Entry":
        """Return the entry with a new etag: something that hangs on it has changed."""
        return replace(self, update_time=now)

    def _turned(self, state: EntryMessage.State, now: datetime) -> "Entry":
        if self.kind != entry_pb2.ENTRY_KIND_SERVICE or self.state not in _SHOWN:
            raise EntryStands(self.state)
        return self if self.state == state else replace(self, state=state, update_time=now)


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision: a row of the table of that name, where each column is described."""

    entry_id: UUID
    number: int
    document: dict[str, Any]
    state: RevisionMessage.State
    author: str
    author_organisation_id: UUID | None
    submitter: str | None
    note: str
    create_time: datetime
    reviewer: str | None
    review_note: str | None
    review_time: datetime | None
    provenance: Mapping[str, Any]

    def submitted(self, submitter: str) -> "Revision":
        """Return a draft as handed to the editors. Raises RevisionStands."""
        self._must_be(RevisionMessage.STATE_DRAFT)
        return replace(self, state=RevisionMessage.STATE_SUBMITTED, submitter=submitter)

    def approved(self, reviewer: str, note: str, now: datetime) -> "Revision":
        """Return a submission as approved. Raises RevisionStands, OwnSubmission."""
        return self._decided(RevisionMessage.STATE_APPROVED, reviewer, note, now)

    def rejected(self, reviewer: str, note: str, now: datetime) -> "Revision":
        """Return a submission as rejected. Raises RevisionStands, OwnSubmission."""
        return self._decided(RevisionMessage.STATE_REJECTED, reviewer, note, now)

    def _decided(self, state: RevisionMessage.State, reviewer: str, note: str, now: datetime) -> "Revision":
        self._must_be(RevisionMessage.STATE_SUBMITTED)
        if reviewer in {self.author, self.submitter}:
            raise OwnSubmission
        return replace(self, state=state, reviewer=reviewer, review_note=note, review_time=now)

    def _must_be(self, state: RevisionMessage.State) -> None:
        if self.state != state:
            raise RevisionStands(self.state)
