"""Which fact to ask for next: the one whose answer is expected to tell most (in bits of entropy)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import log2

from services.matching.features import Features

_MOST_ASKED = 3
# Less than this is not worth anybody's question.
_WORTHWHILE = 0.05


def _names(child: Features, part: str) -> object:
    return frozenset(getattr(form, part).whole for form in child.forms if getattr(form, part))


_ANSWERS: Mapping[str, Callable[[Features], object]] = {
    "given_name": lambda child: _names(child, "given"),
    "family_name": lambda child: _names(child, "family"),
    "birth_date": lambda child: (child.year, child.month, child.day) if child.whole_date else None,
    "postcode": lambda child: frozenset(place.full for place in child.postcodes if place.full),
    "other_given_names": lambda child: frozenset(child.other_given),
    "school_name": lambda child: child.school,
    "carers": lambda child: frozenset(
        (form.given and form.given.lead, form.family and form.family.core) for form in child.carers
    ),
}
"""Fields of the query to what a child would answer; nothing where it is not known."""


def ask_next(query: Features, near: Sequence[tuple[float, Features]]) -> tuple[str, ...]:
    """At most three fields that the query lacks, the most telling first.

    `near` are the children that it may be with their probabilities, which add up to at most 1; the rest is that it is
    none of them. A child of whom a field is not known leaves the answer open.
    """
    gains = []
    for place, (field, answer) in enumerate(_ANSWERS.items()):
        if not answer(query):
            gain = _gain([(likely, answer(child)) for likely, child in near])
            if gain > _WORTHWHILE:
                gains.append((-gain, place, field))
    return tuple(field for _, _, field in sorted(gains)[:_MOST_ASKED])


def _gain(answers: Sequence[tuple[float, object]]) -> float:
    """The entropy of the answer, of the part that is known: an answer settles who of those who differ in it."""
    groups: defaultdict[object, float] = defaultdict(float)
    for likely, answer in answers:
        if answer:
            groups[answer] += likely
    known = sum(groups.values())
    if not known:
        return 0.0
    nobody = max(0.0, 1.0 - sum(likely for likely, _ in answers))
    total = known + nobody
    return -sum(part * log2(part / total) for part in (*groups.values(), nobody) if part > 0)
