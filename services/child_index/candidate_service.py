"""CandidateService: which candidates match, scored and disclosed here so that the others never leave (DESIGN 6)."""

import time
from typing import Any, Final
from uuid import UUID

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from kith.childindex.v1 import candidate_service_pb2 as pb
from kith.childindex.v1 import match_pb2
from kith.childindex.v1.candidate_service_pb2_grpc import CandidateServiceServicer
from services.chassis import access, metrics
from services.chassis.caller import Kind
from services.chassis.child_ids import ChildIds
from services.chassis.database import Database
from services.chassis.seal import Sealer
from services.child_index import store
from services.child_index.disclosure import Disclosures
from services.child_index.facts import describe_query
from services.child_index.match_view import matches
from services.child_index.opened import best_features, open_children
from services.child_index.refusals import QueryTooBroad
from services.matching import Grade, Model, Ranking, enough_to_search, prepare, rank

_MOST_DISCLOSED: Final = 50
_DISCLOSED: Final = 20
_COVERAGE_SECONDS: Final = 30.0


Context = grpc.aio.ServicerContext[Any, Any]


class CandidateService(CandidateServiceServicer):
    """Implements kith.childindex.v1.CandidateService."""

    def __init__(
        self,
        database: Database,
        *,
        sealer: Sealer,
        child_ids: ChildIds,
        disclosures: Disclosures,
        model: Model,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._child_ids = child_ids
        self._disclosures = disclosures
        self._model = model
        self._coverage: list[match_pb2.Coverage] = []
        self._coverage_until = 0.0

    async def MatchCandidates(
        self, request: pb.MatchCandidatesRequest, _context: Context
    ) -> pb.MatchCandidatesResponse:
        """Score candidates and disclose the best. Raises QueryTooBroad, BudgetSpent."""
        decision = access.current()
        organisation_id = decision.caller.organisation_id
        query = prepare(describe_query(request.query))
        advice = enough_to_search(query)
        if advice is not None:
            raise QueryTooBroad(advice)
        limit = min(request.page_size or _DISCLOSED, _MOST_DISCLOSED)
        ids = None if request.own_index else [UUID(one) for one in request.candidate_ids]
        async with self._database.connection() as connection:
            sealed = await store.find_candidates(
                connection, request.key_hashes, ids, UUID(organisation_id) if organisation_id else None
            )
            children = open_children(self._sealer, sealed, decision)
            ranking = rank(query, best_features(query, children, self._model), self._model, limit)
            if decision.caller.kind is not Kind.PERSON:
                ranking = _single_certain(ranking)
            await self._disclosures.record(connection, decision, [match.key for match in ranking.matches])
            if time.monotonic() > self._coverage_until:
                self._coverage = [_coverage(*row) for row in await store.coverage(connection)]
                self._coverage_until = time.monotonic() + _COVERAGE_SECONDS
        metrics.LOOKUP_SERVED_BY.labels(engine="postgresql" if request.own_index else "opensearch").inc()
        return pb.MatchCandidatesResponse(
            matches=matches(
                ranking.matches,
                children,
                lambda child_id: str(self._child_ids.outward(child_id, organisation_id)),
            ),
            ambiguous=ranking.ambiguous,
            ask_next=ranking.ask_next,
            coverage=self._coverage,
        )


def _single_certain(ranking: Ranking[UUID]) -> Ranking[UUID]:
    """What a system without a named user is told: the single certain match, or nothing (DESIGN 5 no. 6)."""
    certain = tuple(match for match in ranking.matches if match.grade is Grade.CERTAIN)
    return Ranking(certain if len(certain) == 1 else (), ambiguous=False, ask_next=())


def _coverage(organisation_id: UUID, last_time: Any) -> match_pb2.Coverage:
    time_ = Timestamp()
    time_.FromDatetime(last_time)
    return match_pb2.Coverage(organisation_id=str(organisation_id), last_update_time=time_)
