"""A consent and its life: asked for, given or refused, then ended one way or another (CON-1, CON-3, CON-11). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from kith.access.v1 import purpose_pb2
from kith.consent.v1 import consent_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.consent.refusals import ConsentState, ConsentWithdrawn

State = pb.Consent.State
_REQUESTED, _GIVEN, _FROZEN = pb.Consent.STATE_REQUESTED, pb.Consent.STATE_GIVEN, pb.Consent.STATE_FROZEN
_WITHDRAWN, _EXPIRED = pb.Consent.STATE_WITHDRAWN, pb.Consent.STATE_EXPIRED
_SUPERSEDED, _REFUSED = pb.Consent.STATE_SUPERSEDED, pb.Consent.STATE_REFUSED
_INVALIDATED = pb.Consent.STATE_INVALIDATED

USUAL_PURPOSES: Final = frozenset({
    purpose_pb2.PURPOSE_PROVIDE_SERVICE, purpose_pb2.PURPOSE_SAFEGUARD, purpose_pb2.PURPOSE_COORDINATE_SUPPORT,
})  # fmt: skip
"""For what a consent is where its recorder does not say: never to examine or to answer somebody without access."""
USUAL_MEANS: Final = frozenset({pb.Consent.MEANS_INDEX})

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType({
    _REQUESTED: frozenset({_REFUSED, _SUPERSEDED, _WITHDRAWN, _INVALIDATED, _EXPIRED}),
    _GIVEN: frozenset({_WITHDRAWN, _SUPERSEDED, _INVALIDATED, _EXPIRED, _FROZEN}),
    _FROZEN: frozenset({_WITHDRAWN, _SUPERSEDED, _INVALIDATED, _EXPIRED}),
    # That it never was one can also come out afterwards.
    _WITHDRAWN: frozenset({_INVALIDATED}),
    _SUPERSEDED: frozenset({_INVALIDATED}),
    _EXPIRED: frozenset({_INVALIDATED}),
    _REFUSED: frozenset({_INVALIDATED}),
    _INVALIDATED: frozenset(),
})  # fmt: skip
"""What may become of a consent in each state."""


@dataclass(frozen=True, slots=True)
class Consent:
    """That somebody was asked, or agreed, to something about a child; what was said or shown is not here.

    `child_id` is the internal id. `version` grows by one with each event about the consent, from 1. `say_date` is the
    day it was given, refused or asked for. Of one asked for, `expire_date` is the day an answer is expected by.
    `freeze_date` is the first day on which what it rests on is over, as far as is known. `needed_person_ids` says who
    else has to give it, if that is all it lacks.
    """

    id: UUID
    child_id: UUID
    recording_organisation_id: UUID
    scope: pb.Consent.Scope
    recipient_organisation_ids: frozenset[UUID]
    giver: pb.Consent.Giver
    method: pb.Consent.Method
    wording_version: str
    start_date: date
    expire_date: date
    state: State
    version: int
    update_time: datetime
    kind: pb.Consent.Kind
    purposes: frozenset[int]
    means: frozenset[int]
    recipient_service_ids: frozenset[UUID]
    giver_person_id: UUID | None
    entitled: bool
    competence_assessment_id: UUID | None
    recorder_practitioner_id: UUID | None
    say_date: date
    review_date: date | None
    wording_id: UUID | None
    wording_sha256: bytes
    superseding_consent_id: UUID | None
    invalidity: pb.Consent.Invalidity
    freeze_reason: pb.Consent.Freeze
    freeze_date: date | None
    limits_explained: bool
    create_time: datetime
    needed_person_ids: frozenset[UUID] = frozenset()

    def withdrawn(self, now: datetime) -> "Consent":
        """Return it as withdrawn. Raises ConsentWithdrawn if it was before, ConsentState if it has ended."""
        if self.state == _WITHDRAWN:
            raise ConsentWithdrawn
        return self._become(_WITHDRAWN, now)

    def refused(self, now: datetime) -> "Consent":
        """Return it as refused. Raises ConsentState unless it was asked for."""
        return self._become(_REFUSED, now)

    def superseded(self, by: UUID, now: datetime) -> "Consent":
        """Return it with another in its place. Raises ConsentState if it has ended."""
        return replace(self._become(_SUPERSEDED, now), superseding_consent_id=by)

    def invalidated(self, why: pb.Consent.Invalidity, now: datetime) -> "Consent":
        """Return it as never having been a consent. Raises ConsentState if it was found so before."""
        return replace(self._become(_INVALIDATED, now), invalidity=why)

    def expired(self, now: datetime) -> "Consent":
        """Return it as expired. Raises ConsentState if it has ended, or its last day is not over."""
        if now.date() <= self.expire_date:
            raise ConsentState
        return self._become(_EXPIRED, now)

    def frozen(self, why: pb.Consent.Freeze, now: datetime) -> "Consent":
        """Return it as one to be asked for again. Raises ConsentState unless it holds."""
        return replace(self._become(_FROZEN, now), freeze_reason=why)

    def reviewed(self, review_date: date, now: datetime) -> "Consent":
        """Return it with the day of the next review. Raises ConsentState unless it holds, InvalidArgument."""
        if self.state != _GIVEN:
            raise ConsentState
        require_review(review_date, now.date(), self.expire_date)
        return replace(self, review_date=review_date, version=self.version + 1, update_time=now)

    def rests_until(self, freeze_date: date | None, now: datetime) -> "Consent":
        """Return it with another first day on which what it rests on is over; as it is if the day is the same."""
        if freeze_date == self.freeze_date:
            return self
        return replace(self, freeze_date=freeze_date, version=self.version + 1, update_time=now)

    def _become(self, state: State, now: datetime) -> "Consent":
        if state not in TRANSITIONS[self.state]:
            raise ConsentState
        return replace(self, state=state, version=self.version + 1, update_time=now)


def require_review(review_date: date, today: date, expire_date: date) -> None:
    """Raise InvalidArgument for a day of review outside the time it holds."""
    if not today <= review_date <= expire_date:
        raise InvalidArgument([("review_date", "must not have passed, nor lie after the last day it holds")])
