"""What holds after every fault (RELIABILITY 2.1: G1 to G6). It may look where no caller can: tables and engines."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
import httpx2
from opensearchpy import AsyncOpenSearch

from deploy.local import postgres
from deploy.local.postgres_server import SUPERUSER
from kith.audit.v1 import access_record_pb2, audit_service_pb2
from kith.childindex.v1 import child_events_pb2, child_index_service_pb2
from services.chassis.keyring import Keyring
from services.search import documents
from services.search.generations_store import GenerationsStore
from services.search.projection import key_version
from tests.faults.stream import Acknowledged
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Organisation, Partnership, Person, query_for
from tests.fixtures.topic_contents import records

TOPIC: Final = "kith.childindex.v1.child-events"
_PRODUCERS: Final = ("child_index", "directory", "consent")
_AT_ONCE: Final = 8


async def invariants(
    kith: Partnership, acknowledged: Sequence[Acknowledged], *, broker_kept_data: bool = True
) -> None:
    """Fail unless everything acknowledged (all by one organisation) is there once, everywhere it belongs, and soon."""
    fleet = kith.fleet
    organisation = acknowledged[0].organisation
    await eventually(lambda: nothing_unsent(fleet))
    children = await _one_child_and_involvement_each(fleet, organisation, len(acknowledged))
    await _read_back(kith, acknowledged)
    await _found(kith, await kith.person(organisation), acknowledged)
    await _events_are_the_versions(fleet)
    await _nothing_put_aside(fleet)
    if broker_kept_data:
        await _kafka_has_the_events(fleet, children)
    if fleet.kind == "engines":
        await eventually(lambda: index_agrees(fleet))
    await eventually(lambda: _accounted_for(fleet, organisation, len(acknowledged)))
    verified = await kith.call(
        kith.operator, kith.audit.VerifyChain, audit_service_pb2.VerifyChainRequest(), "audit"
    )
    assert verified.whole


@asynccontextmanager
async def database(fleet: RunningFleet, service: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to the database of a service, as the role that may see everything."""
    dsn = postgres.dsn(fleet.layout.home / "postgres", f"kith_{service}", SUPERUSER)
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


def alias(fleet: RunningFleet) -> str:
    """What the index is called that is made of the keys in use."""
    return documents.alias(key_version(Keyring.load(fleet.layout.secrets.keyring("search"))))


def generations(fleet: RunningFleet, client: AsyncOpenSearch) -> GenerationsStore:
    """Which index is in use."""
    return GenerationsStore(client, alias(fleet))


async def nothing_unsent(fleet: RunningFleet) -> bool:
    """G5: outboxes are empty, of events and of access records."""
    for service in _PRODUCERS:
        async with database(fleet, service) as connection:
            events = await connection.fetchval(
                "SELECT count(*) FROM chassis.outbox WHERE publish_time IS NULL"
            )
            shipped = await connection.fetchval(
                "SELECT count(*) FROM chassis.audit_outbox WHERE ship_time IS NULL"
            )
        assert (events, shipped) == (0, 0), f"{service}: unsent events and access records"
    return True


async def _one_child_and_involvement_each(
    fleet: RunningFleet, organisation: Organisation, registered: int
) -> dict[UUID, int]:
    """G1, G3: one record, child and involvement for each registration; returns the children with their versions."""
    async with database(fleet, "child_index") as connection:
        children = await connection.fetch(
            "SELECT c.id, c.version, count(*) AS records FROM child AS c JOIN source_record AS r"
            " ON r.child_id = c.id WHERE r.organisation_id = $1 GROUP BY c.id",
            UUID(organisation.id),
        )
        involved = await connection.fetch(
            "SELECT child_id, count(*) AS times FROM involvement WHERE organisation_id = $1 GROUP BY child_id",
            UUID(organisation.id),
        )
    assert [row["records"] for row in children] == [1] * registered
    assert {row["child_id"]: row["times"] for row in involved} == {row["id"]: 1 for row in children}
    return {row["id"]: row["version"] for row in children}


async def _read_back(kith: Partnership, acknowledged: Sequence[Acknowledged]) -> None:
    """G1: what was acknowledged is what its sender gets, by its own key."""

    async def same(one: Acknowledged) -> None:
        ref = child_index_service_pb2.ChildRef(local_key=one.request.local_key)
        request = child_index_service_pb2.GetChildRequest(child=ref)
        child = (await kith.call(one.organisation, kith.index.GetChild, request)).child
        assert child.id == one.answer.child_id
        assert [involvement.id for involvement in child.involvements] == [one.answer.involvement_id]
        assert child.facts.names[0] == one.request.facts.names[0]

    for start in range(0, len(acknowledged), _AT_ONCE):
        await asyncio.gather(*map(same, acknowledged[start : start + _AT_ONCE]))


