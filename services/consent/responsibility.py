"""Who can consent for a child, who must be told, and who must not be (CON-6, CON-9; issue 6). Pure.

People, authorities and orders are opaque references. Dates are days; a period holds on its first and its last day, both
included, and without a last day until further notice. The law is that of England and Wales; each rule's source stands
in `SOURCES`, its cases in tests/cases/consent_who.yaml.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Matter(StrEnum):
    """What the decision is about. Kith asks about the first three; the others need everybody by law."""

    SHARE_INFORMATION = "share_information"
    TAKE_PART = "take_part"
    DATA_PROTECTION = "data_protection"
    NEW_FAMILY_NAME = "new_family_name"
    LEAVING_THE_UK = "leaving_the_uk"


class RelationKind(StrEnum):
    """What somebody is to the child. Only some can hold parental responsibility, and only by a route."""

    MOTHER = "mother"
    FATHER = "father"
    SECOND_PARENT = "second_parent"
    STEP_PARENT = "step_parent"
    GUARDIAN = "guardian"
    PRIVATE_FOSTER_CARER = "private_foster_carer"
    FOSTER_CARER = "foster_carer"
    RELATIVE = "relative"
    OTHER = "other"


class Route(StrEnum):
    """What, on record, gave somebody parental responsibility from a day on, orders apart."""

    MARRIED_AT_BIRTH = "married_at_birth"
    MARRIED_LATER = "married_later"
    REGISTERED = "registered"
    REGISTERED_ABROAD = "registered_abroad"
    AGREEMENT = "agreement"


class OrderKind(StrEnum):
    """What a court ordered, or, for `PLACED_BY_CONSENT` and `POLICE_PROTECTION`, what has a like effect or seems to."""

    RESPONSIBILITY = "responsibility"
    RESPONSIBILITY_ENDED = "responsibility_ended"
    LIVES_WITH = "lives_with"
    SPENDS_TIME_WITH = "spends_time_with"
    SPECIAL_GUARDIANSHIP = "special_guardianship"
    GUARDIANSHIP = "guardianship"
    ADOPTION = "adoption"
    PARENTAL_ORDER = "parental_order"
    PLACEMENT = "placement"
    PLACED_BY_CONSENT = "placed_by_consent"
    EMERGENCY_PROTECTION = "emergency_protection"
    INTERIM_CARE = "interim_care"
    CARE = "care"
    SUPERVISION = "supervision"
    POLICE_PROTECTION = "police_protection"
    PROHIBITED_STEPS = "prohibited_steps"
    SPECIFIC_ISSUE = "specific_issue"
    WARDSHIP = "wardship"


class Standing(StrEnum):
    """Whether the answer can be acted on."""

    # Anyone of `who_may` is enough, or all of them if `all_needed`.
    CLEAR = "clear"
    # People have to look at it first: `why` and `missing` say what for.
    REVIEW = "review"
    # There is nobody to ask, as far as is recorded.
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Acquired:
    """That a route was taken on a day: the birth, marriage, registration, or the agreement's recording by the court."""

    route: Route
    on: date


