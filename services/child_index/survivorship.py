"""Which of several agencies' versions of a fact is shown. Each agency's own version stays as it is. Pure.

- Name shown and date of birth: the value most source records agree on; among equals the one written last. A single
  agency's slip therefore does not replace what all others have.
- Every other name any record has is shown after it, once, newest first.
- Addresses, school, GP, gender and carers: the newest record that has the fact at all, because these change with time.
  An address of which it has the postcode alone is completed from a record that has its lines too.
- NHS number and UPN: never shown (DOMAIN 2.6 no. 1).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from kith.childindex.v1 import child_pb2
from services.child_index.facts import Record, newest_first

T = TypeVar("T")

_MOST_NAMES = 10
_CURRENT_USES = frozenset(
    {child_pb2.Name.USE_UNSPECIFIED, child_pb2.Name.USE_USUAL, child_pb2.Name.USE_OFFICIAL}
)


def shown(records: Sequence[Record]) -> child_pb2.Facts:
    """The facts shown of a child with these source records, of which there is at least one."""
    newest = [record.facts for record in newest_first(records)]
    facts = child_pb2.Facts(
        names=_names(newest),
        gender=next((one.gender for one in newest if one.gender), child_pb2.Facts.GENDER_UNSPECIFIED),
        addresses=_addresses(newest),
        school_name=next((one.school_name for one in newest if one.school_name), ""),
        gp_name=next((one.gp_name for one in newest if one.gp_name), ""),
        carers=next((one.carers for one in newest if one.carers), []),
    )
    dates = [one.birth_date for one in newest if one.HasField("birth_date")]
    if dates:
        facts.birth_date.CopyFrom(
            _agreed(dates, [date.SerializeToString(deterministic=True) for date in dates])
        )
    return facts


def current_name(facts: child_pb2.Facts) -> child_pb2.Name:
    """The usual or official name that one record gives, or else its first."""
    return next((name for name in facts.names if name.use in _CURRENT_USES), facts.names[0])


def _names(newest: Sequence[child_pb2.Facts]) -> list[child_pb2.Name]:
    firsts = [current_name(one) for one in newest]
    first = _agreed(firsts, [_spelling(name) for name in firsts])
    others: dict[tuple[str, str], child_pb2.Name] = {_spelling(first): first}
    for one in newest:
        for name in one.names:
            others.setdefault(_spelling(name), name)
    return list(others.values())[:_MOST_NAMES]


def _addresses(newest: Sequence[child_pb2.Facts]) -> list[child_pb2.Address]:
    whole = {
        _compact(known.postcode): known.lines
        for one in reversed(newest)
        for known in one.addresses
        if known.lines
    }
    current: Sequence[child_pb2.Address] = next((one.addresses for one in newest if one.addresses), [])
    return [
        child_pb2.Address(
            lines=address.lines or whole.get(_compact(address.postcode), []),
            postcode=address.postcode,
            use=address.use,
        )
        for address in current
    ]


def _compact(postcode: str) -> str:
    return postcode.replace(" ", "").upper()


def _spelling(name: child_pb2.Name) -> tuple[str, str]:
    return name.given_name.casefold(), name.family_name.casefold()


def _agreed(values: Sequence[T], keys: Iterable[object]) -> T:
    """The value whose key is the most frequent; among equals the first, which is the newest."""
    listed = list(keys)
    counts = Counter(listed)
    best = max(range(len(listed)), key=lambda index: (counts[listed[index]], -index))
    return values[best]
