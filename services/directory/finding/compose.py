"""Questions as queries of tantivy. Its query language is never used: what people type is words and nothing else."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import cos, degrees, log2, radians
from typing import Final

from tantivy import FieldType, Occur, Query, Schema, Searcher

from services.directory.finding import schema as fields
from services.directory.finding import words
from services.directory.finding.listing import Part
from services.directory.finding.places import EARTH_METRES
from services.directory.finding.question import Question
from services.directory.finding.schedules import Opening
from services.directory.finding.words import Asked, How, Wording

# All of them sums of a few powers of two, so that scores are exact in whatever order they are added.
_PART_WEIGHTS: Final = {
    Part.NAME: 6.0,
    Part.TAXONOMY: 4.0,
    Part.ORGANIZATION: 2.0,
    Part.DESCRIPTION: 2.0,
    Part.LOCATION: 1.0,
}
_HOW_WEIGHTS: Final = {How.SAME: 1.0, How.SYNONYM: 0.75, How.SPELLING: 0.5}
_APART = 0.5
"""Of a phrase whose words stand apart."""
_OTHER_PARTS = 0.125
"""What a word counts in each further part."""
_FULL_TURN = 180.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for of a question's text: what was asked, with its spellings, and words nobody has."""

    asked: tuple[Asked, ...]
    unknown: tuple[str, ...]


def frequency(searcher: Searcher, stem: str) -> int:
    """Return in how many parts of publications the stem stands."""
    return sum(searcher.doc_freq(part, stem) for part in Part)


def filters(schema: Schema, question: Question, openings: Collection[Opening]) -> Iterator[Query]:
    """Give what must hold but for the text; `openings` are all that the index has."""
    yield Query.term_query(schema, "kind", question.kind)
    for field, value in (
        ("taxonomy_id", question.taxonomy_id),
        ("organization_id", question.organization_id),
        ("parent_id", question.parent_id or (fields.NO_PARENT if question.top_only else "")),
    ):
        if value:
            yield Query.term_query(schema, field, value)
    for field, values in (
        ("term_id", list(question.term_ids)),
        ("mark", [f"language:{one.lower()}" for one in question.languages]),
        ("mark", [f"level:{one}" for one in question.levels]),
        *(("mark", [mark]) for mark in question.marks),
    ):
        if values:
            yield Query.term_set_query(schema, field, values)
    if question.modified_after:
        after = round(question.modified_after.timestamp() * 1_000_000)
        yield Query.range_query(schema, "modified", FieldType.Integer, lower_bound=after)
    yield from _ages(schema, question)
    if question.times.asked:
        yield Query.term_set_query(schema, "opening", sorted(_suitable(question, openings)))
    for stem in words.STEMMED.analyze(question.accessibility):
        yield Query.term_query(schema, "accessibility", stem)
    if question.place and question.proximity:
        yield from _box(schema, question.place.latitude, question.place.longitude, question.proximity)


def text(schema: Schema, searcher: Searcher, asked: Sequence[Asked], *, every: bool) -> Query:
    """Return the query for what was asked: all of it that is not weak, or any of it.

    The score is the sum, over what was asked, of its weight in the most telling part that has it and of how rare it is;
    nothing depends on how the index happens to be cut into segments, so replicas agree.
    """
    weak = [(Occur.Should, _one(schema, searcher, one)) for one in asked if one.weak]
    strong = [_one(schema, searcher, one) for one in asked if not one.weak]
    if every or not strong:
        return Query.boolean_query([*((Occur.Must, one) for one in strong), *weak])
    some = Query.boolean_query([(Occur.Should, one) for one in strong])
    return Query.boolean_query([(Occur.Must, some), *weak])


def every(queries: Sequence[Query], scored: Query | None) -> Query:
    """Return the query for all of them; only `scored` counts for the order."""
    parts = [(Occur.Must, Query.const_score_query(one, 0.0)) for one in queries]
    return Query.boolean_query([*parts, (Occur.Must, scored)] if scored else parts)


def _one(schema: Schema, searcher: Searcher, asked: Asked) -> Query:
    rarity = _rarity(searcher, asked)
    ways = []
    for wording in asked.wordings:
        weight = rarity * _HOW_WEIGHTS[wording.how]
        for part in Part:
            query = _wording(schema, part, wording)
            ways.append(Query.const_score_query(query, weight * _PART_WEIGHTS[part]))
        if wording.how is How.SAME and len(wording.stems) > 1:
            ways.append(Query.const_score_query(_apart(schema, wording), weight * _APART))
    return Query.disjunction_max_query(ways, tie_breaker=_OTHER_PARTS)


def _wording(schema: Schema, part: Part, wording: Wording) -> Query:
    if len(wording.stems) == 1:
        return Query.term_query(schema, part, wording.stems[0], index_option="basic")
    return Query.phrase_query(schema, part, list(wording.stems))


def _apart(schema: Schema, wording: Wording) -> Query:
    """Return the query for the words of a phrase anywhere."""
    anywhere = [
        Query.disjunction_max_query(
            [Query.term_query(schema, part, stem, index_option="basic") for part in Part]
        )
        for stem in wording.stems
    ]
    return Query.boolean_query([(Occur.Must, one) for one in anywhere])


def _rarity(searcher: Searcher, asked: Asked) -> float:
    """Return how much a word says: in steps, so that a publication more or less hardly ever changes it."""
    most = max(min(frequency(searcher, stem) for stem in wording.stems) for wording in asked.wordings)
    return max(1, round(log2((searcher.num_docs + 1) / (most + 1))))


def _ages(schema: Schema, question: Question) -> Iterator[Query]:
    for field, low, high in (
        ("from_age", None, question.age),
        ("to_age", question.age, None),
        ("minimum_age", question.minimum_age, None),
        ("maximum_age", None, question.maximum_age),
    ):
        if low is not None or high is not None:
            yield Query.range_query(
                schema,
                field,
                FieldType.Float,
                lower_bound=None if low is None else float(low),
                upper_bound=None if high is None else float(high),
            )


def _suitable(question: Question, openings: Collection[Opening]) -> Iterator[str]:
    times = question.times
    for opening in openings:
        if times.open_at is not None:
            days = times.days or frozenset((opening.day,))
            if not opening.covers(days, times.open_at):
                continue
        elif times.days and opening.day not in times.days:
            continue
        if opening.within(times.start, times.end):
            yield opening.token


def _box(schema: Schema, latitude: float, longitude: float, metres: int) -> Iterator[Query]:
    """Give what holds all within the distance and little more; the distance itself is measured afterwards."""
    high = degrees(metres / EARTH_METRES) * 1.001
    yield Query.range_query(
        schema, "latitude", FieldType.Float, lower_bound=latitude - high, upper_bound=latitude + high
    )
    narrowest = cos(radians(min(abs(latitude) + high, 90.0)))
    wide = high / narrowest if narrowest > 1e-6 else _FULL_TURN  # noqa: PLR2004 - at a pole
    # Not over the date line, where longitudes begin anew.
    if longitude - wide > -_FULL_TURN and longitude + wide < _FULL_TURN:
        yield Query.range_query(
            schema, "longitude", FieldType.Float, lower_bound=longitude - wide, upper_bound=longitude + wide
        )
