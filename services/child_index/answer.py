"""What a question is answered: whom it shows, or which fact to add first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kith.childindex.v1 import match_pb2
from services.child_index.opened import OpenedChild, best_features
from services.matching import Features, Grade, Match, Model, rank, too_common

MOST_EQUAL: Final = 10
"""With more children than this that fit all that was given, about equally well, none is shown: that were a list."""

_RANKED: Final = 50
_WHO: Final = ("given_name", "family_name", "birth_date")
_QUERY_FIELDS: Final = frozenset(match_pb2.Query.DESCRIPTOR.fields_by_name)
_AS_ASKED: Final = {"school": "school_name", "born": "birth_date"}
"""The matcher's names of facts where `Query` has another."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The matches shown, best first, and what is said beside them."""

    matches: Sequence[Match[UUID]] = ()
    ambiguous: bool = False
    ask_next: Sequence[str] = ()
    too_many: bool = False
    more: bool = False

    @property
    def child_ids(self) -> list[UUID]:
        """The children shown: what is counted and recorded."""
        return [match.key for match in self.matches]


def answer(
    query: Features, children: Sequence[OpenedChild], model: Model, *, limit: int, is_person: bool
) -> Answer:
    """Rank the candidates and say what is shown of them, at most `limit`.

    A system without a named user is told of the single certain match, or nothing (DESIGN 5 no. 6). With a flood of
    equals, nobody is shown and the fact to add is named; unless all facts were given: then the best are shown. The
    same where the names are so common that nobody is looked for by them and what else was given.
    """
    ranking = rank(query, best_features(query, children, model), model, _RANKED)
    matches = ranking.matches
    if not is_person:
        certain = [match for match in matches if match.grade is Grade.CERTAIN]
        return Answer(certain if len(certain) == 1 else ())
    open_facts = _not_given(query)
    if not matches and too_common(query):
        # "No match" would be said of a search that did not look everywhere (G10).
        return Answer(ambiguous=True, ask_next=open_facts, too_many=True)
    equal = sum(
        match.score.bits > matches[0].score.bits - model.margin_bits and _fits(match) for match in matches
    )
    ask_next = _in_query(ranking.ask_next)
    if equal > MOST_EQUAL and open_facts:
        return Answer(ambiguous=True, ask_next=ask_next or open_facts, too_many=True)
    return Answer(matches[:limit], ranking.ambiguous, ask_next, more=len(matches) > limit)


def _fits(match: Match[UUID]) -> bool:
    """Whether names and date of birth are about those asked for.

    What else contradicts does not count, nor does a year more or less: a made-up school would turn a flood into a list.
    """
    return all(match.score.level(field) != "disagree" for field in _WHO)


def _in_query(fields: Sequence[str]) -> list[str]:
    named = (_AS_ASKED.get(field, field) for field in fields)
    return [field for field in named if field in _QUERY_FIELDS]


def _not_given(query: Features) -> list[str]:
    """Facts that could be added, the most telling first."""
    given = {
        "birth_date": query.whole_date,
        "postcode": any(postcode.full for postcode in query.postcodes),
        "school_name": bool(query.school),
        "carers": bool(query.carers),
        "other_given_names": bool(query.other_given),
    }
    return [field for field, known in given.items() if not known]