async def _found(kith: Partnership, person: Person, acknowledged: Sequence[Acknowledged]) -> None:
    """G1, G5: a search finds each, once."""

    async def once(one: Acknowledged) -> None:
        name, born = one.request.facts.names[0].family_name, one.request.facts.birth_date.date

        async def matches() -> list[str]:
            answer = await kith.find(person, query_for(one.request.facts))
            return [
                match.child_id
                for match in answer.matches
                if match.name.family_name == name and match.birth_date == born
            ]

        assert await eventually(matches) == [one.answer.child_id]

    for start in range(0, len(acknowledged), _AT_ONCE):
        await asyncio.gather(*map(once, acknowledged[start : start + _AT_ONCE]))


async def _events_are_the_versions(fleet: RunningFleet) -> None:
    """G1, G2, G4: each child's events are numbered from 1 to its version, in the order written; none is of no child."""
    async with database(fleet, "child_index") as connection:
        differing = await connection.fetchval(
            "SELECT count(*) FROM child AS c FULL JOIN"
            " (SELECT key, array_agg(version ORDER BY position) AS versions FROM chassis.outbox GROUP BY key) AS e"
            " ON e.key = c.id WHERE e.versions IS DISTINCT FROM ARRAY(SELECT generate_series(1, c.version))"
        )
    assert differing == 0


async def _nothing_put_aside(fleet: RunningFleet) -> None:
    """G5: no event went to a dead-letter topic."""
    topics = [f"{topic}.dead-letter" for topic in (TOPIC, *_other_topics())]
    assert [one.topic async for one in records(fleet.layout.kafka, topics)] == []


def _other_topics() -> tuple[str, str]:
    return ("kith.directory.v1.directory-events", "kith.consent.v1.consent-events")


async def _kafka_has_the_events(fleet: RunningFleet, children: dict[UUID, int]) -> None:
    """G1, G4: Kafka has each event of the children at least once, the first time in the order of the versions."""
    versions: defaultdict[UUID, list[int]] = defaultdict(list)
    async for record in records(fleet.layout.kafka, [TOPIC]):
        event = child_events_pb2.ChildEvent.FromString(record.value)
        key = UUID(bytes=record.key)
        assert event.child_id == str(key)
        if key in children and event.version not in versions[key]:
            versions[key].append(event.version)
    assert versions == {child: list(range(1, version + 1)) for child, version in children.items()}


async def index_agrees(fleet: RunningFleet) -> bool:
    """G5: OpenSearch has every child at its version and nothing else: 0 missing, 0 extra, 0 different."""
    index = f"{fleet.layout.opensearch}/{alias(fleet)}"
    query = {"query": {"match_all": {}}, "version": True, "size": 10_000}
    async with httpx2.AsyncClient(trust_env=False) as http:
        await http.post(f"{index}/_refresh")
        answer = (await http.post(f"{index}/_search", json=query)).json()
        assert "hits" in answer, "there is no index yet"
        hits = answer["hits"]["hits"]
    async with database(fleet, "child_index") as connection:
        rows = await connection.fetch("SELECT id, version FROM child")
    indexed = {hit["_id"]: hit["_version"] for hit in hits}
    assert indexed == {str(row["id"]): row["version"] for row in rows}
    return True


async def _accounted_for(fleet: RunningFleet, organisation: Organisation, shown: int) -> bool:
    """G6: every access record is in the chain, and there are as many as answers that showed a child."""
    async with database(fleet, "child_index") as connection:
        rows = await connection.fetch("SELECT record_id, payload FROM chassis.audit_outbox")
    async with database(fleet, "audit") as connection:
        chained = await connection.fetch("SELECT record_id FROM access_record")
    assert {row["record_id"] for row in rows} <= {row["record_id"] for row in chained}
    disclosures = [access_record_pb2.AccessRecord.FromString(row["payload"]) for row in rows]
    methods = Counter(
        one.method.rpartition("/")[2] for one in disclosures if one.organisation_id == organisation.id
    )
    assert methods["GetChild"] >= shown
    assert methods["MatchCandidates"] >= shown
    return True
