"""The lookup path without its processes: the search service, the child index's part of it, and a real database."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from google.protobuf.message import Message
from google.type import date_pb2

from kith.access.v1 import access_pb2
from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.childindex.v1 import child_pb2, match_pb2
from kith.childindex.v1.candidate_service_pb2_grpc import (
    CandidateServiceServicer,
)
from kith.search.v1 import search_service_pb2
from services.chassis import access, database
from services.chassis.access import Decision
from services.chassis.caller import Caller, Kind
from services.chassis.child_ids import ChildIds
from services.chassis.database import Database
from services.chassis.keyring import Keyring
from services.chassis.seal import Sealer
from services.chassis.validation import validate
from services.child_index.candidate_service import CandidateService
from services.child_index.disclosure import Disclosures
from services.child_index.match_keys import MatchKeys
from services.child_index.registration import Registered, Registrar
from services.matching import load_model
from services.search.service import Engine, SearchService
from services.search.store import Candidate, IndexUnavailable
from tests.fixtures.postgres import ServiceDatabases

USES = ("facts", "match", "identifier", "child_id", "page_token", "request")
SCHOOL, NURSE, POLICE = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
NO_CONTEXT: Any = None
CONNECTIONS = 5


class SearchEngine:
    """Stands for OpenSearch and what keeps it in step: holds keys by child, and can be late, down or both."""

    def __init__(self) -> None:
        self.keys: dict[UUID, set[int]] = {}
        self.in_step = True
        self.down = False
        self.asked = 0

    async def candidates_of_many(self, questions: Sequence[Mapping[int, int]]) -> list[list[Candidate]]:
        """As the index answers."""
        self.asked += 1
        if self.down:
            raise IndexUnavailable
        return [self._sharing(keys) for keys in questions]

    def _sharing(self, keys: Mapping[int, int]) -> list[Candidate]:
        weights = {
            child_id: sum(keys[key] for key in own & keys.keys()) for child_id, own in self.keys.items()
        }
        found = [Candidate(child_id, weight) for child_id, weight in weights.items() if weight]
        return sorted(found, key=lambda one: (-one.weight, one.child_id))[:100]


@dataclass
class Lookup:
    """Registers and finds."""

    database: Database
    keyring: Keyring
    registrar: Registrar
    keys: MatchKeys
    service: SearchService
    engine: SearchEngine | None = None
    calls: list[str] = field(default_factory=list)

    async def register(
        self, facts: child_pb2.Facts, organisation: str = SCHOOL, local_id: str = ""
    ) -> Registered:
        """Have an organisation's system register a child."""
        async with self.database.transaction() as connection:
            return await self.registrar.register(
                connection,
                local_key_hashes=self.keys.local_key(organisation, "files", local_id or secrets.token_hex(8)),
                facts=facts,
                involvement=None,
                organisation_id=organisation,
                decision=access.own_work("child-index", "test"),
            )

    async def find(
        self, query: match_pb2.Query, asker: Decision | None = None, page_size: int = 0
    ) -> search_service_pb2.FindChildrenResponse:
        """Search as somebody, a nurse if not said; raises what the services refuse."""
        request = search_service_pb2.FindChildrenRequest(query=query, page_size=page_size)
        answer: search_service_pb2.FindChildrenResponse = await self._ask(
            self.service.FindChildren, request, asker
        )
        return answer

    async def find_many(
        self, queries: Sequence[match_pb2.Query], asker: Decision | None = None
    ) -> search_service_pb2.BatchFindChildrenResponse:
        """The same for many."""
        request = search_service_pb2.BatchFindChildrenRequest(queries=queries)
        answer: search_service_pb2.BatchFindChildrenResponse = await self._ask(
            self.service.BatchFindChildren, request, asker
        )
        return answer

    async def catch_up(self) -> None:
        """Have the search engine take in all there is."""
        assert self.engine is not None
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT child_id, key FROM child_key WHERE visible")
        self.engine.keys = {}
        for row in rows:
            self.engine.keys.setdefault(row["child_id"], set()).add(row["key"])

    async def access_records(self) -> list[AccessRecord]:
        """What was recorded as disclosed, oldest first."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT payload FROM chassis.audit_outbox ORDER BY position")
        return [AccessRecord.FromString(row["payload"]) for row in rows]

    async def _ask(self, method: Any, request: Any, asker: Decision | None) -> Any:
        validate(request)
        token = access.enter(asker or nurse())
        try:
            return await method(request, NO_CONTEXT)
        finally:
            access.leave(token)


@asynccontextmanager
async def lookup(
    service_database: ServiceDatabases,
    *,
    engine: SearchEngine | None = None,
    person_limit: int = 500,
    system_limit: int = 500,
) -> AsyncIterator[Lookup]:
    """A lookup path on a database of its own."""
    made = await service_database("child_index")
    keyring = Keyring(dict.fromkeys(USES, "1"), {use: {"1": secrets.token_bytes(32)} for use in USES})
    sealer, keys, model = Sealer(keyring), MatchKeys(keyring), load_model()
    async with database.pool(made.app_url_file, name="test", max_size=CONNECTIONS) as pool:
        candidates = CandidateService(
            pool,
            sealer=sealer,
            child_ids=ChildIds(keyring),
            disclosures=Disclosures(person_limit, system_limit),
            keys=keys,
            model=model,
        )
        calls: list[str] = []
        channel: Any = _Within(candidates, calls)
        index: Any = engine
        service = SearchService(channel, keyring, None if engine is None else Engine(index, index))
        yield Lookup(pool, keyring, Registrar(sealer, keys, model), keys, service, engine, calls)


class _Within:
    """A channel to a service in this process: requests are validated and refusals raised as they would arrive."""

    def __init__(self, candidates: CandidateServiceServicer, calls: list[str]) -> None:
        self._candidates = candidates
        self._calls = calls

    def unary_unary(self, method: str, **_: Any) -> Callable[[Message], Awaitable[Message]]:
        """As a channel's."""
        name = method.rpartition("/")[2]

        async def call(request: Message) -> Message:
            validate(request)
            self._calls.append(name)
            answer: Message = await getattr(self._candidates, name)(request, NO_CONTEXT)
            return answer

        return call


