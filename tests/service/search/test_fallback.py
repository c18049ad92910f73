"""Without OpenSearch a search gives the same answer, from the child index's own table (DESIGN 6; F25, G10, G11)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from services.search import consumer, store
from tests.fixtures.eventually import eventually
from tests.fixtures.opensearch import OpenSearch
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.stalling_proxy import StallingProxy
from tests.service.chassis.issuer import Issuer
from tests.service.search.lookup import facts, query
from tests.service.search.served import Served, served_by, served_town

pytestmark = pytest.mark.engine("opensearch")


@dataclass
class Scene:
    """A town whose search works, and all that can be broken."""

    served: Served
    opensearch: OpenSearch
    proxy: StallingProxy

    @property
    def index(self) -> str:
        return f"{self.served.replica.index.alias}-*"

    async def found_by(self) -> str:
        """Search for the child, who has to be found, and say which engine served."""
        before = served_by("opensearch"), served_by("postgresql")
        answer = await self.served.town.find(query())
        assert [match.name.family_name for match in answer.matches] == ["Fenwick"]
        after = served_by("opensearch"), served_by("postgresql")
        assert sum(after) - sum(before) == 1
        return "opensearch" if after[0] > before[0] else "postgresql"


@pytest_asyncio.fixture(loop_scope="session")
async def scene(
    service_database: ServiceDatabases,
    issuer: Issuer,
    opensearch: OpenSearch,
    secret_version: str,
    tmp_path: Path,
) -> AsyncIterator[Scene]:
    address = urlsplit(opensearch.url)
    assert address.hostname
    assert address.port
    proxy = StallingProxy(address.hostname, address.port)
    async with (
        proxy.running(),
        served_town(service_database, issuer, proxy.url, secret_version, tmp_path) as served,
    ):
        await served.town.register(facts())
        yield Scene(served, opensearch, proxy)


@asynccontextmanager
async def _down(scene: Scene) -> AsyncIterator[None]:
    await scene.opensearch.process.kill()
    try:
        yield
    finally:
        await scene.opensearch.start()


@asynccontextmanager
async def _red(scene: Scene) -> AsyncIterator[None]:
    """The shard has no node to be on."""
    place = "index.routing.allocation.require._name"
    ask = scene.opensearch.ask
    await ask("POST", f"/{scene.index}/_close")
    await ask("PUT", f"/{scene.index}/_settings", {place: "nobody"})
    await ask("POST", f"/{scene.index}/_open?wait_for_active_shards=0")
    health = await ask("GET", f"/_cluster/health/{scene.index}")
    assert health["status"] == "red"
    try:
        yield
    finally:
        await ask("PUT", f"/{scene.index}/_settings", {place: None})


@asynccontextmanager
async def _slow(scene: Scene) -> AsyncIterator[None]:
    """It takes the question and says nothing."""
    with pytest.MonkeyPatch.context() as patch, scene.proxy.stalled():
        patch.setattr(store, "SEARCH_SECONDS", 0.5)
        yield


@asynccontextmanager
async def _gone(scene: Scene) -> AsyncIterator[None]:
    """The alias is somebody else's memory."""
    await scene.opensearch.ask("DELETE", f"/{scene.index}")
    yield


FAULTS = [
    pytest.param(_down, id="down", marks=pytest.mark.faults),
    pytest.param(_red, id="red"),
    pytest.param(_slow, id="slow"),
    pytest.param(_gone, id="deleted"),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_f25_served_by_the_child_index_while_opensearch_gives_no_complete_answer(
    scene: Scene, fault: Callable[[Scene], AbstractAsyncContextManager[None]]
) -> None:
    """And by OpenSearch again when it does, without anybody's help."""
    async with scene.served.replica.running():
        await eventually(lambda: _served_by(scene, "opensearch"))
        async with fault(scene):
            assert await scene.found_by() == "postgresql"
        await eventually(lambda: _served_by(scene, "opensearch"))


async def test_others_are_not_kept_waiting_by_an_engine_that_stalls(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question has waited: those after it are not put to OpenSearch at all for a while."""
    monkeypatch.setattr("services.search.store._PAUSE_SECONDS", 3600.0)
    scene.served.engine.forced = True
    await scene.served.replica.filled()
    assert await scene.found_by() == "opensearch"
    async with _slow(scene):
        assert await scene.found_by() == "postgresql"
    # It would answer again.
    assert await scene.found_by() == "postgresql"
    monkeypatch.setattr("services.search.store._PAUSE_SECONDS", 0.0)
    assert await scene.found_by() == "opensearch"


async def test_served_by_the_child_index_while_the_index_is_behind(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has followed the changes for too long: what OpenSearch has may be old, and is not asked for."""
    monkeypatch.setattr(consumer, "_STALE_SECONDS", 2.0)
    async with scene.served.replica.running():
        await eventually(lambda: _served_by(scene, "opensearch"))
    await eventually(lambda: not scene.served.replica.projector.in_step)
    asked = scene.served.engine.asked
    assert await scene.found_by() == "postgresql"
    assert scene.served.engine.asked == asked


async def test_served_by_the_child_index_until_there_is_an_index(scene: Scene) -> None:
    """G10: an index that is being filled is not asked, however far it is."""
    assert await scene.found_by() == "postgresql"
    await scene.served.replica.filled()
    # Filled, and yet nobody follows the changes.
    assert await scene.found_by() == "postgresql"
    async with scene.served.replica.running():
        await eventually(lambda: _served_by(scene, "opensearch"))


async def _served_by(scene: Scene, engine: str) -> bool:
    return await scene.found_by() == engine
