"""No name, date, address or number of a child lies anywhere that can be read (G7, S13; DESIGN 5 no. 4, 14).

Runs when all other end-to-end tests of the same fleet are done (conftest.py): what their children are called is looked
for as well. A child with canaries for facts is registered, looked for and shown, rightly and wrongly, through every
door; then everything that the fleet has written is searched. The search proves itself: in each place something is
planted, and found.
"""

import asyncio
import base64
import secrets
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2
import pytest
from aiokafka import AIOKafkaProducer
from google.type import date_pb2
from grpc.aio import AioRpcError, Metadata
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from deploy.engines.kafka import create_topics
from kith.childindex.v1 import child_index_service_pb2, child_pb2, match_pb2
from kith.search.v1 import search_service_pb2
from tests.e2e.canary_scan import Canaries, places
from tests.e2e.visitor import Visitor, record_links, visiting
from tests.faults.invariants import database, nothing_unsent
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import (
    Caller,
    Organisation,
    Partnership,
    Person,
    query_for,
    registration,
)

# The name and the street of the children of all other tests (tests/fixtures/partnership.py), and what wrong requests
# carry (test_bad_input.py).
_EVERYBODYS = ("Ottilie", "Lark Terrace", "Quillfeather")


@dataclass(frozen=True)
class Canary:
    """A child of whom every fact can be recognised."""

    stem: str
    nhs_number: str
    upn: str
    postcode: str
    born: date_pb2.Date

    @property
    def texts(self) -> list[str]:
        """What must not be found. Names, street, school, practice and local id all contain the stem."""
        born = f"{self.born.year}-{self.born.month:02}-{self.born.day:02}"
        return [self.stem, self.nhs_number, self.upn, self.postcode, self.postcode.replace(" ", ""), born]

    @property
    def facts(self) -> child_pb2.Facts:
        """All that can be known of it."""
        return child_pb2.Facts(
            names=[
                child_pb2.Name(
                    given_name=self.stem, family_name=f"{self.stem}son", other_given_names=f"{self.stem}ette"
                ),
                child_pb2.Name(
                    given_name="Poppet", family_name=f"O’{self.stem}", use=child_pb2.Name.USE_ALIAS
                ),
            ],
            birth_date=child_pb2.BirthDate(date=self.born),
            gender=child_pb2.Facts.GENDER_OTHER,
            addresses=[child_pb2.Address(lines=[f"7 {self.stem} Row"], postcode=self.postcode)],
            school_name=f"{self.stem} Academy",
            gp_name=f"The {self.stem} Surgery",
            nhs_number=self.nhs_number,
            upn=self.upn,
        )


def _canary() -> Canary:
    digits = "".join(secrets.choice("0123456789") for _ in range(11))
    return Canary(
        stem=_word(),
        nhs_number=f"9{digits[:9]}",
        upn=f"Q{digits}7",
        postcode=f"ZY{digits[0]}9 {digits[1]}QX",
        born=date_pb2.Date(year=2009, month=1 + secrets.randbelow(12), day=1 + secrets.randbelow(28)),
    )


def _word() -> str:
    """A word of four syllables that nothing else is called."""
    return "".join(secrets.choice("bdfgklmnprstvz") + secrets.choice("aeiou") for _ in range(5)).capitalize()


@pytest.mark.parametrize(
    "written",
    [
        b"child Zebrafinch found",
        b"ZEBRAFINCH",
        "straße zEbRaFiNcH".encode(),
        "Zebrafinch".encode("utf-16-le"),
        "Zebrafinch".encode("utf-16-be"),
        b"payload=" + b"Zebrafinch".hex().encode(),
        b"payload=" + b"ZEBRAFINCH".hex().upper().encode(),
        base64.b64encode(b"Zebrafinch"),
        base64.b64encode(b"1Zebrafinch2"),
        base64.urlsafe_b64encode(b"12zebrafinch345"),
        b"\0" * 5000 + b"zebrafinch" + b"\0" * 5000,
    ],
)
def test_scan_knows_a_canary_in_every_form(written: bytes) -> None:
    """S13: as text of either width, in any case, in hexadecimal and base64."""
    assert Canaries(["Zebrafinch", "Goldfinch"]).within(written) == {"Zebrafinch"}
    assert not Canaries(["Zebrafinches"]).within(written)


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_no_fact_of_a_child_lies_anywhere(kith: Partnership, fleet: RunningFleet) -> None:
    """G7: after the main job and every mistake on the way, in no log, metric, message, address, file or dump."""
    canary = _canary()
    school = await kith.organisation()
    person = await kith.person(school)
    await _main_job(kith, school, person, canary)
    await _mistakes(kith, school, person, canary)
    async with visiting(fleet.gateway, person) as visitor:
        await _pages(visitor, canary)
        await _mistakes_on_pages(visitor, fleet, canary)
    await eventually(lambda: nothing_unsent(fleet))
    canaries = Canaries([*canary.texts, *_EVERYBODYS])
    async with _planted(fleet) as planted:
        proofs = Canaries(planted.values())
        proven: defaultdict[str, set[str]] = defaultdict(set)
        leaks: set[tuple[str, str, str]] = set()
        addresses = [*visitor.addresses, f"{fleet.gateway}/find?family_name={planted['addresses']}"]
        async for place, what, data in _everything(fleet, addresses, planted["port"]):
            leaks |= {(place, what, text) for text in canaries.within(data)}
            proven[place] |= proofs.within(data)
    for place in ("log", "postgres", "dump", "messages", "metrics", "addresses", *_engines(fleet)):
        assert planted[place] in proven[place], f"the scan is blind in {place}"
    assert not leaks


