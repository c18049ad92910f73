"""Who holds parental responsibility for a child on a day, and by which rule. Pure.

What each rule rests on stands in sources.py, mostly sections of the Children Act 1989.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.consent.rules.family import Family, Order, OrderKind, Relation, RelationKind, Route, holds
from services.consent.rules.missing import Missing
from services.consent.rules.orders import in_force
from services.consent.rules.sources import Rule

_ADOPTIONS = frozenset({OrderKind.ADOPTION, OrderKind.PARENTAL_ORDER})
_PARENTS = frozenset({RelationKind.MOTHER, RelationKind.FATHER, RelationKind.SECOND_PARENT})

# By which route a relation gives responsibility.
_ROUTES = {
    (RelationKind.FATHER, Route.MARRIED_AT_BIRTH): Rule.FATHER_MARRIED,
    (RelationKind.FATHER, Route.MARRIED_LATER): Rule.FATHER_MARRIED_LATER,
    (RelationKind.FATHER, Route.REGISTERED): Rule.FATHER_REGISTERED,
    (RelationKind.FATHER, Route.AGREEMENT): Rule.FATHER_AGREEMENT,
    (RelationKind.SECOND_PARENT, Route.MARRIED_AT_BIRTH): Rule.SECOND_PARENT_MARRIED,
    (RelationKind.SECOND_PARENT, Route.MARRIED_LATER): Rule.SECOND_PARENT_MARRIED,
    (RelationKind.SECOND_PARENT, Route.REGISTERED): Rule.SECOND_PARENT_REGISTERED,
    (RelationKind.SECOND_PARENT, Route.AGREEMENT): Rule.SECOND_PARENT_AGREEMENT,
    (RelationKind.STEP_PARENT, Route.AGREEMENT): Rule.STEP_PARENT_AGREEMENT,
}
_BY_ORDER = {
    RelationKind.FATHER: Rule.FATHER_ORDER,
    RelationKind.SECOND_PARENT: Rule.SECOND_PARENT_ORDER,
    RelationKind.STEP_PARENT: Rule.STEP_PARENT_ORDER,
}
# What a marriage gave no order under CA 1989 ss.4(2A), 4ZA(5), 4A(3) takes away.
_LASTING = frozenset(
    {Rule.MOTHER, Rule.FATHER_MARRIED, Rule.FATHER_MARRIED_LATER, Rule.SECOND_PARENT_MARRIED}
)

# CA 1989 s.4(1)(a) as amended counts registrations from its commencement on (ACA 2002 s.111(7)).
_FATHERS_REGISTERED_SINCE = date(2003, 12, 1)

# Who holds none, whatever they do for the child; and what to find out about who may hold it.
_NONE = {
    RelationKind.FATHER: Rule.FATHER_UNKNOWN,
    RelationKind.SECOND_PARENT: Rule.SECOND_PARENT_UNKNOWN,
    RelationKind.STEP_PARENT: Rule.STEP_PARENT_NONE,
    RelationKind.PRIVATE_FOSTER_CARER: Rule.PRIVATE_FOSTER_CARER,
    RelationKind.FOSTER_CARER: Rule.OTHER_CARER,
    RelationKind.RELATIVE: Rule.OTHER_CARER,
    RelationKind.OTHER: Rule.OTHER_CARER,
}
_UNKNOWN = {
    RelationKind.FATHER: Missing.FATHER_STATUS,
    RelationKind.SECOND_PARENT: Missing.SECOND_PARENT_STATUS,
}

# What an order gives while it is in force: to people, and to an authority or agency.
_TO_PEOPLE = {
    OrderKind.ADOPTION: Rule.ADOPTER,
    OrderKind.PARENTAL_ORDER: Rule.PARENTAL_ORDER,
    OrderKind.SPECIAL_GUARDIANSHIP: Rule.SPECIAL_GUARDIAN,
    OrderKind.GUARDIANSHIP: Rule.GUARDIAN_BY_COURT,
    OrderKind.LIVES_WITH: Rule.LIVES_WITH,
    OrderKind.PLACEMENT: Rule.PROSPECTIVE_ADOPTER,
    OrderKind.PLACED_BY_CONSENT: Rule.PROSPECTIVE_ADOPTER,
}
_TO_AUTHORITY = {
    OrderKind.PLACEMENT: Rule.PLACEMENT_AGENCY,
    OrderKind.PLACED_BY_CONSENT: Rule.PLACEMENT_AGENCY,
    OrderKind.EMERGENCY_PROTECTION: Rule.EMERGENCY_PROTECTION,
    OrderKind.INTERIM_CARE: Rule.INTERIM_CARE,
    OrderKind.CARE: Rule.CARE,
}
_TO_NOBODY = {OrderKind.POLICE_PROTECTION: Rule.POLICE_PROTECTION, OrderKind.SUPERVISION: Rule.SUPERVISION}
# Of several orders for one person, the one that gives the most says what the person holds.
_STRONGEST = (*_TO_PEOPLE, *(kind for kind in OrderKind if kind not in _TO_PEOPLE))
_NAMES_PEOPLE = frozenset(_TO_PEOPLE) - {OrderKind.PLACEMENT, OrderKind.PLACED_BY_CONSENT}

# Whose rule makes them an authority or an agency rather than somebody of the family.
AUTHORITIES = frozenset(_TO_AUTHORITY.values())
# Whose rule makes them a parent, whom a guardian waits for (CA 1989 s.5(7)).
_PARENT_RULES = _LASTING | {
    Rule.FATHER_REGISTERED,
    Rule.FATHER_AGREEMENT,
    Rule.FATHER_ORDER,
    Rule.SECOND_PARENT_REGISTERED,
    Rule.SECOND_PARENT_AGREEMENT,
    Rule.SECOND_PARENT_ORDER,
    Rule.LIVES_WITH_PARENT,
    Rule.ADOPTER,
    Rule.PARENTAL_ORDER,
}


@dataclass(slots=True)
class Holders:
    """Who holds responsibility and by which rule, what else was applied, and what has to be found out."""

    held: dict[UUID, Rule] = field(default_factory=dict)
    why: set[tuple[UUID, Rule]] = field(default_factory=set)
    missing: set[tuple[Missing, UUID | None]] = field(default_factory=set)

    def people(self) -> frozenset[UUID]:
        """Return the holders that are people, not authorities."""
        return frozenset(person for person, rule in self.held.items() if rule not in AUTHORITIES)


def holders(family: Family, on: date) -> Holders:
    """Return who holds responsibility on a day on which the child is born and under 18.

    With several rules for one person, that of the order comes first: it says what may be done beside others.
    """
    found = _without_guardians(family, on)
    for relation in family.relations:
        if relation.kind == RelationKind.GUARDIAN and holds(on, relation.start, relation.end):
            _guardian(found, family, relation, on)
    for relation in family.relations:
        if _dead(relation, on):
            found.why.add((relation.person, Rule.DIED))
    return found


def _without_guardians(family: Family, on: date) -> Holders:
    found = Holders()
    standing = in_force(family, on)
    dead = {relation.person for relation in family.relations if _dead(relation, on)}
    parents = {relation.person for relation in family.relations if relation.kind in _PARENTS}
    able = {relation.person for relation in family.relations if relation.kind in _BY_ORDER}
    for order in sorted(standing, key=lambda order: _STRONGEST.index(order.kind)):
        _by_order(found, order, parents)
        _unclear(found, order, able)
    for relation in family.relations:
        if relation.kind != RelationKind.GUARDIAN and holds(on, relation.start, None):
            _by_relation(found, family, relation, standing, on)
    found.held = {person: rule for person, rule in found.held.items() if person not in dead}
    return found


def _by_order(found: Holders, order: Order, parents: Collection[UUID]) -> None:
    """Add who holds by an order in force. A parent with whom the child lives does as a parent."""
    if order.kind in _TO_PEOPLE:
        for person in order.to:
            if order.kind != OrderKind.LIVES_WITH or person not in parents:
                found.held.setdefault(person, _TO_PEOPLE[order.kind])
    if order.kind == OrderKind.SPENDS_TIME_WITH and order.gives_responsibility:
        for person in order.to:
            found.held.setdefault(person, Rule.SPENDS_TIME_WITH)
    if order.kind in _TO_AUTHORITY and order.authority is not None:
        found.held.setdefault(order.authority, _TO_AUTHORITY[order.kind])
    if order.kind in _TO_NOBODY:
        found.why.add((order.id, _TO_NOBODY[order.kind]))


def _unclear(found: Holders, order: Order, able: Collection[UUID]) -> None:
    """Say what an order leaves open; `able` are those to whom a parental responsibility order can be made."""
    if (order.kind in _TO_AUTHORITY and order.authority is None) or (
        order.kind in _NAMES_PEOPLE and not order.to
    ):
        found.missing.add((Missing.ORDER_HOLDER, order.id))
    if order.kind == OrderKind.RESPONSIBILITY and not order.to.issubset(able):
        found.missing.add((Missing.ORDER_DOES_NOT_FIT, order.id))
    if order.kind == OrderKind.EMERGENCY_PROTECTION and order.ends is None:
        found.missing.add((Missing.ORDER_END, order.id))


def _by_relation(
    found: Holders, family: Family, relation: Relation, standing: Iterable[Order], on: date
) -> None:
    """Add what somebody holds by what they are to the child, or why they hold nothing by it."""
    person = relation.person
    # Responsibility by agreement or order outlasts the marriage that made a step-parent.
    if relation.kind != RelationKind.STEP_PARENT and not holds(on, None, relation.end):
        return
    gained = [(rule, since) for rule, since in _gained(family, relation, on) if since <= on]
    adoption = _last_adoption(family, on)
    if adoption is not None and person not in adoption.spares:
        if any(since <= adoption.made for _, since in gained):
            found.why.add((person, Rule.ADOPTED_AWAY))
        gained = [(rule, since) for rule, since in gained if since > adoption.made]
        if not gained:
            return
    removed = max((order.made for order in family.orders if _removes(order, person, on)), default=None)
    kept = [
        (rule, since)
        for rule, since in gained
        if removed is None or since > removed or rule in _LASTING or _lives_with(person, standing)
    ]
    if removed is not None:
        if any(rule in _LASTING for rule, _ in kept):
            found.missing.add((Missing.ORDER_DOES_NOT_FIT, person))
        if len(kept) < len(gained):
            found.why.add((person, Rule.REMOVED))
    if kept:
        found.held.setdefault(person, kept[0][0])
    elif not gained and not _dead(relation, on):
        _none(found, relation, on)


def _gained(family: Family, relation: Relation, on: date) -> Iterator[tuple[Rule, date]]:
    """Yield by which rules, from which days on, somebody gained responsibility that lasts."""
    if relation.kind == RelationKind.MOTHER:
        yield Rule.MOTHER, family.child.born or date.min
    for acquired in relation.acquired:
        rule = _ROUTES.get((relation.kind, acquired.route))
        if rule is not None and (rule != Rule.FATHER_REGISTERED or acquired.on >= _FATHERS_REGISTERED_SINCE):
            yield rule, acquired.on
    if relation.kind in _BY_ORDER:
        for order in family.orders:
            gives = order.kind == OrderKind.RESPONSIBILITY and relation.person in order.to
            if gives and holds(on, None, order.ends):
                yield _BY_ORDER[relation.kind], order.made
    if relation.kind in {RelationKind.FATHER, RelationKind.SECOND_PARENT}:
        for order in family.orders:
            # The court had to give responsibility with it, and that outlasts it.
            if order.kind == OrderKind.LIVES_WITH and relation.person in order.to:
                yield Rule.LIVES_WITH_PARENT, order.made


def _none(found: Holders, relation: Relation, on: date) -> None:
    """Say why somebody holds nothing by a relation, and what to find out."""
    routes = {acquired.route for acquired in relation.acquired if acquired.on <= on}
    if relation.kind in _UNKNOWN and Route.REGISTERED_ABROAD in routes:
        found.why.add((relation.person, Rule.REGISTERED_ABROAD))
        found.missing.add((Missing.LAW_OF_REGISTRATION, relation.person))
    elif relation.kind == RelationKind.FATHER and Route.REGISTERED in routes:
        found.why.add((relation.person, Rule.FATHER_REGISTERED_EARLY))
    elif relation.kind in _NONE:
        found.why.add((relation.person, _NONE[relation.kind]))
        if relation.kind in _UNKNOWN:
            found.missing.add((_UNKNOWN[relation.kind], relation.person))


def _guardian(found: Holders, family: Family, guardian: Relation, on: date) -> None:
    """Add a guardian whose appointment by a parent, guardian or special guardian has taken effect."""
    if not guardian.accepted:
        found.why.add((guardian.person, Rule.GUARDIAN_DISCLAIMED))
        return
    if _dead(guardian, on):
        return
    died = min(
        (
            one.died
            for one in family.relations
            if one.person == guardian.appointed_by and one.died is not None
        ),
        default=None,
    )
    if guardian.appointed_by is None:
        found.missing.add((Missing.GUARDIAN_APPOINTMENT, guardian.person))
    elif died is not None and died <= on and _takes_effect(family, guardian.appointed_by, died, on):
        adoption = _last_adoption(family, on)
        if adoption is None or adoption.made < died:
            found.held.setdefault(guardian.person, Rule.GUARDIAN_BY_APPOINTMENT)
        else:
            found.why.add((guardian.person, Rule.ADOPTED_AWAY))
    else:
        found.why.add((guardian.person, Rule.GUARDIAN_WAITING))


def _takes_effect(family: Family, appointer: UUID, died: date, on: date) -> bool:
    """Return whether an appointment has taken effect (CA 1989 s.5(7)-(9)).

    At the death, if no parent with responsibility is left, or if the child lived with the appointer alone by an order,
    or had no other special guardian; else once no such parent is left.
    """
    before = in_force(family, died)
    lived = [order.to for order in before if order.kind == OrderKind.LIVES_WITH]
    left = _parents(family, died)
    if any(appointer in people for people in lived) and not any(left & people for people in lived):
        return True
    guardians = frozenset[UUID]().union(
        *(order.to for order in before if order.kind == OrderKind.SPECIAL_GUARDIANSHIP)
    )
    alive = {person for person in guardians if not _died(family, person, died)}
    if appointer in guardians and not alive:
        return True
    return not left or not _parents(family, on)


def _parents(family: Family, on: date) -> frozenset[UUID]:
    """Return the parents with responsibility who are alive at the end of the day."""
    held = _without_guardians(family, on).held
    return frozenset(person for person, rule in held.items() if rule in _PARENT_RULES)


def _last_adoption(family: Family, on: date) -> Order | None:
    made = (order for order in family.orders if order.kind in _ADOPTIONS and order.made <= on)
    return max(made, key=lambda order: order.made, default=None)


def _removes(order: Order, person: UUID, on: date) -> bool:
    return order.kind == OrderKind.RESPONSIBILITY_ENDED and person in order.against and order.made <= on


def _lives_with(person: UUID, standing: Iterable[Order]) -> bool:
    """Return whether the child lives with somebody by an order, while which it is not removed (CA 1989 s.12(4))."""
    return any(order.kind == OrderKind.LIVES_WITH and person in order.to for order in standing)


def _dead(relation: Relation, on: date) -> bool:
    return relation.died is not None and relation.died <= on


def _died(family: Family, person: UUID, on: date) -> bool:
    return any(one.person == person and _dead(one, on) for one in family.relations)
