"""What is recorded about a child's family, its orders and what the child can decide itself (issue 6). Pure.

People, authorities and orders are opaque references. Dates are days; a period holds on its first and its last day, both
included, and without a last day until further notice.
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
    """What somebody is to the child. Only some can hold parental responsibility, and most only by a route."""

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


@dataclass(frozen=True, slots=True)
class Period:
    """Days in a row, the first and the last included; None: open on that side."""

    start: date | None = None
    end: date | None = None


def holds(day: date, start: date | None, end: date | None) -> bool:
    """Return whether a period that is open where it is None has the day in it."""
    return (start is None or start <= day) and (end is None or day <= end)


def about(matters: Collection[Matter], matter: Matter) -> bool:
    """Return whether something is about the matter: about all of them, if it names none."""
    return not matters or matter in matters


@dataclass(frozen=True, slots=True)
class Acquired:
    """That a route was taken on a day: the birth, marriage, registration, or the agreement's recording by the court."""

    route: Route
    on: date


@dataclass(frozen=True, slots=True)
class Relation:
    """What a person is to the child from `start` to `end`, the last day on which the person was held to be that.

    `died` ends everything. `incapable`: found unable to decide for the child (Mental Capacity Act 2005 s.2), in that
    period. A guardian needs `appointed_by`; `accepted` is false once the guardian has disclaimed.
    """

    person: UUID
    kind: RelationKind
    start: date | None = None
    end: date | None = None
    acquired: tuple[Acquired, ...] = ()
    died: date | None = None
    incapable: tuple[Period, ...] = ()
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

    `to`: the people who gain by it: with whom the child lives, guardians, adopters, also prospective ones, who is to
    decide a specific issue. `authority`: the authority or agency that does. `against`: whose responsibility it ends or
    whose steps it prohibits, everybody's if empty. `spares`: the parent whose partner adopted. `matters`: of a
    prohibited steps or specific issue order, all if empty. `gives_responsibility`: says so for somebody with whom the
    child spends time (CA 1989 s.12(2A)).
    """

    id: UUID
    kind: OrderKind
    made: date
    ends: date | None = None
    to: frozenset[UUID] = frozenset()
    authority: UUID | None = None
    against: frozenset[UUID] = frozenset()
    spares: frozenset[UUID] = frozenset()
    matters: frozenset[Matter] = frozenset()
    gives_responsibility: bool = False
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class CompetenceAssessment:
    """Whether the child was found able to take this very decision; the last counts, until `review` at most.

    Under 16 it is Gillick (Fraser) competence, from 16 on capacity under the Mental Capacity Act 2005. `subject`
    narrows it to one service; None: all of the matter.
    """

    id: UUID
    matter: Matter
    able: bool
    assessed: date
    review: date | None = None
    subject: UUID | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """That these people are known to disagree about a matter; about everything if empty."""

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
    """The decision: its matter, the service it is about, and whether policy wants everybody's consent."""

    matter: Matter
    subject: UUID | None = None
    all_needed: bool = False
