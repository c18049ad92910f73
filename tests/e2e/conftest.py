"""End-to-end tests run on a whole fleet, on embedded parts and again on real engines."""

from pathlib import Path

import pytest

_CANARY = Path(__file__).with_name("test_canary.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the search for canaries after everything else that happens on the same fleet."""
    for last in [item for item in items if item.path == _CANARY and _fleet_of(item)]:
        place = max(number for number, item in enumerate(items) if _fleet_of(item) == _fleet_of(last))
        items.insert(place + 1, last)
        items.remove(last)


def _fleet_of(item: pytest.Item) -> str:
    """Which fleet a test runs on, empty if on none."""
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    return str(parameters.get("fleet", ""))
