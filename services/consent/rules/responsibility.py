"""Who can consent for a child, who must be told, and who must not be (CON-6, CON-9; issue 6). Pure.

Each rule's source stands in sources.py, its cases in tests/cases/consent_who.yaml.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.consent.rules.capacity import Capacity, age_reached, birthday, capacity
from services.consent.rules.family import (
    Conflict,
    DecisionAsked,
    DoNotTell,
    Family,
    Matter,
    Order,
    OrderKind,
    RelationKind,
    Wish,
    about,
    holds,
)
from services.consent.rules.holders import AUTHORITIES, Holders, holders
from services.consent.rules.missing import Missing
from services.consent.rules.orders import in_force, last_day
from services.consent.rules.sources import Rule

_SIXTEEN = 16
_EIGHTEEN = 18

# CA 1989 ss.13(1), 14C(3), 33(7); ACA 2002 s.28(2): everybody with responsibility, or the court's leave.
_ALL_BY_LAW = frozenset({Matter.NEW_FAMILY_NAME, Matter.LEAVING_THE_UK})

# Whose orders a special guardian's is subject to (CA 1989 s.14C(1)(b)): they act beside the special guardian.
_BESIDE = AUTHORITIES | {
    Rule.SPECIAL_GUARDIAN,
    Rule.LIVES_WITH,
    Rule.SPENDS_TIME_WITH,
    Rule.PROSPECTIVE_ADOPTER,
}

# The orders about a matter, what they permit before what they forbid.
_COURTS = (OrderKind.SPECIFIC_ISSUE, OrderKind.PROHIBITED_STEPS, OrderKind.WARDSHIP)

_OTHER_PARENT = frozenset({RelationKind.FATHER, RelationKind.SECOND_PARENT})
_NEW_PARENTS = frozenset({OrderKind.ADOPTION, OrderKind.PARENTAL_ORDER})

# Under which orders how far others may act is determined, and by which rule.
_LIMITING = {
    OrderKind.INTERIM_CARE: Rule.AUTHORITY_LIMITS,
    OrderKind.CARE: Rule.AUTHORITY_LIMITS,
    OrderKind.PLACEMENT: Rule.AGENCY_LIMITS,
    OrderKind.PLACED_BY_CONSENT: Rule.AGENCY_LIMITS,
}


class Standing(StrEnum):
    """Whether the answer can be acted on."""

    # Anyone of `who_may` is enough, or all of them if `all_needed`.
    CLEAR = "clear"
    # People have to look at it first: `why` and `missing` say what for.
    REVIEW = "review"
    # There is nobody to ask, as far as is recorded.
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """Somebody, and the rule by which."""

    person: UUID
    rule: Rule


@dataclass(frozen=True, slots=True)
class Answer:
    """Who can consent on a day. Everything is in the order of the references, so equal answers are equal.

    `holders`: everybody with parental responsibility, whether they may decide this or not. `who_may`: whose consent
    counts. `why`: every rule that was applied, about whom or about which order. `missing`: what to find out.
    `freezes_on`: the first later day, as far as is recorded, on which the answer is another; a consent that rests on
    this one is looked at again then.
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


class FreezeReason(StrEnum):
    """Why a consent has to be asked for again."""

    CHILD_SIXTEEN = "child_sixteen"
    CHILD_EIGHTEEN = "child_eighteen"
    # The giver holds no responsibility any more, is limited in it, or may not be told.
    GIVER_CANNOT = "giver_cannot"
    # An order was made, or what it says has changed.
    ORDER = "order"
    COMPETENCE = "competence"
    DISAGREEMENT = "disagreement"
    # Everybody's consent is needed, and there is somebody new.
    NEW_HOLDER = "new_holder"


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


def who_can_consent(family: Family, asked: DecisionAsked, on: date) -> Answer:
    """Return who can consent to this on this day, who must be told and who must not."""
    today = _judged(family, asked, on)
    later = (day for day in sorted(_days(family)) if day > on)
    return replace(
        today, freezes_on=next((day for day in later if _judged(family, asked, day) != today), None)
    )


def what_freezes(before: Family, after: Family, consents: Collection[Rests], on: date) -> tuple[Freeze, ...]:
    """Return which of the consents no longer stand on `on`, and why; each at most once, in their order.

    `before` is what was recorded when they were judged, `after` what is now; the same if only time has passed.
    """
    reasons = ((rests.consent_id, _frozen(before, after, rests, on)) for rests in consents)
    return tuple(Freeze(consent_id, reason) for consent_id, reason in reasons if reason is not None)


@dataclass(slots=True)
class _Judging:
    """An answer in the making."""

    may: dict[UUID, Rule]
    why: set[tuple[UUID, Rule]]
    missing: set[tuple[Missing, UUID | None]]
    review: bool = False
    not_told: dict[UUID, Rule] = field(default_factory=dict)

    def bar(self, person: UUID, rule: Rule) -> None:
        """Take somebody out of those who may, if in, and say why."""
        if self.may.pop(person, None) is not None:
            self.why.add((person, rule))

    def look(self, missing: Missing, about_whom: UUID | None = None) -> None:
        """Say that people have to look at it, and what for."""
        self.review = True
        self.missing.add((missing, about_whom))