def nurse(subject: str = "") -> Decision:
    """Somebody who works with children, a new person each time unless named."""
    return _decision(Kind.PERSON, subject or f"person-{uuid4()}", NURSE, "service-gateway")


def system(organisation: str = NURSE) -> Decision:
    """An organisation's system without a named user."""
    client = f"system-{uuid4()}"
    return _decision(Kind.SYSTEM, client, organisation, client)


def of(organisation: str) -> Decision:
    """Somebody of an organisation."""
    return _decision(Kind.PERSON, f"person-{uuid4()}", organisation, "service-gateway")


def _decision(kind: Kind, subject: str, organisation: str, client: str) -> Decision:
    caller = Caller(kind, subject, organisation, client, frozenset({"children.search"}), frozenset())
    return access.authorise(
        "/kith.test/Find", access_pb2.Rule(scope="children.search"), caller, "provide-service"
    )


def facts(
    given: str = "Ottilie",
    family: str = "Fenwick",
    *,
    born: tuple[int, int, int] = (2014, 5, 14),
    postcode: str = "ZY9 4AA",
    **more: Any,
) -> child_pb2.Facts:
    """A child."""
    year, month, day = born
    return child_pb2.Facts(
        names=[child_pb2.Name(given_name=given, family_name=family)],
        birth_date=child_pb2.BirthDate(date=date_pb2.Date(year=year, month=month, day=day)),
        addresses=[child_pb2.Address(postcode=postcode)],
        **more,
    )


def query(
    given: str = "Ottilie",
    family: str = "Fenwick",
    *,
    born: tuple[int, int, int] | None = (2014, 5, 14),
    **more: Any,
) -> match_pb2.Query:
    """A question."""
    asked = match_pb2.Query(given_name=given, family_name=family, **more)
    if born is not None:
        year, month, day = born
        asked.birth_date.CopyFrom(child_pb2.BirthDate(date=date_pb2.Date(year=year, month=month, day=day)))
    return asked


def age_on(born: tuple[int, int, int]) -> int:
    """The age today of somebody born on a day."""
    today = datetime.now(UTC).date()
    return today.year - born[0] - ((today.month, today.day) < born[1:])
