"""SearchService: from what a searcher knows to graded matches (DESIGN 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import grpc
from grpc.aio import Channel

from kith.childindex.v1 import match_pb2
from kith.childindex.v1.candidate_service_pb2 import BatchMatchCandidatesRequest, MatchCandidatesRequest
from kith.childindex.v1.candidate_service_pb2_grpc import CandidateServiceStub
from kith.search.v1 import search_service_pb2 as pb
from kith.search.v1.search_service_pb2_grpc import SearchServiceServicer
from services.chassis.errors import Failure, InvalidArgument, to_status
from services.chassis.keyring import Keyring
from services.chassis.validation import validate
from services.matching import enough_to_search
from services.search.consumer import Projector
from services.search.projection import key_version
from services.search.query import features, field_to_add, key_hashes
from services.search.refusals import QueryTooBroad
from services.search.store import ChildrenIndex, IndexUnavailable

ERROR_DOMAIN: Final = "search.kith"
_MOST_IN_BATCH: Final = 20
_SHOWN_IN_BATCH: Final = 5

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Engine:
    """OpenSearch, where it runs: the index and what keeps it in step."""

    index: ChildrenIndex
    projector: Projector


class SearchService(SearchServiceServicer):
    """Implements kith.search.v1.SearchService."""

    def __init__(self, to_child_index: Channel, keyring: Keyring, engine: Engine | None) -> None:
        self._candidates = CandidateServiceStub(to_child_index)
        _, self._secret = keyring.active("match")
        self._key_version = key_version(keyring)
        self._engine = engine

    async def FindChildren(
        self, request: pb.FindChildrenRequest, _context: Context
    ) -> pb.FindChildrenResponse:
        """Find the children that may be the one described. Raises QueryTooBroad, and what the child index refuses."""
        asked = self._asked(request.query, request.page_size)
        await self._look_up([asked])
        found = await self._candidates.MatchCandidates(asked)
        return pb.FindChildrenResponse(
            matches=found.matches,
            ambiguous=found.ambiguous,
            ask_next=found.ask_next,
            coverage=found.coverage,
            too_many=found.too_many,
            more=found.more,
            model_version=found.model_version,
        )

    async def BatchFindChildren(
        self, request: pb.BatchFindChildrenRequest, _context: Context
    ) -> pb.BatchFindChildrenResponse:
        """Find many, in two round trips. What one query is refused stands in its finding."""
        findings = [match_pb2.Finding() for _ in request.queries]
        asked: list[MatchCandidatesRequest] = []
        places: list[int] = []
        size = min(request.page_size or _SHOWN_IN_BATCH, _MOST_IN_BATCH)
        for place, query in enumerate(request.queries):
            try:
                _check(query)
                asked.append(self._asked(query, size))
            except InvalidArgument as refused:
                findings[place].error.CopyFrom(to_status(refused, ERROR_DOMAIN))
            else:
                places.append(place)
        if not asked:
            return pb.BatchFindChildrenResponse(findings=findings)
        await self._look_up(asked)
        found = await self._candidates.BatchMatchCandidates(BatchMatchCandidatesRequest(requests=asked))
        for place, finding in zip(places, found.findings, strict=True):
            findings[place] = finding
        return pb.BatchFindChildrenResponse(
            findings=findings, coverage=found.coverage, model_version=found.model_version
        )

    def _asked(self, query: match_pb2.Query, page_size: int) -> MatchCandidatesRequest:
        """The question to the child index. Raises QueryTooBroad."""
        known = features(query, datetime.now(UTC).date())
        advice = enough_to_search(known)
        if advice is not None:
            raise QueryTooBroad(field_to_add(known), advice)
        keys = key_hashes(known, self._secret)
        return MatchCandidatesRequest(
            query=query,
            key_hashes=keys,
            key_weights=keys.values(),
            key_version=self._key_version,
            page_size=page_size,
        )

    async def _look_up(self, asked: Sequence[MatchCandidatesRequest]) -> None:
        """Put the candidates of OpenSearch into the requests, or have the child index look in its own key table.

        Both give the same answers; the second serves where OpenSearch does not run, lags or fails.
        """
        if self._engine is not None and self._engine.projector.in_step:
            keys = [dict(zip(one.key_hashes, one.key_weights, strict=True)) for one in asked]
            try:
                found = await self._engine.index.candidates_of_many(keys)
            except IndexUnavailable:
                pass
            else:
                for one, candidates in zip(asked, found, strict=True):
                    one.candidate_ids.extend(str(candidate.child_id) for candidate in candidates)
                    one.candidate_weights.extend(candidate.weight for candidate in candidates)
                return
        for one in asked:
            one.own_index = True


def _check(query: match_pb2.Query) -> None:
    """Raise InvalidArgument as the request of a single search would be refused."""
    try:
        validate(query)
    except InvalidArgument as refused:
        raise _within_query(refused) from None


def _within_query(refused: Failure) -> InvalidArgument:
    return InvalidArgument([(f"query.{path}", description) for path, description in refused.violations])
