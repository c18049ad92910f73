"""Decisions to share or not to, what went to whom, and notices, as they are stored. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from kith.consent.v1 import sharing_pb2 as pb


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision to share or not to, but for its words. `end_date`: the last day it holds, if it was ended early."""

    id: UUID
    child_id: UUID
    organisation_id: UUID
    outcome: pb.SharingDecision.Outcome
    scope: int
    purposes: frozenset[int]
    means: frozenset[int]
    recipient_organisation_ids: frozenset[UUID]
    recipient_service_ids: frozenset[UUID]
    consent_id: UUID | None
    ground: pb.SharingDecision.Ground
    order_end_date: date | None
    consent_not_used: pb.SharingDecision.ConsentNotUsed
    family_informed: pb.SharingDecision.FamilyInformed
    not_shared: pb.SharingDecision.NotShared
    sealed_words: bytes
    says: frozenset[str]
    decider_practitioner_id: UUID
    reviewer_practitioner_id: UUID | None
    decide_date: date
    review_date: date
    end_date: date | None
    onward_of_share_id: UUID | None
    version: int
    create_time: datetime
    update_time: datetime

    def changed(self, now: datetime) -> "StoredDecision":
        """Return it with the next version."""
        return replace(self, version=self.version + 1, update_time=now)


@dataclass(frozen=True, slots=True)
class StoredShare:
    """That something went to a recipient."""

    id: UUID
    sharing_decision_id: UUID
    recipient_organisation_id: UUID
    recipient_service_id: UUID | None
    state: pb.Share.State
    end_reason: pb.Share.EndReason
    share_time: datetime
    receive_time: datetime | None
    understood: bool
    end_time: datetime | None


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """What a recipient has to know."""

    id: UUID
    child_id: UUID
    recipient_organisation_id: UUID
    organisation_id: UUID
    kind: pb.Notice.Kind
    consent_id: UUID | None
    share_id: UUID | None
    create_time: datetime
    acknowledge_time: datetime | None
