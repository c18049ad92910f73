"""The search index through the loss of those who make it and of what holds it (F25 to F27; G1 to G6, G11)."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from services.search.generations_store import Generations, GenerationsStore
from services.search.rebuild import request
from services.search.store import IndexUnavailable, opensearch
from tests.faults.invariants import generations as generations_of
from tests.faults.invariants import invariants
from tests.faults.kill import killed
from tests.faults.stream import streaming
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import FLEETS, RunningFleet
from tests.fixtures.partnership import Partnership

_REBUILDS, _BETWEEN = 4, 5

pytestmark = pytest.mark.parametrize(
    "fleet", [one for one in FLEETS if one.values == ("engines",)], indirect=True
)


@asynccontextmanager
async def _generations(fleet: RunningFleet) -> AsyncIterator[GenerationsStore]:
    async with opensearch(fleet.layout.opensearch) as client:
        yield generations_of(fleet, client)


async def _said(generations: GenerationsStore) -> Generations:
    stored = await generations.load()
    assert stored is not None
    return stored.value


async def test_f27_every_search_killed_during_a_rebuild(kith: Partnership, fleet: RunningFleet) -> None:
    """As soon as it is filled, again and again: the alias never moves early, and the rebuild ends by itself."""
    searches = [fleet.processes.process(name) for name in fleet.layout.instances("search")]
    async with _generations(fleet) as generations, streaming(kith) as stream:
        await stream.grown(_BETWEEN)
        await eventually(lambda: _in_use(generations))
        for moment in range(_REBUILDS):
            name = await request(generations)
            # At its request, and when it has been noticed.
            if moment % 2:
                await eventually(lambda: _begun(generations))
            async with killed(*searches):
                said = await _said(generations)
                if said.next:
                    assert await generations.alias_points_to(said.live) or (
                        said.phase == "filled" and await generations.alias_points_to(said.next)
                    )
                await stream.grown(_BETWEEN)
            await eventually(partial(_in_use, generations, name))
    await invariants(kith, stream.acknowledged)


async def test_f25_opensearch_killed_with_its_disk(kith: Partnership, fleet: RunningFleet) -> None:
    """Everything in it is gone in the middle of a load: searches are served, and the index comes again by itself."""
    engine = fleet.processes.process("opensearch")
    async with streaming(kith) as stream:
        await stream.grown(_BETWEEN)
        async with killed(engine):
            shutil.rmtree(fleet.layout.home / "opensearch")
            await stream.grown(_BETWEEN)
        await stream.grown(_BETWEEN)
    await invariants(kith, stream.acknowledged)


async def _begun(generations: GenerationsStore) -> bool:
    said = await _said(generations)
    return bool(said.holder) or not said.next


async def _in_use(generations: GenerationsStore, name: str = "") -> bool:
    try:
        said = await _said(generations)
    except IndexUnavailable:
        return False
    return said.live == (name or said.live) != "" and not said.next
