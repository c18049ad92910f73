"""Whether whoever gave a consent could, and until when that stands, by the rules of responsibility. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from kith.consent.v1 import consent_pb2 as pb
from services.consent.consent import Consent
from services.consent.refusals import GiverCannotConsent, GiverNotNamed
from services.consent.rules.family import DecisionAsked, Family, Matter
from services.consent.rules.policy import Policy
from services.consent.rules.responsibility import FreezeReason, Rests, Standing, what_freezes, who_can_consent

MATTERS: Final = {
    pb.Consent.KIND_SHARE: Matter.SHARE_INFORMATION,
    pb.Consent.KIND_SERVICE: Matter.TAKE_PART,
    pb.Consent.KIND_DATA_PROTECTION: Matter.DATA_PROTECTION,
}
_FREEZES: Final[Mapping[FreezeReason, Any]] = {
    reason: pb.Consent.Freeze.Value(f"FREEZE_{reason.name}") for reason in FreezeReason
}
# Each answer of the rules ends on a recorded day, of which there are few.
_MOST_DAYS: Final = 1000


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Whether the giver clearly could, alone, until when, and on which assessment of the child it rests.

    `needed`: who else has to give it, if that is all it lacks.
    """

    entitled: bool = True
    freeze_date: date | None = None
    competence_assessment_id: UUID | None = None
    needed: frozenset[UUID] = frozenset()


def asked(kind: pb.Consent.Kind, service_ids: frozenset[UUID], policy: Policy) -> DecisionAsked:
    """Return the decision that a consent is: about the one service it names, or about its whole matter."""
    matter = MATTERS[kind]
    subject = next(iter(service_ids)) if kind == pb.Consent.KIND_SERVICE and len(service_ids) == 1 else None
    return DecisionAsked(matter, subject, all_needed=matter in policy.all_needed)


def giver(consent: Consent) -> UUID | None:
    """Return who gave it, as the rules call people; None if its recorder answers for it."""
    return consent.child_id if consent.giver == pb.Consent.GIVER_CHILD else consent.giver_person_id


def entitlement(family: Family | None, consent: Consent, policy: Policy) -> Entitlement:
    """Return whether who gave it could on that day.

    Where no family is recorded, the recorder answers for it. Where the rules want people to look first, nothing is
    permitted on it; where they want everybody's consent, nothing before the others' are recorded too. Raises
    GiverNotNamed, GiverCannotConsent.
    """
    if family is None or not (family.relations or family.orders or family.child.born):
        return Entitlement()
    by = giver(consent)
    if by is None:
        raise GiverNotNamed
    decision = asked(consent.kind, consent.recipient_service_ids, policy)
    answer = who_can_consent(family, decision, consent.say_date)
    if not answer.may(by):
        raise GiverCannotConsent
    clear = answer.standing == Standing.CLEAR
    others = frozenset(who.person for who in answer.who_may if answer.all_needed and who.person != by)
    rests = Rests(consent.id, by, decision, consent.say_date)
    return Entitlement(
        entitled=clear and not others,
        freeze_date=first_freeze(family, rests),
        competence_assessment_id=_assessment(family, decision, consent) if by == consent.child_id else None,
        needed=others if clear else frozenset(),
    )


def rests(consent: Consent, policy: Policy) -> Rests | None:
    """Return what a consent rests on; None if its recorder answers for it."""
    by = giver(consent)
    if by is None:
        return None
    return Rests(consent.id, by, asked(consent.kind, consent.recipient_service_ids, policy), consent.say_date)


def frozen_by(before: Family, after: Family, resting: Rests, on: date) -> pb.Consent.Freeze | None:
    """Return why a consent no longer stands on that day; None if it does."""
    for freeze in what_freezes(before, after, [resting], on):
        found: pb.Consent.Freeze = _FREEZES[freeze.reason]
        return found
    return None


def first_freeze(family: Family, resting: Rests, since: date | None = None) -> date | None:
    """Return the first day after `since`, or after it was judged, on which it stands no more if nothing is recorded."""
    on = since or resting.judged
    for _ in range(_MOST_DAYS):
        answer = who_can_consent(family, resting.asked, on)
        # The birthdays count for a parent's consent also where they change no answer's people.
        if answer.freezes_on is None:
            return None
        on = answer.freezes_on
        if frozen_by(family, family, resting, on) is not None:
            return on
    return on


def _assessment(family: Family, decision: DecisionAsked, consent: Consent) -> UUID | None:
    counting = [
        one
        for one in family.competence
        if one.able
        and one.matter == decision.matter
        and one.subject in {None, decision.subject}
        and one.assessed <= consent.say_date
    ]
    return max(counting, key=lambda one: one.assessed).id if counting else None
