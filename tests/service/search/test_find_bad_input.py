"""Whatever is typed for a name: a safe answer, no internal error, and nobody who was not asked for (S25)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from services.chassis.errors import InvalidArgument
from tests.fixtures.postgres import ServiceDatabases
from tests.service.search.bad_questions import changed
from tests.service.search.lookup import Lookup, facts, lookup

_CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "find_bad_input.yaml").read_text(encoding="utf-8")
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(service_database: ServiceDatabases) -> AsyncIterator[Lookup]:
    """A lookup path with the child of the table and three that nobody looks for."""
    async with lookup(service_database) as made:
        await made.register(facts(family="Fenwick-Abara"))
        for given, family in (("Barnaby", "Osei"), ("Rosalind", "Lindqvist"), ("Theodora", "Vandermeer")):
            await made.register(facts(given, family, born=(2012, 8, 30), postcode="ZY2 1AB"))
        yield made


@pytest.mark.parametrize("case", _CASES, ids=lambda case: str(case["name"]))
async def test_a_safe_answer(town: Lookup, case: dict[str, Any]) -> None:
    asked = changed(case["change"])
    if case["answer"] == "refused":
        with pytest.raises(InvalidArgument) as refused:
            await town.find(asked)
        assert [field for field, _ in refused.value.violations] == case["fields"]
        return
    found = await town.find(asked)
    names = [match.name.given_name for match in found.matches]
    assert names == (["Ottilie"] if case["answer"] == "found" else [])


async def test_the_whole_table_as_a_list(town: Lookup) -> None:
    """Each has the answer that it has by itself, whatever stands beside it."""
    for start in range(0, len(_CASES), 50):
        cases = _CASES[start : start + 50]
        found = await town.find_many([changed(case["change"]) for case in cases])
        told = [
            "refused" if one.HasField("error") else "found" if one.matches else "nobody"
            for one in found.findings
        ]
        assert told == [case["answer"] for case in cases]
