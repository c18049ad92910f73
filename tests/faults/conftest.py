"""Everything here kills and restarts parts of a fleet: `make faults` runs it, `make test` does not."""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them, before tests are chosen by their marks."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)
