"""Whether a consent covers what somebody wants to do (DESIGN 5 no. 9, CON-3, CON-11). Pure.

The order of the rules is that of least said: why a consent no longer holds is told only of one that would have
covered the question, so nobody learns that another's consent was withdrawn. Cases: tests/cases/consent_decide.yaml.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kith.consent.v1 import consent_pb2
from kith.consent.v1.consent_service_pb2 import Answer, Question
from services.consent.consent import Consent


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: who wants to do what with which kind of fact, on which consent."""

    action: Question.Action
    consent_id: UUID
    scope: consent_pb2.Consent.Scope
    organisation_id: UUID


def decide(asked: Asked, consent: Consent | None, child_ids: Collection[UUID], today: date) -> Answer.Reason:
    """Return the reason of the answer; `REASON_CONSENT`, and it alone, means that it may be done.

    `consent` is the one asked about as it is stored now, None if there is none. `child_ids` are the child's record
    and those merged into it: a consent stays with the record it was given for, whatever is merged or taken apart.
    `today` is the day in UTC; a consent holds from its first to its last day, both included.
    """
    if consent is None or consent.id != asked.consent_id or consent.child_id not in child_ids:
        return Answer.REASON_NO_CONSENT
    if consent.scope != asked.scope:
        return Answer.REASON_OTHER_SCOPE
    if asked.organisation_id not in _organisations(asked.action, consent):
        return Answer.REASON_OTHER_RECIPIENT
    if consent.state != consent_pb2.Consent.STATE_GIVEN:
        return Answer.REASON_WITHDRAWN
    if not consent.start_date <= today <= consent.expire_date:
        return Answer.REASON_OUT_OF_TIME
    return Answer.REASON_CONSENT


def _organisations(action: Question.Action, consent: Consent) -> Collection[UUID]:
    """Return who may do this on the consent: record, only who was told; see, also those it names (CON-3)."""
    recorder = frozenset({consent.recording_organisation_id})
    if action == Question.ACTION_RECORD:
        return recorder
    if action == Question.ACTION_SEE:
        return recorder | consent.recipient_organisation_ids
    return ()
