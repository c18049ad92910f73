"""Whether something may be done with what is known about a child, and why (DESIGN 5 no. 9, 10, 18; issue 6). Pure.

The order of the rules is that of least said: why a record no longer holds is told only to whom it would have covered,
so nobody learns that another's consent was withdrawn. Cases: tests/cases/consent_decide*.yaml.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.consent.rules.family import holds
from services.consent.rules.policy import Policy
from services.consent.rules.records import (
    ConsentFacts,
    Kind,
    Organisation,
    Records,
    Restriction,
    SharingDecision,
    State,
)

_DAY = timedelta(days=1)


class Action(StrEnum):
    """What is to be done."""

    # The organisation records the fact, to be shown as the consent allows.
    RECORD = "record"
    # The organisation sees a fact that another recorded.
    SEE = "see"
    # The organisation passes it on to a recipient.
    SHARE = "share"
    # A person of the family, or around it, is told, or given a copy.
    TELL = "tell"
    # Of a later contract: never permitted.
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What the answer is. `REVIEW` permits nothing until somebody has decided."""

    PERMIT = "permit"
    DENY = "deny"
    REVIEW = "review"


class Reason(StrEnum):
    """Why. `CONSENT`, `GROUND` and `MAY_BE_TOLD`, and they alone, permit.

    In the order of what they tell: of several records that do not permit, the one that came furthest gives the reason.
    """

    # No such record for this child; or one, for something or somebody else.
    NO_CONSENT = "no_consent"
    OTHER_KIND = "other_kind"
    OTHER_SCOPE = "other_scope"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_PURPOSE = "other_purpose"
    OTHER_MEANS = "other_means"
    # A consent would have covered it, and: another took its place; it never was one; it was not answered; ...
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    REQUESTED = "requested"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    # What it rested on has changed.
    FROZEN = "frozen"
    # It has expired, or does not hold yet.
    OUT_OF_TIME = "out_of_time"
    WORDING_RETIRED = "wording_retired"
    # The ground is none of the policy's; was not law then, or is not now; not between these bodies.
    GROUND_UNKNOWN = "ground_unknown"
    GROUND_NOT_IN_FORCE = "ground_not_in_force"
    GROUND_OTHER_BODIES = "ground_other_bodies"
    # The decision leaves out what its ground needs, or its review is too far off.
    GROUND_INCOMPLETE = "ground_incomplete"
    # People have to look: the day of the review is over; whoever gave it could not, or not alone; two who may
    # decide differ; somebody decided that it is not shared.
    GROUND_OVERDUE = "ground_overdue"
    GIVER_COULD_NOT = "giver_could_not"
    CONTRADICTION = "contradiction"
    NOT_SHARED = "not_shared"
    # The organisation, or the recipient, has no current sharing agreement.
    NO_AGREEMENT = "no_agreement"
    # The child's wish; the do-not-tell list; nobody who is told such things.
    CHILD_WISH = "child_wish"
    DO_NOT_TELL = "do_not_tell"
    NOT_ENTITLED = "not_entitled"
    GROUND = "ground"
    CONSENT = "consent"
    MAY_BE_TOLD = "may_be_told"