def _judged(family: Family, asked: DecisionAsked, on: date) -> Answer:
    """Return the answer but for `freezes_on`."""
    child = family.child.person
    own = capacity(family, asked, on)
    minor = own.rule not in {Rule.ADULT, Rule.ADULT_UNABLE, Rule.NOT_BORN}
    found = holders(family, on) if minor else Holders()
    judging = _Judging(dict(found.held), found.why | {(child, own.rule)}, set(found.missing))
    if minor:
        _limits(judging, family, asked, on)
    _child(judging, family, own, on)
    _not_told(judging, family, asked, found, own, on)
    all_needed = own.others and _together(judging, family, asked, on)
    if own.others and not found.held:
        judging.missing.add((Missing.NOBODY_RECORDED, None))
    told = set(found.held) if own.others else set[UUID]()
    if own.able:
        told.add(child)
    return Answer(
        standing=Standing.REVIEW if judging.review else Standing.CLEAR if judging.may else Standing.NOBODY,
        who_may=_sorted(judging.may.items()),
        all_needed=all_needed,
        holders=_sorted(found.held.items()),
        must_be_told=tuple(sorted(told - set(judging.not_told))),
        must_not_be_told=_sorted(judging.not_told.items()),
        why=_sorted(judging.why),
        missing=tuple(sorted(judging.missing, key=str)),
    )


def _limits(judging: _Judging, family: Family, asked: DecisionAsked, on: date) -> None:
    """Take out whom an order, an authority or incapacity keeps from deciding this."""
    if asked.matter not in _ALL_BY_LAW and Rule.SPECIAL_GUARDIAN in judging.may.values():
        for person, rule in tuple(judging.may.items()):
            if rule not in _BESIDE:
                judging.bar(person, Rule.SPECIAL_GUARDIAN_EXCLUDES)
    standing = in_force(family, on)
    limits = [
        (limit, _LIMITING[order.kind])
        for order in standing
        if order.kind in _LIMITING
        for limit in order.limits
    ]
    for limit, rule in limits:
        if holds(on, limit.start, limit.end) and about(limit.matters, asked.matter):
            judging.bar(limit.person, rule)
    for relation in family.relations:
        if any(holds(on, period.start, period.end) for period in relation.incapable):
            judging.bar(relation.person, Rule.INCAPABLE)
    matters = [order for order in standing if order.kind in _COURTS and about(order.matters, asked.matter)]
    for order in sorted(matters, key=lambda order: (_COURTS.index(order.kind), order.made)):
        _court(judging, order)


def _court(judging: _Judging, order: Order) -> None:
    """Apply an order of the court about this very matter (CA 1989 s.8(1))."""
    if order.kind == OrderKind.PROHIBITED_STEPS:
        for person in order.against or tuple(judging.may):
            judging.bar(person, Rule.PROHIBITED)
        if not order.against:
            judging.look(Missing.LEAVE_OF_COURT, order.id)
    elif order.kind == OrderKind.SPECIFIC_ISSUE and order.to:
        judging.may = dict.fromkeys(order.to, Rule.SPECIFIC_ISSUE)
    elif order.kind == OrderKind.SPECIFIC_ISSUE:
        judging.may.clear()
        judging.why.add((order.id, Rule.COURT_DECIDES))
        judging.look(Missing.LEAVE_OF_COURT, order.id)
    else:
        judging.why.add((order.id, Rule.WARD_OF_COURT))
        judging.look(Missing.LEAVE_OF_COURT, order.id)


def _child(judging: _Judging, family: Family, own: Capacity, on: date) -> None:
    """Bring in what the child can decide itself."""
    if not own.others:
        judging.may.clear()
    if own.able:
        judging.may[family.child.person] = own.rule
    if own.rule == Rule.BIRTH_UNKNOWN:
        judging.look(Missing.BIRTH_DATE)
    elif own.rule == Rule.YOUNG_PERSON_UNABLE:
        judging.missing.add((Missing.BEST_INTERESTS, None))
    elif own.rule == Rule.ADULT_UNABLE:
        judging.look(Missing.BEST_INTERESTS)
    elif own.rule == Rule.ASSESSMENT_OVER:
        judging.missing.add((Missing.COMPETENCE_REVIEW, None))
    if own.others and not _parents_known(family, on):
        judging.missing.add((Missing.OTHER_PARENT, None))


