"""SearchService: from what a searcher knows to graded matches (DESIGN 6)."""

from dataclasses import dataclass
from typing import Any

import grpc
from grpc.aio import Channel

from kith.childindex.v1 import candidate_service_pb2
from kith.childindex.v1.candidate_service_pb2_grpc import CandidateServiceStub
from kith.search.v1 import search_service_pb2 as pb
from kith.search.v1.search_service_pb2_grpc import SearchServiceServicer
from services.chassis.keyring import Keyring
from services.matching import enough_to_search
from services.search.consumer import Projector
from services.search.query import features, key_hashes
from services.search.refusals import QueryTooBroad
from services.search.store import ChildrenIndex, IndexUnavailable

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
        self._engine = engine

    async def FindChildren(
        self, request: pb.FindChildrenRequest, _context: Context
    ) -> pb.FindChildrenResponse:
        """Find the children that may be the one described. Raises QueryTooBroad, and what the child index refuses."""
        known = features(request.query)
        advice = enough_to_search(known)
        if advice is not None:
            raise QueryTooBroad(advice)
        keys = key_hashes(known, self._secret)
        asked = candidate_service_pb2.MatchCandidatesRequest(
            query=request.query, key_hashes=keys, page_size=request.page_size
        )
        await self._look_up(asked, keys)
        found = await self._candidates.MatchCandidates(asked)
        return pb.FindChildrenResponse(
            matches=found.matches,
            ambiguous=found.ambiguous,
            ask_next=found.ask_next,
            coverage=found.coverage,
        )

    async def _look_up(
        self, asked: candidate_service_pb2.MatchCandidatesRequest, keys: dict[int, int]
    ) -> None:
        """Put the candidates of OpenSearch into the request, or have the child index look in its own key table.

        Both give the same answers; the second serves where OpenSearch does not run, lags or fails.
        """
        if self._engine is not None and self._engine.projector.in_step:
            try:
                found = await self._engine.index.candidates(keys)
            except IndexUnavailable:
                pass
            else:
                asked.candidate_ids.extend(str(child_id) for child_id in found)
                return
        asked.own_index = True