class Duty(StrEnum):
    """What has to be done, or left, by whoever acts on the answer."""

    # Tell the family what was shared, with whom and why (golden rule 2; CON-6).
    TELL_FAMILY = "tell_family"
    # Nothing of it reaches anybody with parental responsibility (CON-9).
    HIDE_FROM_PARENTS = "hide_from_parents"
    # Nothing of it reaches these people (DESIGN 5 no. 10).
    HIDE_FROM_PEOPLE = "hide_from_people"
    # The recipient acknowledges receipt, and that it was understood (CON-12, CON-15).
    ACKNOWLEDGE = "acknowledge"
    # Ask for consent again.
    ASK_AGAIN = "ask_again"


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to do what, about which kind of fact, for whom.

    `consent_id` or `sharing_id` names the one record that it is to rest on; without either, any will do. `recipient` is
    whom `SHARE` passes it on to; who `SEE`s is the `actor`. `person` is who `TELL` is about, or who, known to be
    somebody around the child, would see it. `purpose`, `means`: None where the asker has none to say, and then none
    is judged.
    """

    action: Action
    scope: str
    actor: Organisation
    recipient: Organisation | None = None
    service_id: UUID | None = None
    person: UUID | None = None
    purpose: str | None = None
    means: str | None = None
    kind: Kind = Kind.SHARE
    consent_id: UUID | None = None
    sharing_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty, and whom it is about, if not everybody."""

    duty: Duty
    people: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer. `record_id`: the consent, sharing decision or restriction that decided, if one did.

    `valid_until`: the last day on which a permission holds if nothing is recorded meanwhile; None if nothing is
    permitted.
    """

    outcome: Outcome
    reason: Reason
    policy_version: str
    record_id: UUID | None = None
    valid_until: date | None = None
    obligations: tuple[Obligation, ...] = ()


_PERMITS = frozenset({Reason.CONSENT, Reason.GROUND, Reason.MAY_BE_TOLD})
_REVIEWS = frozenset({Reason.GROUND_OVERDUE, Reason.GIVER_COULD_NOT, Reason.CONTRADICTION, Reason.NOT_SHARED})
_ASKS_AGAIN = frozenset({Reason.FROZEN, Reason.OUT_OF_TIME, Reason.WORDING_RETIRED})
_RANK = {reason: rank for rank, reason in enumerate(Reason)}

_NOT_GIVEN = {
    State.REQUESTED: Reason.REQUESTED,
    State.REFUSED: Reason.REFUSED,
    State.WITHDRAWN: Reason.WITHDRAWN,
    State.EXPIRED: Reason.OUT_OF_TIME,
    State.SUPERSEDED: Reason.SUPERSEDED,
    State.INVALIDATED: Reason.INVALIDATED,
    State.FROZEN: Reason.FROZEN,
}
_OBJECTIONS = frozenset({State.REFUSED, State.WITHDRAWN})
_CHILD = "the child"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one record says to the question, and the last day on which it does if it permits.

    One that does not cover the question is not named.
    """

    reason: Reason
    record_id: UUID | None = None
    until: date = date.max
    tell_family: bool = False


_NOTHING = _Verdict(Reason.NO_CONSENT)


def decide(question: Question, records: Records, policy: Policy, today: date) -> Answer:
    """Return whether it may be done on `today`, the day in UTC, and on which record."""
    restrictions = [one for one in records.restrictions if _applies(one, question, records)]
    standing = [one for one in restrictions if holds(today, one.start, one.end)]
    verdict = _verdict(question, records, standing, policy, today)
    permitted = verdict.reason in _PERMITS
    outcome = Outcome.PERMIT if permitted else Outcome.REVIEW if verdict.reason in _REVIEWS else Outcome.DENY
    # A restriction that begins later ends what was answered without it.
    starts = [one.start - _DAY for one in restrictions if one.start > today]
    return Answer(
        outcome,
        verdict.reason,
        policy.version,
        record_id=verdict.record_id,
        valid_until=min(verdict.until, *_agreements(question), *starts) if permitted else None,
        obligations=_obligations(question, verdict, outcome, standing),
    )


def _verdict(
    question: Question, records: Records, standing: Collection[Restriction], policy: Policy, today: date
) -> _Verdict:
    """Return the verdict of the first thing that settles it: restrictions, agreements, records."""
    for one in standing:
        if question.person is not None and _bars(one, question.person, records):
            return _Verdict(Reason.CHILD_WISH if one.wish else Reason.DO_NOT_TELL, one.id)
    if question.action == Action.TELL:
        told = question.person in records.may_be_told
        return _Verdict(Reason.MAY_BE_TOLD if told else Reason.NOT_ENTITLED, until=today)
    if any(ends < today for ends in _agreements(question)):
        return _Verdict(Reason.NO_AGREEMENT)
    verdicts = [_on_consent(question, consent, records, policy, today) for consent in records.consents]
    verdicts += [_on_ground(question, one, records, policy, today) for one in records.sharing if one.shared]
    best = max(verdicts, key=lambda one: (_RANK[one.reason], one.until), default=_NOTHING)
    if best.reason in _PERMITS:
        for refusal in records.sharing:
            if not refusal.shared and _stands_against(refusal, best, question, records, today):
                return _Verdict(Reason.NOT_SHARED, refusal.id)
    return best


