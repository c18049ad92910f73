from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from deploy.local import ports
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import service_process
from tests.service.identity.browser import Browser
from tests.service.identity.running import Identity, platform_files


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def identity(
    service_database: ServiceDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Identity]:
    """The identity service, running."""
    folder = tmp_path_factory.mktemp("identity")
    port = ports.free(twins=False)["issuer"]
    issuer = f"http://127.0.0.1:{port}"
    keys, settings = platform_files(folder)
    settings["KITH_ISSUER_PORT"] = str(port)
    database = await service_database("identity")
    async with (
        service_process(database, issuer, folder, settings) as process,
        httpx2.AsyncClient(base_url=issuer, trust_env=False) as http,
    ):
        yield Identity(process, issuer, http, keys, settings)


@pytest.fixture
def browser(identity: Identity) -> Browser:
    return Browser(identity)
