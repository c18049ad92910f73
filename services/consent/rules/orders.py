"""Which orders about a child are in force on a day: not yet made, expired, and ended by law through others. Pure."""

from datetime import date, timedelta

from services.consent.rules.capacity import birthday
from services.consent.rules.family import Family, Order, OrderKind, holds

_SECTION_8 = frozenset(
    {OrderKind.LIVES_WITH, OrderKind.SPENDS_TIME_WITH, OrderKind.PROHIBITED_STEPS, OrderKind.SPECIFIC_ISSUE}
)
_CARE = frozenset({OrderKind.CARE, OrderKind.INTERIM_CARE})

# What the making of an order ends of those made before it.
_ENDS = {
    # CA 1989 s.91(2)-(4); s.38(4): an interim order ends when the application is disposed of.
    OrderKind.CARE: _SECTION_8 | {OrderKind.SUPERVISION, OrderKind.WARDSHIP, OrderKind.INTERIM_CARE},
    # CA 1989 s.31(11): an interim order is a care order where nothing else is said.
    OrderKind.INTERIM_CARE: _SECTION_8 | {OrderKind.SUPERVISION, OrderKind.WARDSHIP},
    # CA 1989 s.91(1), (5A).
    OrderKind.LIVES_WITH: _CARE,
    OrderKind.SPECIAL_GUARDIANSHIP: _CARE,
    # ACA 2002 s.29(2).
    OrderKind.PLACEMENT: _SECTION_8 | {OrderKind.SUPERVISION},
    # ACA 2002 s.46(2)(b); SI 2018/1412 for parental orders. Whatever there was.
    OrderKind.ADOPTION: frozenset(OrderKind),
    OrderKind.PARENTAL_ORDER: frozenset(OrderKind),
}

# CA 1989 ss.9(6), 91(10): these end at 16 unless the court says until when.
_END_AT_16 = frozenset({OrderKind.SPENDS_TIME_WITH, OrderKind.PROHIBITED_STEPS, OrderKind.SPECIFIC_ISSUE})
_SIXTEEN = 16

# CA 1989 s.45(1): an emergency protection order holds for eight days at most, unless extended.
_EMERGENCY = timedelta(days=7)


def last_day(order: Order, family: Family) -> date | None:
    """Return the last day of an order, as recorded or by law; None: to the 18th birthday (s.91(11)-(13))."""
    if order.ends is not None:
        return order.ends
    if order.kind == OrderKind.EMERGENCY_PROTECTION:
        return order.made + _EMERGENCY
    if order.kind in _END_AT_16 and family.child.born is not None:
        return birthday(family.child.born, _SIXTEEN) - timedelta(days=1)
    return None


def in_force(family: Family, on: date) -> tuple[Order, ...]:
    """Return the orders that have effect on the day, in the order in which they are recorded."""
    made = [order for order in family.orders if order.made <= on]
    standing = [
        order
        for order in made
        if holds(on, None, last_day(order, family))
        and not any(order.kind in _ENDS.get(later.kind, ()) and order.made < later.made for later in made)
    ]
    # ACA 2002 s.29(1): a care order has no effect while a placement order is in force, and may revive.
    placed = any(order.kind == OrderKind.PLACEMENT for order in standing)
    return tuple(order for order in standing if not (placed and order.kind in _CARE))