async def _everything(
    fleet: RunningFleet, addresses: list[str], port: str
) -> AsyncIterator[tuple[str, str, bytes]]:
    async for place, what, data in places(fleet, [port]):
        yield place, what, data
    for address in addresses:
        yield "addresses", address, address.encode()


def _engines(fleet: RunningFleet) -> tuple[str, ...]:
    return ("kafka", "opensearch") if fleet.kind == "engines" else ()


@asynccontextmanager
async def _planted(fleet: RunningFleet) -> AsyncIterator[dict[str, str]]:
    """Something to be found in each place, by place; `port` is where further metrics are."""
    names = ("log", "postgres", "messages", "metrics", "addresses", "opensearch")
    words = {place: _word() for place in names}
    # The same row and message, in memory and on disk.
    words |= {"dump": words["postgres"], "kafka": words["messages"]}
    log = fleet.processes.process("search").log
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{words['log']}\n")
    registry = CollectorRegistry()
    Gauge("kith_planted", "Planted", ["value"], registry=registry).labels(words["metrics"]).set(1)
    server, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        await _plant_message(fleet, words["messages"])
        async with database(fleet, "child_index") as connection, _row(connection, words["postgres"]):
            if fleet.kind == "engines":
                await _plant_document(fleet, words["opensearch"])
            yield words | {"port": str(server.server_port)}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@asynccontextmanager
async def _row(connection: "asyncpg.Connection[asyncpg.Record]", word: str) -> AsyncIterator[None]:
    await connection.execute("CREATE TABLE planted (word text)")
    try:
        await connection.execute("INSERT INTO planted VALUES ($1)", word)
        # What was written is now in the files of the tables too, not in the log of changes alone.
        await connection.execute("CHECKPOINT")
        yield
    finally:
        await connection.execute("DROP TABLE planted")


async def _plant_message(fleet: RunningFleet, word: str) -> None:
    if fleet.kind == "engines":
        await create_topics(fleet.layout.kafka, ["planted"], 1)
    producer = AIOKafkaProducer(bootstrap_servers=fleet.layout.kafka)
    await producer.start()
    try:
        await producer.send_and_wait("planted", word.encode())
    finally:
        await producer.stop()


async def _plant_document(fleet: RunningFleet, word: str) -> None:
    async with httpx2.AsyncClient(base_url=fleet.layout.opensearch, trust_env=False, timeout=20) as http:
        (await http.put("/planted")).raise_for_status()
        (await http.put("/planted/_doc/1", json={"word": word})).raise_for_status()
        (await http.post("/_flush?force=true")).raise_for_status()


async def _main_job(kith: Partnership, school: Organisation, person: Person, canary: Canary) -> None:
    """Registered by two agencies, found in spite of a misspelling, and shown."""
    local_id = f"{canary.stem}-0001"
    registered = await kith.call(
        school, kith.index.RegisterChild, registration(school, canary.facts, local_id=local_id)
    )
    other = await kith.organisation()
    await kith.register(other, canary.facts, local_id=local_id)
    query = query_for(canary.facts, given_name=f"{canary.stem}h")

    async def found() -> list[match_pb2.Match]:
        return list((await kith.find(person, query)).matches)

    match = (await eventually(found))[0]
    for caller, child_id in ((person, match.child_id), (school, registered.child_id)):
        assert (await kith.get(caller, child_id)).facts.school_name == canary.facts.school_name


