"""Whether something may be done with what is known about a child, and why (DESIGN 5 no. 9, 10, 18; issue 6). Pure.

The order of the rules is that of least said: why a record no longer holds is told only to whom it would have covered,
so nobody learns that another's consent was withdrawn. Cases: tests/cases/consent_decide*.yaml.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.consent.policy import Policy, Statement


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


class Kind(StrEnum):
    """What was agreed to; one never stands for another (CON-10, DESIGN 5 no. 18)."""

    SHARE = "share"
    SERVICE = "service"
    DATA_PROTECTION = "data_protection"


class State(StrEnum):
    """Where a consent is in its life; only `GIVEN` permits anything."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    FROZEN = "frozen"


class Outcome(StrEnum):
    """What the answer is. `REVIEW` permits nothing until somebody has decided."""

    PERMIT = "permit"
    DENY = "deny"
    REVIEW = "review"


class Reason(StrEnum):
    """Why. `CONSENT`, `GROUND` and `MAY_BE_TOLD`, and they alone, permit."""

    CONSENT = "consent"
    GROUND = "ground"
    MAY_BE_TOLD = "may_be_told"
    # No such record for this child.
    NO_CONSENT = "no_consent"
    OTHER_KIND = "other_kind"
    OTHER_SCOPE = "other_scope"
    OTHER_PURPOSE = "other_purpose"
    OTHER_MEANS = "other_means"
    OTHER_RECIPIENT = "other_recipient"
    # It covers the question, and was asked for but not answered; refused; ...
    REQUESTED = "requested"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    # What it rested on has changed: ask again.
    FROZEN = "frozen"
    # It has expired, or does not hold yet.
    OUT_OF_TIME = "out_of_time"
    WORDING_RETIRED = "wording_retired"
    # Two who may decide say different things.
    CONTRADICTION = "contradiction"
    # Somebody decided that this is not shared.
    NOT_SHARED = "not_shared"
    # The ground is none of the policy's; not law on that day; not between these bodies.
    GROUND_UNKNOWN = "ground_unknown"
    GROUND_NOT_IN_FORCE = "ground_not_in_force"
    GROUND_OTHER_BODIES = "ground_other_bodies"
    # The decision leaves out what its ground needs, or its review is too far off.
    GROUND_INCOMPLETE = "ground_incomplete"
    # The day by which it was to be looked at again is over.
    GROUND_OVERDUE = "ground_overdue"
    # The organisation, or the recipient, has no current sharing agreement.
    NO_AGREEMENT = "no_agreement"
    # The child's wish; the do-not-tell list; nobody who is told such things.
    CHILD_WISH = "child_wish"
    DO_NOT_TELL = "do_not_tell"
    NOT_ENTITLED = "not_entitled"


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
class Organisation:
    """An organisation: its kind as the directory names it, and the last day of its sharing agreement.

    `agreement_ends` None: it has no agreement that is current. `date.max`: until further notice.
    """

    id: UUID
    kind: str
    agreement_ends: date | None


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
class ConsentFacts:
    """A consent as it is stored now.

    `giver` None: not named; `by_child`: the child itself. `entitled`: whether the giver could, by `who_can_consent`,
    when it was given or refused. `said`: the day it was given, refused or withdrawn. `ask_again_on`: the first day on
    which what it rests on is over, that answer's `freezes_on`. `wording`: the id of the wording shown. `purposes`,
    `means` and `service_ids` limit nothing if empty; without `organisation_ids` there is no recipient.
    """

    id: UUID
    child_id: UUID
    kind: Kind
    recorder_id: UUID
    scopes: frozenset[str]
    organisation_ids: frozenset[UUID]
    state: State
    said: date
    start: date
    expire: date
    purposes: frozenset[str] = frozenset()
    means: frozenset[str] = frozenset()
    service_ids: frozenset[UUID] = frozenset()
    giver: UUID | None = None
    by_child: bool = False
    entitled: bool = True
    ask_again_on: date | None = None
    wording: str = ""


@dataclass(frozen=True, slots=True)
class SharingDecision:
    """That an organisation decided to share something without consent on a ground, or, `shared` false, not to share it.

    `ended` is the last day it holds if it was ended early. `family_told`: done, or decided against with a reason
    (CON-7). `said`: which statements it makes. `order_ends`: the last day of the court's order.
    """

    id: UUID
    child_id: UUID
    decider: Organisation
    shared: bool
    scopes: frozenset[str]
    organisation_ids: frozenset[UUID]
    decided: date
    review: date | None
    ground: str = ""
    said: frozenset[Statement] = frozenset()
    purposes: frozenset[str] = frozenset()
    means: frozenset[str] = frozenset()
    service_ids: frozenset[UUID] = frozenset()
    ended: date | None = None
    order_ends: date | None = None
    family_told: bool = False
    family_not_told_reason: bool = False


@dataclass(frozen=True, slots=True)
class Restriction:
    """A child's wish in force, or an entry of the do-not-tell list (CON-9; DESIGN 5 no. 10).

    `wish`: the child's; from `people`, or, if empty, from everybody with parental responsibility. `scopes`: all if
    empty.
    """

    id: UUID
    child_id: UUID
    wish: bool
    people: frozenset[UUID]
    start: date
    end: date | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Records:
    """All that is stored about one child, under its own record and those merged into it (`child_ids`).

    What belongs to another child counts for nothing. `may_be_told`: `who_can_consent`'s `must_be_told`; `parents`: its
    `holders`.
    """

    child_ids: Collection[UUID]
    consents: Collection[ConsentFacts] = ()
    sharing: Collection[SharingDecision] = ()
    restrictions: Collection[Restriction] = ()
    may_be_told: frozenset[UUID] = frozenset()
    parents: frozenset[UUID] = frozenset()


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


def decide(question: Question, records: Records, policy: Policy, today: date) -> Answer:
    """Return whether it may be done on `today`, the day in UTC, and on which record."""
    raise NotImplementedError


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
    raise NotImplementedError
