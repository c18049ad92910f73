"""End-to-end tests run on a whole fleet, on embedded parts and again on real engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fixtures.fleet import RunningFleet, fleet
from tests.fixtures.partnership import Partnership, partnership

__all__ = ["fleet"]

_HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the search for canaries after everything else that happens on the same fleet."""
    for last in [item for item in items if item.path == _HERE / "test_canary.py" and _fleet_of(item)]:
        place = max(
            number
            for number, item in enumerate(items)
            if _HERE in item.path.parents and _fleet_of(item) == _fleet_of(last)
        )
        items.insert(place + 1, last)
        items.remove(last)


def _fleet_of(item: pytest.Item) -> str:
    """Which fleet a test runs on, empty if on none."""
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    return str(parameters.get("fleet", ""))


@pytest_asyncio.fixture(loop_scope="session")
async def kith(fleet: RunningFleet) -> AsyncIterator[Partnership]:
    """The operator's hands on the running fleet."""
    async with partnership(fleet) as made:
        yield made
