"""How often one client may ask the open API, and who is one: only a proxy that was named is believed."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from tests.fixtures.postgres import ServiceDatabases
from tests.service.gateway.fixtures import Surroundings, running

PATH = "/directory/services"
BURST = 5


@pytest_asyncio.fixture(
    scope="module", loop_scope="session", params=["", "127.0.0.0/8"], ids=["direct", "proxy"]
)
async def limited(
    service_database: ServiceDatabases,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Surroundings]:
    """A gateway that takes 30 requests a minute, 5 of them at once; we are a proxy that it believes, or not."""
    settings = {"KITH_DIRECTORY_REQUESTS_PER_MINUTE": "30", "KITH_TRUSTED_PROXIES": request.param}
    folder = tmp_path_factory.mktemp("limited")
    async with running(service_database, folder, settings) as started:
        yield started


async def test_whoever_asks_too_often_has_to_wait(
    limited: Surroundings, request: pytest.FixtureRequest
) -> None:
    behind_proxy = "proxy" in request.node.callspec.id
    async with httpx2.AsyncClient(base_url=limited.address, trust_env=False) as client:

        async def ask(forwarded: str, path: str = PATH) -> httpx2.Response:
            return await client.get(path, headers={"x-forwarded-for": forwarded})

        answers = [await ask("198.51.100.1") for _ in range(BURST + 1)]
        assert [answer.status_code for answer in answers] == [200] * BURST + [429]
        last = answers[-1]
        assert 1 <= int(last.headers["retry-after"]) <= 2
        assert last.headers["content-type"] == "application/problem+json"
        assert last.headers["access-control-allow-origin"] == "*"
        # Whatever is asked for, and what a client says of itself beside its proxy, make no difference.
        assert (await ask("203.0.113.9, 198.51.100.1", "/directory/")).status_code == 429
        assert (await ask("203.0.113.9")).status_code == (200 if behind_proxy else 429)
        assert (await ask("no address")).status_code == (200 if behind_proxy else 429)
        # People's pages are not counted.
        assert (await client.get("/")).status_code == 200
