"""The open API keeps what its OpenAPI document promises, whatever it is asked."""

from pathlib import Path

import pytest

from tests.fixtures.open_api import broken_promises
from tests.service.gateway.fixtures import Surroundings


async def test_whatever_is_asked_the_answer_is_as_promised(gateway: Surroundings, tmp_path: Path) -> None:
    """No 5xx, no answer that the document does not describe, nothing wrong accepted."""
    document = f"{gateway.address}/directory/openapi.json"
    if report := await broken_promises(document, tmp_path, examples=20):
        pytest.fail(report)
    assert gateway.process.log.count('"level": "error"') == 0
