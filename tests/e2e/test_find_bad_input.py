"""Whatever is typed for a name, through the whole of Kith: a safe answer, and nobody who was not asked for (S25)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
import yaml
from google.type import date_pb2
from grpc.aio import AioRpcError

from kith.childindex.v1 import child_pb2
from kith.search.v1 import search_service_pb2
from tests.e2e.visitor import record_links, visiting
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Partnership, Person, partnership
from tests.service.search.bad_questions import changed

_CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "find_bad_input.yaml").read_text(encoding="utf-8")
)
_CHILD = child_pb2.Facts(
    names=[child_pb2.Name(given_name="Ottilie", family_name="Fenwick-Abara")],
    birth_date=child_pb2.BirthDate(date=date_pb2.Date(year=2014, month=5, day=14)),
    addresses=[child_pb2.Address(postcode="ZY9 4AA")],
)
_ON_PAGES = ("stars for both names", "SQL", "markup", "an emoji beside the name", "500 characters")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kith(fleet: RunningFleet) -> AsyncIterator[Partnership]:
    async with partnership(fleet) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def person(kith: Partnership) -> Person:
    school = await kith.organisation()
    await kith.register(school, _CHILD)
    somebody = await kith.person(school)
    await kith.findable(somebody, _CHILD)
    return somebody


@pytest.mark.parametrize("case", _CASES, ids=lambda case: str(case["name"]))
async def test_a_safe_answer(kith: Partnership, person: Person, case: dict[str, Any]) -> None:
    asked = changed(case["change"])
    if case["answer"] == "refused":
        with pytest.raises(AioRpcError) as refused:
            await kith.find(person, asked)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        return
    found = await kith.find(person, asked)
    families = [match.name.family_name for match in found.matches]
    assert ("Fenwick-Abara" in families) is (case["answer"] == "found")


async def test_the_whole_table_as_a_list(kith: Partnership, person: Person) -> None:
    """One that is refused loses none of the others."""
    queries = [changed(case["change"]) for case in _CASES][:50]
    found = await kith.call(
        person,
        kith.search.BatchFindChildren,
        search_service_pb2.BatchFindChildrenRequest(queries=queries),
    )
    told = [
        "refused" if one.HasField("error") else "found" if one.matches else "nobody" for one in found.findings
    ]
    assert told == [case["answer"] for case in _CASES][:50]


@pytest.mark.parametrize("name", _ON_PAGES)
async def test_a_page_for_it(fleet: RunningFleet, person: Person, name: str) -> None:
    """As typed into the form: a page of matches or the form with what is wrong, never an error of ours."""
    (case,) = [one for one in _CASES if one["name"] == name]
    query = changed(case["change"])
    date = query.birth_date.date
    async with visiting(fleet.gateway, person) as visitor:
        page = await visitor.find(
            given_name=query.given_name,
            family_name=query.family_name,
            day=str(date.day or ""),
            month=str(date.month or ""),
            year=str(date.year or ""),
            postcode=query.postcode,
        )
    assert "Number of this error" not in page
    assert "<script>alert" not in page
    assert bool(record_links(page)) is (case["answer"] == "found")
    assert ("There is a problem" in page) is (case["answer"] == "refused")