async def _mistakes(kith: Partnership, school: Organisation, person: Person, canary: Canary) -> None:
    """Everything that can go wrong with the facts in hand: refused, cut off, said to the wrong method."""
    stem, good = canary.stem, registration(school, canary.facts)
    too_long, no_day, reused = (_copy(good) for _ in range(3))
    too_long.facts.school_name = stem * 100
    no_day.facts.birth_date.date.day = 31
    no_day.facts.birth_date.date.month = 2
    await kith.call(school, kith.index.RegisterChild, reused)
    reused.facts.gp_name = f"{stem} Hospital"
    of_stem = child_index_service_pb2.ChildRef(child_id=stem)
    unknown = child_index_service_pb2.ChildRef(
        local_key=child_index_service_pb2.LocalKey(system=stem, local_id=canary.upn)
    )
    too_little = search_service_pb2.FindChildrenRequest(query=match_pb2.Query(family_name=stem))
    too_much = search_service_pb2.FindChildrenRequest(query=match_pb2.Query(postcode=stem * 10**6))
    attempts: list[tuple[Caller, Any, Any, str]] = [
        (school, kith.index.RegisterChild, too_long, "provide-service"),
        (school, kith.index.RegisterChild, no_day, "provide-service"),
        (school, kith.index.RegisterChild, reused, "provide-service"),
        (school, kith.index.RegisterChild, good, stem),
        (person, kith.index.RegisterChild, good, "provide-service"),
        (school, kith.index.GetChild, child_index_service_pb2.GetChildRequest(child=of_stem), "safeguard"),
        (school, kith.index.GetChild, child_index_service_pb2.GetChildRequest(child=unknown), "safeguard"),
        (person, kith.search.FindChildren, too_little, "safeguard"),
        (person, kith.search.FindChildren, too_much, "safeguard"),
        (Caller(fixed_token=stem), kith.index.RegisterChild, good, "provide-service"),
    ]
    for caller, method, request, purpose in attempts:
        with pytest.raises(AioRpcError) as refused:
            await kith.call(caller, method, request, purpose)
        assert not Canaries(canary.texts).within(repr(refused.value).encode())
    await _strange_calls(kith, school, good)
    await _database_leaves(kith, school, canary)


async def _strange_calls(
    kith: Partnership, school: Organisation, good: child_index_service_pb2.RegisterChildRequest
) -> None:
    """The right bytes to the wrong method, and a method that does not exist, named after the child."""
    stem, body = good.facts.names[0].given_name, good.SerializeToString()
    token = (await school.metadata())["authorization"]
    metadata = Metadata(("authorization", token), ("kith-purpose", "safeguard"), ("x-child", stem))
    for service, path in (
        ("search", "/kith.search.v1.SearchService/FindChildren"),
        ("child_index", "/kith.childindex.v1.ChildIndexService/GetChild"),
        ("consent", "/kith.consent.v1.ConsentService/RecordConsent"),
        ("directory", "/kith.directory.v1.DirectoryService/BatchGetPractitioners"),
        ("child_index", f"/kith.childindex.v1.ChildIndexService/Get{stem}"),
    ):
        call: Any = kith.channels[service].unary_unary(path)
        with pytest.raises(AioRpcError):
            await call(body, metadata=metadata, timeout=10)


async def _database_leaves(kith: Partnership, school: Organisation, canary: Canary) -> None:
    """Sessions end in the middle of registrations: the exceptions of the driver quote what was sent."""
    async with database(kith.fleet, "child_index") as connection:
        for _ in range(5):
            request = registration(school, canary.facts, local_id=f"{canary.stem}-{uuid.uuid4()}")
            call = kith.index.RegisterChild(request, metadata=await school.metadata(), timeout=10)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kith_child_index_app'"
            )
            # It may have been done before, or be refused: what is said of it is the same in each case, nothing.
            outcome = (await asyncio.gather(call, return_exceptions=True))[0]
            if isinstance(outcome, BaseException):
                assert not Canaries(canary.texts).within(repr(outcome).encode())


async def _pages(visitor: Visitor, canary: Canary) -> None:
    """The main job on the pages: found, opened."""
    born = canary.born
    page = await visitor.find(
        given_name=f"{canary.stem}h",
        family_name=f"{canary.stem}son",
        day=str(born.day),
        month=str(born.month),
        year=str(born.year),
        postcode=canary.postcode,
    )
    record = await visitor.get(record_links(page)[0])
    assert "Who is involved now" in record
    assert canary.stem in record


async def _mistakes_on_pages(visitor: Visitor, fleet: RunningFleet, canary: Canary) -> None:
    """What people type into the wrong field, and addresses they make up."""
    stem = canary.stem
    for typed in (
        {"family_name": stem},
        {"given_name": stem, "family_name": stem, "day": stem},
        {"given_name": stem * 50, "family_name": stem, "postcode": stem * 5},
        {"purpose": stem},
    ):
        assert "There is a problem" in await visitor.find(**typed)
    async with httpx2.AsyncClient(base_url=fleet.gateway, trust_env=False) as stranger:
        for path in (
            f"/child/{stem}",
            f"/find?family_name={stem}",
            f"/{stem}",
            f"/login/callback?code={stem}",
        ):
            await stranger.get(path, headers={"cookie": f"kith={stem}", "referer": f"http://{stem}/"})
        await stranger.post("/find", data={"family_name": stem, "csrf": stem})
        await stranger.post("/find", content=stem.encode(), headers={"content-type": stem})
        stranger.follow_redirects = True
        assert "not right" in await Visitor(stranger).log_in(stem, stem)


def _copy(
    request: child_index_service_pb2.RegisterChildRequest,
) -> child_index_service_pb2.RegisterChildRequest:
    made = child_index_service_pb2.RegisterChildRequest()
    made.CopyFrom(request)
    made.request_id = str(uuid.uuid4())
    made.local_key.local_id = str(uuid.uuid4())
    return made
