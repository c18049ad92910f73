"""Pages that entries name: looked for politely, and told as broken only when they really are (issue 7, no. 4)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from services.chassis import database
from services.directory.outbound import Bounds, SafeClient
from services.directory.quality import store
from services.directory.quality.finding import FindingKind
from services.directory.quality.link_checker import LinkChecker
from tests.service.directory.hostile_server import HostileServer, answer, hostile_server
from tests.service.directory.quality.conftest import Round
from tests.service.directory.quality.shelf import Shelf

BOUNDS = Bounds(seconds=1, connect_seconds=1, bytes=1000, redirects=3)
NAMES = ("a.example.org", "b.example.org")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


class Looking:
    """Looks for the pages of a shelf, by its clock; the names of the pages lead to the server."""

    def __init__(self, shelf: Shelf, rounds: Round, server: HostileServer, client: SafeClient) -> None:
        self.shelf = shelf
        self.rounds = rounds
        self.server = server
        stand_in: database.Database = None  # type: ignore[assignment]
        self.checker = LinkChecker(stand_in, client, shelf.clock, 0.0, 0.0)

    def page(self, path: str, host: str = NAMES[0]) -> str:
        return f"http://{host}:{self.server.port}{path}"

    async def look(self, times: int = 1, every_days: int = 3) -> None:
        """Look, and again after some days."""
        for _ in range(times):
            await self.rounds.make()
            while await self.checker.look(self.shelf.connection):
                pass
            self.shelf.pass_days(every_days)

    async def broken(self, entry_id: UUID) -> list[str]:
        """The places of broken links in an entry."""
        found = await store.findings(self.shelf.connection, None, entry_id, 0, None, 99)
        return [one.finding.pointer for one in found if one.finding.kind == FindingKind.LINK_BROKEN]


@pytest_asyncio.fixture
async def looking(shelf: Shelf, rounds: Round, server: HostileServer) -> AsyncIterator[Looking]:
    async def resolve(_: str) -> list[str]:
        return ["127.0.0.1"]

    inside = [f"{name}:{server.port}" for name in NAMES]
    async with SafeClient(BOUNDS, inside=inside, resolve=resolve) as client:
        yield Looking(shelf, rounds, server, client)


async def test_a_page_that_is_gone_is_told_after_three_looks_and_forgotten_when_it_is_back(
    looking: Looking,
) -> None:
    looking.server.pages["/here"] = answer()
    owner = await looking.shelf.organisation(website=looking.page("/here"))
    service = await looking.shelf.service(
        owner, url=looking.page("/gone"), schedules=[{"schedule_link": looking.page("/gone")}]
    )
    await looking.look(times=2)
    assert await looking.broken(service) == []
    await looking.look()
    assert set(await looking.broken(service)) == {"/url", "/schedules/0/schedule_link"}
    assert await looking.broken(owner) == []
    looking.server.pages["/gone"] = answer()
    await looking.look()
    assert await looking.broken(service) == []


async def test_a_page_is_asked_for_by_its_head_and_seldom(looking: Looking) -> None:
    looking.server.pages["/here"] = answer(body=b"a page")
    await looking.shelf.organisation(website=looking.page("/here"))
    await looking.look(times=4)
    assert looking.server.paths == ["HEAD /here"]
    looking.shelf.pass_days(14)
    await looking.look()
    assert looking.server.paths == ["HEAD /here"] * 2


async def test_a_server_that_knows_no_head_is_asked_for_the_page(looking: Looking) -> None:
    async def no_head(writer: asyncio.StreamWriter) -> None:
        head = looking.server.asked[-1].startswith("HEAD")
        writer.write(answer(405) if head else answer(body=b"x" * 100_000))
        await writer.drain()

    looking.server.pages["/old"] = no_head
    owner = await looking.shelf.organisation(website=looking.page("/old"))
    await looking.look(times=4)
    assert looking.server.paths[:2] == ["HEAD /old", "GET /old"]
    assert await looking.broken(owner) == []


async def test_who_turns_us_away_has_its_page_all_the_same(looking: Looking) -> None:
    looking.server.pages["/shy"] = answer(403)
    looking.server.pages["/busy"] = answer(429)
    owner = await looking.shelf.organisation(website=looking.page("/shy"))
    service = await looking.shelf.service(owner, url=looking.page("/busy"))
    await looking.look(times=4)
    assert await looking.broken(owner) == await looking.broken(service) == []


async def test_with_no_way_out_nobody_is_blamed(looking: Looking) -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        return

    looking.server.pages |= {"/1": silent, "/2": silent}
    owner = await looking.shelf.organisation(website=looking.page("/1"))
    service = await looking.shelf.service(owner, url=looking.page("/2", NAMES[1]))
    await looking.look(times=5)
    assert await looking.broken(owner) == await looking.broken(service) == []


async def test_an_address_inside_is_not_asked(looking: Looking) -> None:
    owner = await looking.shelf.organisation(website=f"http://inside.example.org:{looking.server.port}/")
    await looking.look(times=4)
    assert looking.server.asked == []
    assert await looking.broken(owner) == []


async def test_a_host_with_many_pages_is_asked_a_few_at_a_time(looking: Looking) -> None:
    owner = await looking.shelf.organisation()
    for number in range(12):
        looking.server.pages[f"/{number}"] = answer()
        await looking.shelf.service(owner, url=looking.page(f"/{number}"))
    await looking.rounds.make()
    assert await looking.checker.look(looking.shelf.connection) == 5
    assert len(looking.server.asked) == 5
    await looking.look()
    assert len(set(looking.server.paths)) == 12
