"""What is stored about consents, sharing decisions and restrictions, as the rules see it. Pure.

Days are days in UTC; a period holds on its first and its last day, both included.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.consent.rules.policy import Statement


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


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: its kind as the directory names it, and the last day of its sharing agreement.

    `agreement_ends` None: it has none. `date.max`: until further notice.
    """

    id: UUID
    kind: str
    agreement_ends: date | None


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """A consent as it is stored now.

    `giver` None: not named; `by_child`: the child itself. `entitled`: whether the giver could, alone, by
    `who_can_consent`, when it was given or refused; `needed`: who else has to give it, if that is all it lacks. `said`:
    the moment it was given, refused or withdrawn. `ask_again_on`: the first day on which what it rests on is over, that
    answer's `freezes_on`. `wording`: the id of the wording shown. `purposes`, `means` and `service_ids` limit nothing
    if empty; without `organisation_ids` there is no recipient.
    """

    id: UUID
    child_id: UUID
    kind: Kind
    recorder_id: UUID
    scopes: frozenset[str]
    organisation_ids: frozenset[UUID]
    state: State
    said: datetime
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
    needed: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class SharingDecision:
    """That an organisation decided to share something without consent on a ground, or, `shared` false, not to share it.

    `review`: the day by which it is looked at again. `ended`: the last day it holds if it was ended early. `said`:
    which statements it makes. `family_told`: done; `family_not_told_reason`: it is recorded why not (CON-7).
    `order_ends`: the last day of the court's order.
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
    `holders`. `known`: everybody around the child whom the organisation that asks has recorded: who bears which id.
    """

    child_ids: Collection[UUID]
    consents: Collection[ConsentFacts] = ()
    sharing: Collection[SharingDecision] = ()
    restrictions: Collection[Restriction] = ()
    may_be_told: frozenset[UUID] = frozenset()
    parents: frozenset[UUID] = frozenset()
    known: frozenset[UUID] = frozenset()
