"""Whatever is typed is answered: found, or refused by the name of the field, and never kept (SD-1)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kith.directory.v1 import publication_service_pb2 as pb
from tests.fixtures.publications import Organization, Table
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.finding.conftest import Reader

CASES = yaml.safe_load(
    (Path(__file__).parents[3] / "cases" / "directory_bad_search.yaml").read_text(encoding="utf-8")
)
METHODS = ["GetPublication", "ListPublications", "SearchServices", "ExportPublications"]


@pytest.fixture(scope="module")
def garden() -> Organization:
    return Organization()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
async def test_a_search_is_answered_or_refused_by_name(
    case: dict[str, Any], table: Table, reads: Reader, garden: Organization
) -> None:
    reads.organization = garden
    if not (await reads.search()).total_items:
        await table.service("Sunflower club", garden)
        await reads.indexed(1)
    asked = {
        name: value
        for name, value in case.items()
        if name in pb.SearchServicesRequest.DESCRIPTOR.fields_by_name
    }
    if "repeat" in case:
        asked["text"] = case["repeat"] * case["times"]
    if "finds" in case:
        found = await reads.search(**asked)
        assert (found.total_items, len(found.results)) == (case["finds"], case.get("results", case["finds"]))
        return
    refused = await refusal(reads.search(**asked))
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", case.get("reason", "INVALID_REQUEST"))
    assert list(refused.fields) == case.get("fields", [""])
    assert all(
        len(text) < 4 or text not in refused.everything for text in asked.values() if isinstance(text, str)
    )


@pytest.mark.parametrize("place", [(91, 0), (0, 181), (float("nan"), 0), (float("inf"), 0)])
async def test_coordinates_are_on_the_globe(reads: Reader, place: tuple[float, float]) -> None:
    nowhere = {"latitude": place[0], "longitude": place[1]}
    refused = await refusal(reads.search(coordinates=nowhere, proximity=10))
    assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", ["coordinates"])


@pytest.mark.parametrize("place", [(90, 0), (-90, 0), (0, 180), (0, -180), (89.99, 179.99)])
async def test_the_ends_of_the_globe_are_places(reads: Reader, place: tuple[float, float]) -> None:
    found = await reads.search(coordinates={"latitude": place[0], "longitude": place[1]}, proximity=500_000)
    assert found.total_items == 0


@pytest.mark.parametrize("method", METHODS)
async def test_without_token_or_scope_nothing_is_answered(reads: Reader, issuer: Issuer, method: str) -> None:
    call, request = getattr(reads.stub, method), getattr(pb, f"{method}Request")()
    assert (await refusal(call(request))).code == "UNAUTHENTICATED"
    assert (await refusal(call(request, metadata=bearer(issuer.token(scope=""))))).code == "PERMISSION_DENIED"


async def test_what_is_looked_for_is_neither_logged_nor_stored(
    publishing: ServiceProcess, table: Table, reads: Reader
) -> None:
    """SD-1, SD-2: not in the log, not in a table; what is counted is how many calls there were."""
    await reads.search("quokkaphobia", postcode="LS1 4AP", languages=["quokkish"])
    await refusal(reads.search("quokkaphobia", postcode="QQ1 1QQ"))
    assert "quokk" not in publishing.log.lower()
    assert "LS1 4AP" not in publishing.log
    tables = await table.connection.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        "   AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')"
    )
    assert tables
    for row in tables:
        name = f'"{row["schemaname"]}"."{row["tablename"]}"'
        assert not await table.connection.fetchval(
            f"SELECT count(*) FROM {name} AS t WHERE t::text ILIKE '%quokk%'"  # noqa: S608
        ), name
