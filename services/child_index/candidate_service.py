"""CandidateService: which candidates match, scored and disclosed here so that the others never leave (DESIGN 6)."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from kith.childindex.v1 import candidate_service_pb2 as pb
from kith.childindex.v1 import match_pb2
from kith.childindex.v1.candidate_service_pb2_grpc import CandidateServiceServicer
from services.chassis import access
from services.chassis.access import Decision
from services.chassis.caller import Kind
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection, Database
from services.chassis.errors import Failure, to_status
from services.chassis.seal import Sealer
from services.child_index import candidate_store, metrics
from services.child_index.answer import Answer, answer
from services.child_index.candidate_store import Asked, Named
from services.child_index.disclosure import Disclosures
from services.child_index.facts import describe_query
from services.child_index.key_versions import KeyVersions
from services.child_index.match_keys import MatchKeys
from services.child_index.match_view import finding
from services.child_index.opened import OpenedChild, open_children
from services.child_index.refusals import QueryTooBroad
from services.child_index.store import SealedRecord
from services.matching import Features, Model, enough_to_search, prepare

ERROR_DOMAIN: Final = "childindex.kith"
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
        keys: MatchKeys,
        model: Model,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._child_ids = child_ids
        self._disclosures = disclosures
        self._keys = keys
        self._key_versions = KeyVersions(keys)
        self._model = model
        self._coverage: list[match_pb2.Coverage] = []
        self._coverage_until = 0.0

    async def MatchCandidates(
        self, request: pb.MatchCandidatesRequest, _context: Context
    ) -> pb.MatchCandidatesResponse:
        """Score candidates and disclose the best. Raises QueryTooBroad, BudgetSpent, KeysNotMade."""
        decision = access.current()
        query = _enough(request)
        async with self._database.connection() as connection:
            ((children, found),) = await self._answers(connection, [(request, query)], decision)
            await self._disclosures.record(connection, decision, found.child_ids, self._model.model_version)
            coverage = await self._fresh_coverage(connection)
        shown = finding(found, children, self._outward(decision))
        return pb.MatchCandidatesResponse(
            matches=shown.matches,
            ambiguous=shown.ambiguous,
            ask_next=shown.ask_next,
            too_many=shown.too_many,
            more=shown.more,
            coverage=coverage,
            model_version=self._model.model_version,
        )

    async def BatchMatchCandidates(
        self, request: pb.BatchMatchCandidatesRequest, _context: Context
    ) -> pb.BatchMatchCandidatesResponse:
        """Do the same for many queries; what one is refused stands in its finding. Raises KeysNotMade."""
        decision = access.current()
        findings = [match_pb2.Finding() for _ in request.requests]
        enough: list[tuple[pb.MatchCandidatesRequest, Features]] = []
        places: list[int] = []
        for place, one in enumerate(request.requests):
            try:
                enough.append((one, _enough(one)))
            except QueryTooBroad as refused:
                findings[place] = _refused(refused)
            else:
                places.append(place)
        async with self._database.connection() as connection:
            answers = await self._answers(connection, enough, decision)
            told = await self._disclosures.record_each(
                connection, decision, [found.child_ids for _, found in answers], self._model.model_version
            )
            coverage = await self._fresh_coverage(connection)
        for place, (children, found), allowed in zip(places, answers, told, strict=True):
            findings[place] = (
                finding(found, children, self._outward(decision))
                if allowed
                else _refused(self._disclosures.spent(decision))
            )
        return pb.BatchMatchCandidatesResponse(
            findings=findings, coverage=coverage, model_version=self._model.model_version
        )

    async def _answers(
        self,
        connection: Connection,
        asked: Sequence[tuple[pb.MatchCandidatesRequest, Features]],
        decision: Decision,
    ) -> list[tuple[list[OpenedChild], Answer]]:
        """The candidates of each query and what to answer, from one statement."""
        organisation_id = decision.caller.organisation_id
        looked_up = [await self._asked(connection, *one) for one in asked]
        sealed = await candidate_store.find_candidates(
            connection,
            looked_up,
            UUID(organisation_id) if organisation_id else None,
        )
        answers = []
        for (request, query), one, records in zip(asked, looked_up, sealed, strict=True):
            answers.append(self._answer(request, query, records, decision))
            metrics.LOOKUP_SERVED_BY.labels(engine="postgresql" if one.named is None else "opensearch").inc()
            if len(asked) > 1:
                # Scoring takes a few milliseconds, during which nobody else is answered.
                await asyncio.sleep(0)
        return answers

    def _answer(
        self,
        request: pb.MatchCandidatesRequest,
        query: Features,
        records: Sequence[SealedRecord],
        decision: Decision,
    ) -> tuple[list[OpenedChild], Answer]:
        children = open_children(self._sealer, records, decision)
        limit = min(request.page_size or _DISCLOSED, _MOST_DISCLOSED)
        is_person = decision.caller.kind is Kind.PERSON
        return children, answer(query, children, self._model, limit=limit, is_person=is_person)

    async def _asked(
        self, connection: Connection, request: pb.MatchCandidatesRequest, query: Features
    ) -> Asked:
        """What to look up. Raises KeysNotMade."""
        version = await self._key_versions.to_ask(connection, request.key_version)
        if version != request.key_version:
            own = self._keys.asked(query, version)
            return Asked(list(own), list(own.values()), None)
        named = None
        if not request.own_index:
            named = [
                Named(UUID(child_id), weight)
                for child_id, weight in zip(request.candidate_ids, request.candidate_weights, strict=True)
            ]
        return Asked(request.key_hashes, request.key_weights, named)

    def _outward(self, decision: Decision) -> Callable[[UUID], str]:
        organisation_id = decision.caller.organisation_id
        return lambda child_id: str(self._child_ids.outward(child_id, organisation_id))

    async def _fresh_coverage(self, connection: Connection) -> list[match_pb2.Coverage]:
        if time.monotonic() > self._coverage_until:
            self._coverage = [_coverage(*row) for row in await candidate_store.coverage(connection)]
            self._coverage_until = time.monotonic() + _COVERAGE_SECONDS
        return self._coverage


def _enough(request: pb.MatchCandidatesRequest) -> Features:
    """The query in the matcher's form. Raises QueryTooBroad."""
    query = prepare(describe_query(request.query, datetime.now(UTC).date()))
    advice = enough_to_search(query)
    if advice is not None:
        raise QueryTooBroad(advice)
    return query


def _refused(failure: Failure) -> match_pb2.Finding:
    return match_pb2.Finding(error=to_status(failure, ERROR_DOMAIN))


def _coverage(organisation_id: UUID, last_time: datetime) -> match_pb2.Coverage:
    time_ = Timestamp()
    # To the hour: whoever knows when a record was made must not learn here who made it.
    time_.FromDatetime(last_time.replace(minute=0, second=0, microsecond=0))
    return match_pb2.Coverage(organisation_id=str(organisation_id), last_update_time=time_)
