"""Looks for the pages that entries name, politely: each host seldom, and only the heads where that will do."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, NoReturn

from services.chassis.database import Connection, Database
from services.chassis.leader import lead
from services.directory.clock import Clock
from services.directory.outbound import Bounds, Fault, OutboundFailed, SafeClient
from services.directory.quality import link_store, links
from services.directory.quality.links import Link

_TASK: Final = "links-directory"
_AT_ONCE: Final = 200
_HOSTS_AT_ONCE: Final = 8
_OF_A_HOST: Final = 5
"""Pages of one host looked for in one go; the others wait for the next."""
# What servers answer that do not know HEAD, or pretend not to have the page.
_ASK_AGAIN: Final = frozenset({400, 403, 404, 405, 410, 500, 501})
_SPEAK_SECONDS: Final = 5.0
BOUNDS: Final = Bounds(seconds=15.0, connect_seconds=5.0, bytes=64 * 1024, redirects=5)
"""Of one look at a page; only its beginning is ever asked for."""


class LinkChecker:
    """Looks for pages that are to be looked for. Run it in every replica: one of them leads."""

    def __init__(
        self,
        database: Database,
        client: SafeClient,
        clock: Clock,
        pause_seconds: float,
        spacing_seconds: float,
    ) -> None:
        """`spacing_seconds` lie between two questions to one host."""
        self._database = database
        self._client = client
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._spacing_seconds = spacing_seconds

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of the database."""
        await lead(self._database, _TASK, self._for_ever)

    async def _for_ever(self, connection: Connection) -> NoReturn:
        while True:
            if not await self.look(connection):
                await asyncio.sleep(self._pause_seconds)

    async def look(self, connection: Connection) -> int:
        """Look for some of the pages whose time has come; returns how many."""
        due = await link_store.to_look_for(connection, self._clock(), _AT_ONCE)
        hosts: dict[str, list[Link]] = defaultdict(list)
        for link in due:
            if len(hosts[links.host(link.url)]) < _OF_A_HOST:
                hosts[links.host(link.url)].append(link)
        answers: dict[str, int | Fault] = {}
        places = asyncio.Semaphore(_HOSTS_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._ask_host(some, places, answers)) for some in hosts.values()]
            while (await asyncio.wait(asked, timeout=_SPEAK_SECONDS))[1] if asked else ():
                # A leader that is silent for long is one no more.
                await link_store.speak(connection)
        await self._save(connection, [link for some in hosts.values() for link in some], answers)
        return len(answers)

    async def _save(
        self, connection: Connection, looked: Sequence[Link], answers: Mapping[str, int | Fault]
    ) -> None:
        now = self._clock()
        # Nothing found anywhere is our own network's fault, and nobody is told of it.
        unreachable = all(isinstance(answer, Fault) for answer in answers.values()) and len(answers) > 1
        after = []
        for link in looked:
            answer = answers[link.url]
            failures = link.failures + 1 if links.failed(answer) else 0
            kept = link if unreachable else replace(link, failures=min(failures, links.BROKEN_AFTER))
            after.append((kept, links.next_look(answer, now)))
        async with connection.transaction():
            await link_store.save(connection, after, now)

    async def _ask_host(
        self, some: Sequence[Link], places: asyncio.Semaphore, answers: dict[str, int | Fault]
    ) -> None:
        async with places:
            for number, link in enumerate(some):
                if number:
                    await asyncio.sleep(self._spacing_seconds)
                answers[link.url] = await self._ask(link.url)

    async def _ask(self, url: str) -> int | Fault:
        answer = await self._asked("HEAD", url)
        if isinstance(answer, Fault) or answer not in _ASK_AGAIN:
            return answer
        await asyncio.sleep(self._spacing_seconds)
        return await self._asked("GET", url)

    async def _asked(self, method: Literal["GET", "HEAD"], url: str) -> int | Fault:
        try:
            # The body is never read: the connection is given up.
            async with self._client.open(method, url) as answer:
                return answer.status
        except OutboundFailed as failed:
            return failed.fault