def _on_consent(
    question: Question, consent: ConsentFacts, records: Records, policy: Policy, today: date
) -> _Verdict:
    """Return what a consent says. It permits if it covers the question and holds, and nobody entitled objects."""
    if not _asked_about(question, question.consent_id, consent.id):
        return _NOTHING
    other = _not_covered(question, consent, consent.kind, consent.recorder_id, records)
    if other is not None:
        return _Verdict(other)
    verdict = _itself(consent, policy, today)
    if verdict.reason != Reason.CONSENT:
        return verdict
    objections = [_objection(question, consent, one, records) for one in records.consents]
    against = max((one for one in objections if one is not None), key=_rank, default=None)
    if against is not None:
        return against
    others = [_also_given(question, consent, person, records, policy, today) for person in consent.needed]
    until = min([verdict.until, *others])
    return replace(verdict, reason=Reason.CONSENT if today <= until else Reason.GIVER_COULD_NOT, until=until)


def _itself(consent: ConsentFacts, policy: Policy, today: date) -> _Verdict:
    """Return what a consent says that covers the question, as if nobody else had said anything."""
    last = min(consent.expire, consent.start + timedelta(days=policy.longest_consent))
    retired = policy.retired.get(consent.wording, date.max)
    again = consent.ask_again_on or date.max
    reason = Reason.CONSENT
    if consent.state != State.GIVEN:
        reason = _NOT_GIVEN[consent.state]
    elif again <= today:
        reason = Reason.FROZEN
    elif not consent.start <= today <= last:
        reason = Reason.OUT_OF_TIME
    elif retired <= today:
        reason = Reason.WORDING_RETIRED
    elif not (consent.entitled or consent.needed):
        reason = Reason.GIVER_COULD_NOT
    until = min(last, again - _DAY, retired - _DAY) if reason == Reason.CONSENT else date.max
    return _Verdict(reason, consent.id, until)


def _also_given(
    question: Question, consent: ConsentFacts, person: UUID, records: Records, policy: Policy, today: date
) -> date:
    """Return until when somebody else who has to has given the same; long past if not.

    Each organisation has its own ids of people, so these have told it to the same one.
    """
    others = (
        _itself(one, policy, today)
        for one in records.consents
        if (one.giver == person or (one.by_child and person in records.child_ids))
        and one.recorder_id == consent.recorder_id
        and _not_covered(question, one, one.kind, one.recorder_id, records) is None
    )
    return max((one.until for one in others if one.reason == Reason.CONSENT), default=date.min)


def _objection(
    question: Question, consent: ConsentFacts, other: ConsentFacts, records: Records
) -> _Verdict | None:
    """Return what another's refusal or withdrawal makes of a consent that would permit; None if nothing.

    The last word of one giver counts; of two, neither does before people have looked at it.
    """
    if other.state not in _OBJECTIONS or not other.entitled or other.child_id not in records.child_ids:
        return None
    if other.kind != consent.kind or _narrower(question, other) or not _reaches(question, other):
        return None
    givers = _giver(consent), _giver(other)
    if None not in givers and givers[0] != givers[1]:
        return _Verdict(Reason.CONTRADICTION, other.id)
    if other.said < consent.said:
        return None
    return _Verdict(Reason.CONTRADICTION if None in givers else _NOT_GIVEN[other.state], other.id)


