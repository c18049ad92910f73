from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest

from services.chassis import database
from services.chassis.database import Database
from services.chassis.keyring import Keyring
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.service.chassis.data.effects import CREATE_EFFECT

Pool = Callable[..., AbstractAsyncContextManager[Database]]


@pytest.fixture
async def home(service_database: ServiceDatabases) -> ServiceDatabase:
    """A database with the tables of the chassis, and one for effects."""
    made = await service_database("chassis")
    connection = await asyncpg.connect(made.owner_dsn)
    try:
        await connection.execute(CREATE_EFFECT)
    finally:
        await connection.close()
    return made


@pytest.fixture
async def pool(home: ServiceDatabase) -> AsyncIterator[Database]:
    """A pool as a service has it."""
    async with database.pool(home.app_url_file, name="test", max_size=10) as opened:
        yield opened


@pytest.fixture
def keyring() -> Keyring:
    return Keyring({"request": "1"}, {"request": {"1": b"\x01" * 32, "2": b"\x02" * 32}})
