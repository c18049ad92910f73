"""The secrets of the keys rotate on a whole fleet under load, processes killed (DESIGN 6; F27; G1 to G6, G10)."""

import asyncio
import base64
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from grpc.aio import AioRpcError

from services.chassis.keyring import Keyring
from services.search.projection import key_version
from services.search.store import opensearch
from tests.faults.invariants import database, generations, invariants
from tests.faults.kill import killed
from tests.faults.stream import Stream, streaming
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import FLEETS, RunningFleet, running
from tests.fixtures.partnership import Partnership, partnership, query_for

_CHILDREN = 60
_HONEST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@pytest_asyncio.fixture(loop_scope="session", params=[one for one in FLEETS if one.values == ("engines",)])
async def own_fleet(request: pytest.FixtureRequest) -> AsyncIterator[RunningFleet]:
    """A fleet of the test's own: its secrets are others afterwards."""
    home = Path(tempfile.mkdtemp(prefix="kith-"))
    try:
        async with running(request.param, home) as started:
            yield started
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def test_every_child_is_found_while_its_keys_are_made_anew(own_fleet: RunningFleet) -> None:
    """Replica by replica, the command killed in the middle, the index filled anew: no search is ever short."""
    fleet = own_fleet
    async with partnership(fleet) as kith:
        await _rotation(kith, fleet)


async def _rotation(kith: Partnership, fleet: RunningFleet) -> None:
    async with streaming(kith) as stream:
        await stream.grown(_CHILDREN)
        await eventually(lambda: _served_by_index(fleet))
        async with _always_found(kith, stream):
            _rotate(fleet)
            for service in ("child_index", "search"):
                for name in fleet.layout.instances(service):
                    async with killed(fleet.processes.process(name)):
                        await stream.grown(3)
            await _killed_in_the_middle(fleet)
            await _rekey(fleet)
            await eventually(lambda: _served_by_index(fleet))
            await _rekey(fleet, "--remove-old")
            await stream.grown(10)
    async with database(fleet, "child_index") as connection:
        versions = await connection.fetch("SELECT DISTINCT version FROM child_key")
    assert [row["version"] for row in versions] == [key_version(_keyring(fleet))]
    await invariants(kith, stream.acknowledged)


@asynccontextmanager
async def _always_found(kith: Partnership, stream: Stream) -> AsyncIterator[None]:
    """Until the block ends, look for one child after the other: each is found, or the answer is an honest error."""
    person = await kith.person(stream.organisation)
    ending = asyncio.Event()

    async def look() -> int:
        found = number = 0
        while not ending.is_set():
            one = stream.acknowledged[number % len(stream.acknowledged)]
            number += 7
            try:
                answer = await kith.find(person, query_for(one.request.facts))
            except AioRpcError as error:
                if error.code() not in _HONEST:
                    raise
                continue
            assert one.answer.child_id in [match.child_id for match in answer.matches]
            found += 1
        return found

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        try:
            yield
        finally:
            ending.set()
    assert looking.result()


def _keyring(fleet: RunningFleet) -> Keyring:
    return Keyring.load(fleet.layout.secrets.keyring("search"))


def _rotate(fleet: RunningFleet) -> None:
    """New secrets become active beside the old ones."""
    new = {use: base64.urlsafe_b64encode(os.urandom(32)).decode() for use in ("match", "identifier")}
    for service in ("child_index", "search"):
        file = fleet.layout.secrets.keyring(service)
        stored = json.loads(file.read_text(encoding="utf-8"))
        for use in new.keys() & stored.keys():
            stored[use]["keys"]["2"] = new[use]
            stored[use]["active"] = "2"
        file.write_text(json.dumps(stored), encoding="utf-8")


async def _started(fleet: RunningFleet, *options: str) -> asyncio.subprocess.Process:
    row = fleet.processes.process("child_index").row
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.child_index.rekey", *options, env={**os.environ, **row.env}
    )


async def _rekey(fleet: RunningFleet, *options: str) -> None:
    assert await (await _started(fleet, *options)).wait() == 0


async def _killed_in_the_middle(fleet: RunningFleet) -> None:
    """Start the command, keep it from a child half-way, and kill it there."""
    async with database(fleet, "child_index") as connection:
        middle = await connection.fetchval(
            "SELECT id FROM child ORDER BY id OFFSET $1 LIMIT 1", _CHILDREN - 5
        )
        async with connection.transaction():
            await connection.execute("SELECT FROM child WHERE id = $1 FOR UPDATE", middle)
            process = await _started(fleet)
            version = key_version(_keyring(fleet))
            made = "SELECT count(*) FROM child_key WHERE version = $1 AND child_id < $2"
            async with database(fleet, "child_index") as watching:
                await eventually(lambda: watching.fetchval(made, version, middle))
            process.kill()
            await process.wait()


async def _served_by_index(fleet: RunningFleet) -> bool:
    """Whether there is an index in use of the keys that are active."""
    async with opensearch(fleet.layout.opensearch) as client:
        stored = await generations(fleet, client).load()
    return stored is not None and bool(stored.value.live) and not stored.value.next