def _on_ground(
    question: Question, sharing: SharingDecision, records: Records, policy: Policy, today: date
) -> _Verdict:
    """Return what a decision to share without consent says. It permits on a ground in force, complete, not overdue."""
    if not _asked_about(question, question.sharing_id, sharing.id):
        return _NOTHING
    other = _not_covered(question, sharing, Kind.SHARE, sharing.decider.id, records)
    if other is not None:
        return _Verdict(other)
    ground = policy.grounds.get(sharing.ground)
    if ground is None:
        return _Verdict(Reason.GROUND_UNKNOWN, sharing.id)
    last = min(sharing.ended or date.max, sharing.order_ends or date.max)
    kinds = {organisation.kind for organisation in (sharing.decider, *_parties(question))}
    review = sharing.review or date.max
    reason = Reason.GROUND
    if not (ground.in_force(sharing.decided) and ground.in_force(today)):
        reason = Reason.GROUND_NOT_IN_FORCE
    elif ground.bodies is not None and not kinds <= ground.bodies:
        reason = Reason.GROUND_OTHER_BODIES
    elif not sharing.decided <= today <= last:
        reason = Reason.OUT_OF_TIME
    elif review > sharing.decided + timedelta(days=ground.longest) or not ground.needs <= sharing.said:
        reason = Reason.GROUND_INCOMPLETE
    elif review < today:
        reason = Reason.GROUND_OVERDUE
    until = min(last, review, ground.ends or date.max)
    untold = not (sharing.family_told or sharing.family_not_told_reason)
    return _Verdict(reason, sharing.id, until, tell_family=untold)


def _asked_about(question: Question, named: UUID | None, record_id: UUID) -> bool:
    """Return whether the question is about this record: it names it, or names none."""
    return named == record_id or (question.consent_id is None and question.sharing_id is None)


def _not_covered(
    question: Question,
    record: ConsentFacts | SharingDecision,
    kind: Kind,
    recorder_id: UUID,
    records: Records,
) -> Reason | None:
    """Return why a record has nothing to do with the question; None if it covers it. The least said comes first."""
    if record.child_id not in records.child_ids:
        return Reason.NO_CONSENT
    if kind != question.kind:
        return Reason.OTHER_KIND
    if question.scope not in record.scopes:
        return Reason.OTHER_SCOPE
    if not _may_act(question, record, recorder_id):
        return Reason.OTHER_RECIPIENT
    if _limited(question.purpose, record.purposes):
        return Reason.OTHER_PURPOSE
    if _limited(question.means, record.means):
        return Reason.OTHER_MEANS
    return None


def _may_act(question: Question, record: ConsentFacts | SharingDecision, recorder_id: UUID) -> bool:
    """Return whether the record is about these organisations.

    Only the recorder, who was told, records on it and passes it on; onward sharing needs a decision of its own
    (CON-12). The recorder and the recipients see it (CON-3).
    """
    own = question.actor.id == recorder_id
    if question.action == Action.RECORD:
        return own
    if question.action == Action.SEE:
        return own or _received(question, question.actor, record)
    if question.action == Action.SHARE and question.recipient is not None:
        return own and _received(question, question.recipient, record)
    return False


def _received(question: Question, organisation: Organisation, record: ConsentFacts | SharingDecision) -> bool:
    """Return whether the record names the organisation, and the service if it names services."""
    services = record.service_ids
    return organisation.id in record.organisation_ids and (not services or question.service_id in services)


def _reaches(question: Question, record: ConsentFacts | SharingDecision) -> bool:
    """Return whether a refusal is about whoever would come to know it."""
    knows = question.recipient if question.action == Action.SHARE else question.actor
    recorder_id = record.recorder_id if isinstance(record, ConsentFacts) else None
    return knows is not None and (knows.id == recorder_id or _received(question, knows, record))


def _narrower(question: Question, record: ConsentFacts | SharingDecision) -> bool:
    """Return whether a refusal is about something else than what is asked."""
    return (
        question.scope not in record.scopes
        or _limited(question.purpose, record.purposes)
        or _limited(question.means, record.means)
    )


