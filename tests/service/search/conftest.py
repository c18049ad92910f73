"""The index of search on a real OpenSearch, beside the real projections of a child index on a real database."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from services.chassis import database
from services.search import store
from tests.fixtures.opensearch import OpenSearch, opensearch
from tests.fixtures.postgres import ServiceDatabases
from tests.service.chassis.issuer import Issuer, running_issuer
from tests.service.search.children import Children
from tests.service.search.replica import Replica, projection_server, running_replica

__all__ = ["opensearch"]

_NAMES = itertools.count(1)


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        running.service_scope = "children.project events.read"
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def projections(service_database: ServiceDatabases, issuer: Issuer) -> AsyncIterator[tuple[str, str]]:
    """The address of the projections, and the DSN of their database."""
    made = await service_database("child_index")
    async with (
        database.pool(made.app_url_file, name="test") as pool,
        projection_server(pool, issuer) as address,
    ):
        yield address, made.superuser_dsn


@pytest_asyncio.fixture(loop_scope="session")
async def children(projections: tuple[str, str]) -> AsyncIterator[Children]:
    """The children of the child index: none at first."""
    async with Children.of(projections[1]) as made:
        yield made


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere half a second is enough; no test is to depend on how fast the machine is."""
    monkeypatch.setattr(store, "SEARCH_SECONDS", 20.0)


@pytest.fixture
def secret_version() -> str:
    """A new one for each test, and so an index of its own."""
    return f"t{next(_NAMES)}"


NewReplica = Callable[..., Awaitable[Replica]]


@pytest_asyncio.fixture(loop_scope="session")
async def new_replica(
    opensearch: OpenSearch,
    projections: tuple[str, str],
    issuer: Issuer,
    secret_version: str,
    tmp_path: Path,
) -> AsyncIterator[NewReplica]:
    """Makes replicas of search, all of one index; they do nothing by themselves until told to run."""
    async with AsyncExitStack() as stack:

        async def made(url: str = "", secret_version: str = secret_version) -> Replica:
            return await stack.enter_async_context(
                running_replica(url or opensearch.url, projections[0], issuer, secret_version, tmp_path)
            )

        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def replica(new_replica: NewReplica) -> Replica:
    """One replica of search."""
    return await new_replica()
