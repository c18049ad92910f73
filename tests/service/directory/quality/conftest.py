from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest_asyncio

from services.chassis import database
from services.directory.quality import policy
from services.directory.quality.policy import Asking, Review
from services.directory.quality.rounds import Rounds
from tests.fixtures.postgres import ServiceDatabases
from tests.service.directory.quality.shelf import Shelf

_SHIPPED = policy.load(policy.SHIPPED)
# As shipped, but for a shorter way from asking to hiding: every day of it is a round.
POLICY = _SHIPPED.model_copy(
    update={
        "asking": Asking(days_before_due=10, least_days_asked=3, least_days_marked=4),
        "review": {**_SHIPPED.review, "SERVICE": Review(cycle_days=182, hide_days=6)},
    }
)


@pytest_asyncio.fixture
async def shelf(service_database: ServiceDatabases) -> AsyncIterator[Shelf]:
    """A directory of the test's own, with nothing running on it."""
    connection = await asyncpg.connect((await service_database("directory")).app_dsn)
    try:
        yield Shelf(connection)
    finally:
        await connection.close()


@dataclass
class Round:
    """Makes rounds on a shelf, by its clock."""

    shelf: Shelf
    rounds: Rounds

    async def make(self) -> None:
        """Make one."""
        await self.rounds.make(self.shelf.connection)

    async def daily(self, days: int) -> None:
        """Make one on each of so many days to come."""
        for _ in range(days):
            self.shelf.pass_days(1)
            await self.make()


@pytest_asyncio.fixture
async def rounds(shelf: Shelf) -> Round:
    """The rounds of the shelf; the pool is never asked, since they are made one by one."""
    stand_in: database.Database = None  # type: ignore[assignment]
    return Round(shelf, Rounds(stand_in, POLICY, shelf.clock, lambda: None, 0.0))