def _not_told(
    judging: _Judging, family: Family, asked: DecisionAsked, found: Holders, own: Capacity, on: date
) -> None:
    """Take out whom asking would tell: those from whom the child wants it kept, and those on the do-not-tell list."""
    child = family.child.person
    for wish in family.wishes:
        if not (holds(on, wish.start, wish.end) and about(wish.matters, asked.matter)):
            continue
        if not wish.respected:
            judging.why.add((child, Rule.WISH_NOT_RESPECTED))
            continue
        for person in wish.hidden_from or found.people():
            judging.not_told.setdefault(person, Rule.WISH)
        judging.why.add((child, Rule.WISH if own.able else Rule.WISH_OF_CHILD_UNABLE))
        if not own.able:
            judging.look(Missing.COMPETENCE)
    for entry in family.do_not_tell:
        if holds(on, entry.start, entry.end):
            judging.not_told[entry.person] = Rule.DO_NOT_TELL
    asked_people = [person for person in judging.not_told if person in judging.may]
    for person in asked_people:
        judging.bar(person, judging.not_told[person])
    if asked_people and not judging.may:
        judging.look(Missing.SAFE_WAY_TO_ASK)


def _together(judging: _Judging, family: Family, asked: DecisionAsked, on: date) -> bool:
    """Return whether all are needed; have people look where those who may are known to disagree."""
    child = family.child.person
    for conflict in family.conflicts:
        known = holds(on, conflict.start, conflict.end) and about(conflict.matters, asked.matter)
        if known and len(conflict.people & set(judging.may)) > 1:
            judging.why.add((child, Rule.CONFLICT))
            judging.look(Missing.AGREEMENT_OF_HOLDERS)
    if not (asked.all_needed or asked.matter in _ALL_BY_LAW):
        if judging.may:
            judging.why.add((child, Rule.ONE_IS_ENOUGH))
        return False
    judging.why.add((child, Rule.ALL_NEEDED))
    if any(rule in {Rule.WISH, Rule.DO_NOT_TELL} and person != child for person, rule in judging.why):
        judging.look(Missing.SAFE_WAY_TO_ASK)
    return True


def _frozen(before: Family, after: Family, rests: Rests, on: date) -> FreezeReason | None:
    """Return why a consent no longer stands; None if it does."""
    then, now = _judged(before, rests.asked, rests.judged), _judged(after, rests.asked, on)
    child, born = after.child.person, after.child.born
    if rests.giver == child:
        if not now.may(child):
            return FreezeReason.COMPETENCE
    else:
        for age, reason in (
            (_EIGHTEEN, FreezeReason.CHILD_EIGHTEEN),
            (_SIXTEEN, FreezeReason.CHILD_SIXTEEN),
        ):
            if age_reached(born, age, on) and not age_reached(before.child.born, age, rests.judged):
                return reason
        if not now.may(rests.giver):
            return FreezeReason.GIVER_CANNOT
        if set(in_force(after, on)) - set(in_force(before, rests.judged)):
            return FreezeReason.ORDER
    if _disagree(now) and not _disagree(then):
        return FreezeReason.DISAGREEMENT
    if now.all_needed and any(not then.may(who.person) for who in now.who_may):
        return FreezeReason.NEW_HOLDER
    return None


def _disagree(answer: Answer) -> bool:
    return (Missing.AGREEMENT_OF_HOLDERS, None) in answer.missing


def _parents_known(family: Family, on: date) -> bool:
    """Return whether it is recorded who the other parent is, or that there is none, or none that matters any more."""
    return (
        family.child.one_parent
        or any(relation.kind in _OTHER_PARENT for relation in family.relations)
        or any(order.kind in _NEW_PARENTS and order.made <= on for order in family.orders)
    )


def _days(family: Family) -> Iterator[date]:
    """Yield every day on which, as far as is recorded, the answer may begin to be another."""
    born = family.child.born
    if born is not None:
        yield from (born, birthday(born, _SIXTEEN), birthday(born, _EIGHTEEN))
    firsts: list[date | None] = []
    lasts: list[date | None] = []
    for relation in family.relations:
        firsts += [relation.start, relation.died, *(acquired.on for acquired in relation.acquired)]
        firsts += [period.start for period in relation.incapable]
        lasts += [relation.end, *(period.end for period in relation.incapable)]
    for order in family.orders:
        firsts += [order.made, *(limit.start for limit in order.limits)]
        lasts += [order.ends, last_day(order, family), *(limit.end for limit in order.limits)]
    firsts += [assessment.assessed for assessment in family.competence]
    lasts += [assessment.review for assessment in family.competence]
    periods: list[Conflict | Wish | DoNotTell] = [*family.conflicts, *family.wishes, *family.do_not_tell]
    firsts += [period.start for period in periods]
    lasts += [period.end for period in periods]
    yield from (day for day in firsts if day is not None)
    yield from (day + timedelta(days=1) for day in lasts if day is not None and day < date.max)


def _sorted(pairs: Collection[tuple[UUID, Rule]]) -> tuple[Who, ...]:
    return tuple(sorted(Who(person, rule) for person, rule in pairs))