def _limited(asked: str | None, named: Collection[str]) -> bool:
    return asked is not None and bool(named) and asked not in named


def _stands_against(
    refusal: SharingDecision, permit: _Verdict, question: Question, records: Records, today: date
) -> bool:
    """Return whether a decision not to share is about what is permitted, and was not replaced by its decider."""
    if refusal.child_id not in records.child_ids or question.kind != Kind.SHARE:
        return False
    if not holds(today, refusal.decided, refusal.ended):
        return False
    if _narrower(question, refusal) or not _reaches(question, refusal):
        return False
    if permit.reason == Reason.GROUND and not any(
        one.id == permit.record_id and one.decider.id == refusal.decider.id for one in records.sharing
    ):
        # Who decides on a ground answers for it: nobody else's decision keeps a child from being protected.
        return False
    return not any(
        later.id == permit.record_id
        and later.decider.id == refusal.decider.id
        and later.decided > refusal.decided
        for later in records.sharing
    )


def _bars(restriction: Restriction, person: UUID, records: Records) -> bool:
    """Return whether a person is, or may be, one of those who are not told.

    Each organisation has its own ids of people: who is barred under an id that the asker does not know may be anybody,
    and whom it has not recorded may have responsibility.
    """
    if restriction.people:
        return person in restriction.people or not restriction.people <= records.known
    return person in records.parents or person not in records.known


def _applies(restriction: Restriction, question: Question, records: Records) -> bool:
    return restriction.child_id in records.child_ids and (
        not restriction.scopes or question.scope in restriction.scopes
    )


def _obligations(
    question: Question, verdict: _Verdict, outcome: Outcome, standing: Collection[Restriction]
) -> tuple[Obligation, ...]:
    """Return the duties of whoever acts on the answer."""
    if outcome == Outcome.DENY:
        return (Obligation(Duty.ASK_AGAIN),) if verdict.reason in _ASKS_AGAIN else ()
    duties = []
    if verdict.tell_family:
        duties.append(Obligation(Duty.TELL_FAMILY))
    if any(one.wish and not one.people for one in standing):
        duties.append(Obligation(Duty.HIDE_FROM_PARENTS))
    people = frozenset[UUID]().union(*(one.people for one in standing))
    if people:
        duties.append(Obligation(Duty.HIDE_FROM_PEOPLE, people))
    if outcome == Outcome.PERMIT and question.action == Action.SHARE:
        duties.append(Obligation(Duty.ACKNOWLEDGE))
    return tuple(duties)


def _parties(question: Question) -> tuple[Organisation, ...]:
    return (question.actor,) if question.recipient is None else (question.actor, question.recipient)


def _agreements(question: Question) -> Iterable[date]:
    """Return the last day of each party's agreement; long past if it has none."""
    return [party.agreement_ends or date.min for party in _parties(question)]


def _giver(consent: ConsentFacts) -> UUID | str | None:
    """Return who speaks in a consent: the child, whichever reference it goes by; None if nobody is named."""
    return _CHILD if consent.by_child else consent.giver


def _rank(verdict: _Verdict) -> int:
    return _RANK[verdict.reason]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, with what was on record, to be asked again of another policy."""

    id: UUID
    question: Question
    records: Records
    today: date


@dataclass(frozen=True, slots=True)
class Change:
    """A question that another policy answers otherwise."""

    id: UUID
    before: Answer
    after: Answer


def changes(old: Policy, new: Policy, recent: Iterable[Asked]) -> tuple[Change, ...]:
    """Return which recent questions `new` answers otherwise than `old`: a dry run, which changes nothing.

    Otherwise: another outcome, reason, record, bound or obligation; the policy's version alone is no change.
    """
    both = (
        Change(
            asked.id, *(decide(asked.question, asked.records, policy, asked.today) for policy in (old, new))
        )
        for asked in recent
    )
    return tuple(one for one in both if replace(one.before, policy_version=new.version) != one.after)
