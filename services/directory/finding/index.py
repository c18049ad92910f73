"""The index: every publication that can be found, in the memory of this process.

It is tantivy's, filled from the table `publication` when the process starts and followed from then on. One thread
writes; any may read, each on the state of one commit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import numpy as np
import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA
from tantivy import Document, FieldType, Query, Searcher, SearchResult

from kith.directory.v1.publication_service_pb2 import PUBLICATION_KIND_LOCATION
from services.directory.finding import compose, schema, words
from services.directory.finding.compose import Wanted
from services.directory.finding.districts import Districts
from services.directory.finding.listing import Listing
from services.directory.finding.places import Metres, Places, Rows
from services.directory.finding.postcodes import Place
from services.directory.finding.question import Order, Question
from services.directory.finding.schedules import Opening
from services.directory.finding.words import Asked, How, Wording

_HEAP_BYTES: Final = 32_000_000
_EQUALS: Final = 16
"""Results beyond a page that are looked at too: with their spread hardly two are worth the same, and never so many."""
_NEAR_PAGES: Final = 500
"""Results by name that are put in order by their whole names."""
_RARE: Final = 2
"""A word in no more places than this may be a slip, of who asks or of who wrote."""
_SPELT: Final = 8
"""Words of a question whose spelling is looked into."""
_SPELLINGS: Final = 5
_SHORTEST, _LONG = 4, 8
"""Letters of a word that may have one slip, and two."""
_NOTHING: Final = Wanted((), ())


@dataclass(frozen=True, slots=True)
class Hit:
    """A publication that was found; `distance` in metres, None without a place."""

    id: UUID
    distance: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, how many there are on all pages, and what was looked for."""

    hits: Sequence[Hit]
    total: int
    wanted: Wanted