@dataclass(frozen=True, slots=True)
class Relation:
    """What a person is to the child, from `start` to `end`.

    `died` ends everything. `incapable_since`: found unable to decide this (Mental Capacity Act 2005 s.2), until
    `incapable_until`. A guardian needs `appointed_by`; `accepted` is false once the guardian disclaims.
    """

    person: UUID
    kind: RelationKind
    start: date | None = None
    end: date | None = None
    acquired: tuple[Acquired, ...] = ()
    died: date | None = None
    incapable_since: date | None = None
    incapable_until: date | None = None
    appointed_by: UUID | None = None
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """That the authority or agency determined how far a person may act (CA 1989 s.33(3)(b); ACA 2002 s.25(4)).

    Of `matters`, all if empty.
    """

    person: UUID
    matters: frozenset[Matter] = frozenset()
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order about the child, in force from the day it was `made` to `ends`, its expiry or the eve of its discharge.

    `to`: who gains by it: those with whom the child lives, guardians, adopters, authority, agency and the prospective
    adopters. `against`: whose responsibility it ends or whose steps it prohibits; empty: everybody's. `spares`: the
    parent whose partner adopted. `matters`: what a prohibited steps or specific issue order is about, all if empty.
    `gives_responsibility`: says so for somebody with whom the child spends time (CA 1989 s.12(2A)).
    """

    id: UUID
    kind: OrderKind
    made: date
    ends: date | None = None
    to: frozenset[UUID] = frozenset()
    against: frozenset[UUID] = frozenset()
    spares: frozenset[UUID] = frozenset()
    matters: frozenset[Matter] = frozenset()
    gives_responsibility: bool = False
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class CompetenceAssessment:
    """Whether the child was found able to take this very decision; the last counts, until `review` at most.

    Under 16 it is Gillick (Fraser) competence, from 16 on capacity under the Mental Capacity Act 2005. `subject`
    narrows it to one service or share; None: all of the matter.
    """

    id: UUID
    matter: Matter
    able: bool
    assessed: date
    review: date | None = None
    subject: UUID | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """That these people are known to disagree, or that one of them does, about a matter; about everything if empty."""

    people: frozenset[UUID]
    start: date
    end: date | None = None
    matters: frozenset[Matter] = frozenset()


@dataclass(frozen=True, slots=True)
class Wish:
    """The child's wish that something be kept from these people, from everybody with responsibility if empty (CON-9).

    Stands only where `respected`: where somebody decided that this is in the child's best interests.
    """

    id: UUID
    respected: bool
    start: date
    end: date | None = None
    hidden_from: frozenset[UUID] = frozenset()
    matters: frozenset[Matter] = frozenset()


@dataclass(frozen=True, slots=True)
class DoNotTell:
    """That a person is told nothing about this child, whatever that person may hold (DESIGN 5 no. 10)."""

    person: UUID
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """The child: the reference that stands for it where it decides itself, and its birth.

    `one_parent`: it is known that there is no other parent to look for.
    """

    person: UUID
    born: date | None
    one_parent: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Everything recorded about who may decide for a child."""

    child: ChildFacts
    relations: tuple[Relation, ...] = ()
    orders: tuple[Order, ...] = ()
    competence: tuple[CompetenceAssessment, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    wishes: tuple[Wish, ...] = ()
    do_not_tell: tuple[DoNotTell, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionAsked:
    """The decision: its matter, the service or share it is about, and whether policy wants everybody's consent."""

    matter: Matter
    subject: UUID | None = None
    all_needed: bool = False


class Missing(StrEnum):
    """What has to be found out, or done, before the answer is sure."""

    BIRTH_DATE = "birth_date"
    NOBODY_RECORDED = "nobody_recorded"
    OTHER_PARENT = "other_parent"
    FATHER_STATUS = "father_status"
    SECOND_PARENT_STATUS = "second_parent_status"
    STEP_PARENT_STATUS = "step_parent_status"
    LAW_OF_REGISTRATION = "law_of_registration"
    GUARDIAN_APPOINTMENT = "guardian_appointment"
    ORDER_HOLDER = "order_holder"
    ORDER_END = "order_end"
    ORDER_DOES_NOT_FIT = "order_does_not_fit"
    COMPETENCE = "competence"
    COMPETENCE_REVIEW = "competence_review"
    BEST_INTERESTS = "best_interests"
    LEAVE_OF_COURT = "leave_of_court"
    SAFE_WAY_TO_ASK = "safe_way_to_ask"
    AGREEMENT_OF_HOLDERS = "agreement_of_holders"


class Rule(StrEnum):
    """The rules by id."""

    MOTHER = "PR-01"


SOURCES: dict[Rule, str] = {Rule.MOTHER: "Children Act 1989 s.2(1), (2)(a)"}


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """Somebody, and the rule by which."""

    person: UUID
    rule: Rule


@dataclass(frozen=True, slots=True)
class Answer:
    """Who can consent on a day.

    `holders`: everybody with parental responsibility, whether they may decide this or not. `who_may`: whose consent
    counts. `why`: every rule that was applied, about whom; the child's own reference, or an order's, among them.
    `missing`: what to find out. `freezes_on`: the first later day, as far as is recorded, on which the answer is
    another; a consent that rests on this one is asked for again then.
    """

    standing: Standing
    who_may: tuple[Who, ...] = ()
    all_needed: bool = False
    holders: tuple[Who, ...] = ()
    must_be_told: tuple[UUID, ...] = ()
    must_not_be_told: tuple[Who, ...] = ()
    why: tuple[Who, ...] = ()
    missing: tuple[tuple[Missing, UUID | None], ...] = ()
    freezes_on: date | None = None

    def may(self, person: UUID) -> bool:
        """Return whether this person's consent counts."""
        return any(who.person == person for who in self.who_may)


def who_can_consent(family: Family, asked: DecisionAsked, on: date) -> Answer:
    """Return who can consent to this on this day, who must be told and who must not."""
    raise NotImplementedError


class FreezeReason(StrEnum):
    """Why a consent has to be asked for again."""

    CHILD_SIXTEEN = "child_sixteen"
    CHILD_EIGHTEEN = "child_eighteen"
    GIVER_CANNOT = "giver_cannot"
    ORDER = "order"
    COMPETENCE = "competence"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class Rests:
    """A consent in force, and what it rests on: who gave it to what, and as of which day that was judged."""

    consent_id: UUID
    giver: UUID
    asked: DecisionAsked
    judged: date


@dataclass(frozen=True, slots=True)
class Freeze:
    """A consent that no longer stands on what it rested on."""

    consent_id: UUID
    reason: FreezeReason


def what_freezes(before: Family, after: Family, consents: Collection[Rests], on: date) -> tuple[Freeze, ...]:
    """Return which of the consents no longer stand on `on`, and why; each at most once.

    `before` is what was recorded when they were judged, `after` what is now; the same if only time has passed.
    """
    raise NotImplementedError
