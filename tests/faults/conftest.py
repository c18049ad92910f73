"""Fault tests run on a whole fleet, on embedded parts and again on real engines."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fixtures.fleet import RunningFleet, fleet
from tests.fixtures.partnership import Partnership, partnership

__all__ = ["fleet"]

# Their assertions speak as those of a test do.
pytest.register_assert_rewrite("tests.faults.invariants", "tests.faults.departures")


@pytest_asyncio.fixture(loop_scope="session")
async def kith(fleet: RunningFleet) -> AsyncIterator[Partnership]:
    """The operator's hands on the running fleet."""
    async with partnership(fleet) as made:
        yield made