class Index:
    """Publications by kind and id. Nothing in it remembers a question."""

    def __init__(self) -> None:
        self._schema = schema.build()
        self._index = tantivy.Index(self._schema)
        self._index.register_tokenizer(schema.STEMMED, words.STEMMED)
        self._index.register_tokenizer(schema.PLAIN, words.PLAIN)
        self._index.config_reader("manual")
        self._writer = self._index.writer(_HEAP_BYTES, 1)
        # A publication keeps its row for as long as the process lives, also when it is gone and comes back.
        self._rows: dict[str, int] = {}
        self._ids: list[UUID] = []
        # The first half of each id, which orders what is worth the same; as numbers, for it is done often.
        self._halves = np.zeros(1024, np.uint64)
        self._places = Places()
        self._districts = Districts()
        self._openings: dict[str, Opening] = {}
        self._vocabulary: list[str] | None = []

    def put(self, kind: int, publication_id: UUID, modified: int, listing: Listing) -> None:
        """Make the publication what the listing says, from the next commit on; `modified` in microseconds."""
        key = schema.key(kind, publication_id)
        known = key in self._rows
        row = self._rows.setdefault(key, len(self._ids))
        if known:
            self._writer.delete_documents_by_term("key", key)
        else:
            self._ids.append(publication_id)
            if row >= len(self._halves):
                self._halves = np.append(self._halves, np.zeros_like(self._halves))
            self._halves[row] = publication_id.int >> 64
        self._places.put(row, listing.points)
        # Every place once: services at one place repeat it.
        if kind == PUBLICATION_KIND_LOCATION:
            self._districts.put(row, listing.districts)
        self._openings |= {one.token: one for one in listing.openings}
        document = Document.from_dict(
            schema.fields(kind, publication_id, row, modified, listing), self._schema
        )
        self._writer.add_document(document)

    def remove(self, kind: int, publication_id: UUID) -> None:
        """Make the publication one that cannot be found, from the next commit on."""
        key = schema.key(kind, publication_id)
        if (row := self._rows.get(key)) is not None:
            self._places.put(row, ())
            self._districts.put(row, ())
            self._writer.delete_documents_by_term("key", key)

    def commit(self) -> None:
        """Let what was put and removed be found and not found."""
        self._writer.commit()
        self._index.reload()
        self._vocabulary = None

    @property
    def size(self) -> int:
        """How many publications can be found."""
        return self._index.searcher().num_docs

    def place_of(self, postcode: str) -> Place | None:
        """Return the middle of the published locations in the district of a postcode; None if there are none."""
        return self._districts.find(postcode)

    def find(self, question: Question) -> Found:
        """Return a page of what was asked for. Takes up to some ten milliseconds: not for the event loop."""
        searcher = self._index.searcher()
        filters = list(compose.filters(self._schema, question, list(self._openings.values())))
        if not question.text:
            return self._page(searcher, question, compose.every(filters, None), _NOTHING)
        wanted = self._wanted(searcher, words.asked(question.text))
        if not wanted.asked:
            return Found((), 0, wanted)
        found = Found((), 0, wanted)
        for every in (True, False):
            text = compose.text(self._schema, searcher, wanted.asked, every=every)
            found = self._page(searcher, question, compose.every(filters, text), wanted)
            # Something of what was asked is better than nothing.
            if found.total or len(wanted.asked) == 1:
                break
        return found

    def _page(self, searcher: Searcher, question: Question, query: Query, wanted: Wanted) -> Found:
        order, near = question.order_applied, question.place is not None and question.proximity > 0
        if order == Order.NAME and not near:
            total, rows = self._by_name(searcher, query, question.offset, question.limit)
            return Found(self._hits(rows, question.place), total, wanted)
        limit = most = max(searcher.num_docs, 1)
        if not near and order == Order.RELEVANCE:
            limit = min(most, question.offset + question.limit + _EQUALS)
        by_name = order == Order.NAME
        result = searcher.search(
            query,
            limit,
            order_by_field="name_key" if by_name else None,
            order=tantivy.Order.Asc if by_name else tantivy.Order.Desc,
            weight_by_field=None if by_name else schema.SPREAD,
        )
        rows, total = _rows(searcher, result), _count(result)
        # What comes first is worth least.
        worth = np.arange(0.0, len(rows)) if by_name else -np.array([score for score, _ in result.hits])
        if question.place and (near or order == Order.DISTANCE):
            distances = self._places.distances(question.place.latitude, question.place.longitude, rows)
            worth = distances if order == Order.DISTANCE else worth
            if near:
                within = distances <= question.proximity
                rows, worth, total = rows[within], worth[within], int(within.sum())
        end = question.offset + question.limit
        best = self._best(rows, worth, end)[question.offset : end]
        return Found(self._hits(best, question.place), total, wanted)

    def _by_name(self, searcher: Searcher, query: Query, offset: int, limit: int) -> tuple[int, Rows]:
        """Return how many there are and the rows of a page by name.

        Far pages by the first letters, which are numbers and quick, and only those about the page by the whole name.
        """
        if offset > _NEAR_PAGES:
            total = _count(searcher.search(query, 1))
            if offset >= total:
                return total, np.empty(0, np.int64)
            starts = [
                start
                for start, _ in searcher.search(
                    query, offset + limit, order_by_field="name_start", order=tantivy.Order.Asc
                ).hits
            ]
            first, last = starts[offset], starts[-1]
            about = Query.range_query(self._schema, "name_start", FieldType.Unsigned, first, last)
            result = self._named(
                searcher, compose.every([query, about], None), offset - starts.index(first), limit
            )
        else:
            result = self._named(searcher, query, offset, limit)
            total = _count(result)
        return total, _rows(searcher, result)

    def _named(self, searcher: Searcher, query: Query, offset: int, limit: int) -> SearchResult:
        return searcher.search(
            query, limit, offset=offset, order_by_field="name_key", order=tantivy.Order.Asc
        )

    def _best(self, rows: Rows, worth: Metres, needed: int) -> Rows:
        """Return the best rows, and perhaps some more: the least worth first, then by id."""
        if len(worth) > needed:
            chosen = worth <= np.partition(worth, needed - 1)[needed - 1]
            rows, worth = rows[chosen], worth[chosen]
        return rows[np.lexsort((self._halves[rows], worth))]

    def _hits(self, rows: Rows, place: Place | None) -> list[Hit]:
        if place is None:
            return [Hit(self._ids[row], None) for row in rows]
        distances = self._places.distances(place.latitude, place.longitude, rows)
        return [
            Hit(self._ids[row], float(distance) if np.isfinite(distance) else None)
            for row, distance in zip(rows, distances, strict=True)
        ]

    def _wanted(self, searcher: Searcher, asked: Iterable[Asked]) -> Wanted:
        """Add the spellings of words that hardly anybody has, and part off those that nobody has."""
        found: list[Asked] = []
        unknown: list[str] = []
        looked_into = 0
        for one in asked:
            known = [wording for wording in one.wordings if self._frequency(searcher, wording)]
            if sum(self._frequency(searcher, wording) for wording in known) <= _RARE and looked_into < _SPELT:
                looked_into += 1
                known += self._spellings(searcher, one.text)
            if known:
                found.append(replace(one, wordings=tuple(known)))
            else:
                unknown.append(one.text)
        return Wanted(tuple(found), tuple(unknown))

    def _frequency(self, searcher: Searcher, wording: Wording) -> int:
        return min(compose.frequency(searcher, stem) for stem in wording.stems)

    def _spellings(self, searcher: Searcher, word: str) -> list[Wording]:
        """Return the words of the index nearest to a word."""
        if len(word) < _SHORTEST or " " in word:
            return []
        vocabulary = self._vocabulary
        if vocabulary is None:
            vocabulary = self._vocabulary = [term for term, _ in searcher.terms_with_prefix(schema.WORDS, "")]
        slips = 2 if len(word) >= _LONG else 1
        near = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=slips, limit=_SPELLINGS)
        least = min((distance for _, distance, _ in near if distance), default=0)
        stems = dict.fromkeys(
            words.STEMMED.analyze(other)[0] for other, distance, _ in near if distance and distance == least
        )
        return [Wording((stem,), How.SPELLING) for stem in stems]


def _rows(searcher: Searcher, result: SearchResult) -> Rows:
    return np.array(searcher.fast_field_values("row", [address for _, address in result.hits]), np.int64)


def _count(result: Any) -> int:
    # There, and missing from its published types.
    return int(result.count)
