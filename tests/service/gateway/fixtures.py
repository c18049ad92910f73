"""The gateway as a real process between a browser and neighbours that are fakes."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from deploy.local import ports
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.gateway.login_issuer import LoginIssuer, running_login_issuer
from tests.service.gateway.neighbours import FakeNeighbours, running_neighbours


@dataclass(frozen=True)
class Surroundings:
    """The gateway, and what stands around it."""

    address: str
    process: ServiceProcess
    issuer: LoginIssuer
    neighbours: FakeNeighbours

    def reset(self) -> None:
        """Let everything answer as usual."""
        self.issuer.reset()
        self.neighbours.reset()


@asynccontextmanager
async def running(
    service_database: ServiceDatabases, folder: Path, settings: Mapping[str, str]
) -> AsyncIterator[Surroundings]:
    """Run a gateway with settings of its own beside the usual ones."""
    key_file = folder / "gateway.jwk.json"
    key = ECKey.generate_key("P-256", {"kid": "gateway-1"}, private=True)
    key_file.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
    port = ports.free(twins=False)["gateway"]
    with running_login_issuer() as issuer:
        async with running_neighbours() as neighbours:
            usual = {
                "KITH_PORT": str(port),
                "KITH_SERVICE_KEY_FILE": str(key_file),
                "KITH_SEARCH_ADDRESS": neighbours.address,
                "KITH_CHILD_INDEX_ADDRESS": neighbours.address,
                "KITH_DIRECTORY_ADDRESS": neighbours.address,
            }
            database = await service_database("gateway")
            async with service_process(database, issuer.url, folder, {**usual, **settings}) as process:
                yield Surroundings(f"http://127.0.0.1:{port}", process, issuer, neighbours)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_gateway(
    service_database: ServiceDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Surroundings]:
    """One gateway for the session. All tests are one client of its open API."""
    folder = tmp_path_factory.mktemp("gateway")
    settings = {"KITH_DIRECTORY_REQUESTS_PER_MINUTE": "1000000"}
    async with running(service_database, folder, settings) as started:
        yield started


@pytest.fixture
def gateway(running_gateway: Surroundings) -> Surroundings:
    """The gateway, everything around it as usual."""
    running_gateway.reset()
    return running_gateway
