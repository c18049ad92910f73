"""The open API of the directory over HTTP: what it answers, to whom, and what is never kept (SD-1, SD-2)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx2
import pytest
import pytest_asyncio

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.chassis.errors import Unavailable
from tests.fixtures.eventually import eventually
from tests.service.gateway import sample_directory
from tests.service.gateway.fixtures import Surroundings

SERVICE = sample_directory.service(7)
ONE = f"/directory/services/{SERVICE['id']}"
PIECES = 70
COLLECTIONS = ["services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms"]


Directory: TypeAlias = dict[int, list[publication_pb2.Publication]]


@pytest.fixture(scope="module")
def large_directory() -> Directory:
    """More than the buffers of a connection hold: 20 MB of services, in so many pieces."""
    directory = sample_directory.everything(services=0)
    one = sample_directory.everything(services=1)[publication_pb2.PUBLICATION_KIND_SERVICE][0]
    one.json = one.json.replace("parents", "parents" * 2_000)
    directory[publication_pb2.PUBLICATION_KIND_SERVICE] = [one] * 20 * PIECES
    return directory


@pytest_asyncio.fixture(loop_scope="session")
async def client(gateway: Surroundings) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody else's program."""
    async with httpx2.AsyncClient(base_url=gateway.address, trust_env=False) as opened:
        yield opened


async def test_it_says_what_it_is(client: httpx2.AsyncClient, gateway: Surroundings) -> None:
    answer = await client.get("/directory/")
    assert answer.json()["version"] == "HSDS-UK-3.0"
    document = await client.get(urlsplit(answer.json()["openapi_url"]).path)
    assert document.json()["openapi"].startswith("3.1.")
    assert document.json()["servers"] == [{"url": f"{gateway.address}/directory"}]
    assert (await client.get("/directory")).headers["location"] == f"{gateway.address}/directory/"


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_pages_and_their_items(client: httpx2.AsyncClient, name: str) -> None:
    page = (await client.get(f"/directory/{name}")).json()
    assert page["page_number"] == 1
    assert page["size"] == len(page["contents"]) <= 20
    one = await client.get(f"/directory/{name}/{page['contents'][0]['id']}")
    assert one.json() == page["contents"][0]


async def test_the_last_page_is_the_last(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/directory/services?page=3&per_page=20")).json()
    assert (page["total_items"], page["total_pages"], page["size"]) == (45, 3, 5)
    assert (page["first_page"], page["last_page"], page["empty"]) == (False, True, False)


async def test_an_empty_directory_has_one_empty_page(
    client: httpx2.AsyncClient, gateway: Surroundings
) -> None:
    gateway.neighbours.publications = {}
    page = (await client.get("/directory/services")).json()
    assert (page["total_items"], page["empty"], page["last_page"], page["contents"]) == (0, True, True, [])
    assert (await client.get("/directory/services?format=ndjson")).content == b""


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_a_stream_has_everything_once(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.get(f"/directory/{name}?format=ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    ids = [json.loads(line)["id"] for line in answer.text.splitlines()]
    total = (await client.get(f"/directory/{name}")).json()["total_items"]
    assert len(set(ids)) == len(ids) == total


async def test_a_stream_of_a_search_goes_through_its_pages(
    client: httpx2.AsyncClient, gateway: Surroundings
) -> None:
    gateway.neighbours.publications = sample_directory.everything(services=230)
    answer = await client.get("/directory/services?format=ndjson&search=sleep")
    assert len(answer.text.splitlines()) == 230
    assert len(gateway.neighbours.asked("SearchServices")) == 3


async def test_minimal_gives_all_ids_at_once(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/directory/services?minimal=true")).json()
    assert (page["total_items"], page["total_pages"], len(page["contents"])) == (45, 1, 45)
    assert page["contents"][0].keys() == {"id", "modified_date"}
    paged = (await client.get("/directory/services?minimal=true&per_page=10")).json()
    assert (paged["total_pages"], len(paged["contents"])) == (5, 10)


async def test_an_organization_with_all_its_services(client: httpx2.AsyncClient) -> None:
    path = f"/directory/organizations/{sample_directory.ORGANIZATION['id']}"
    whole = (await client.get(f"{path}?full_service=true")).json()
    assert [one["name"] for one in whole.pop("services")] == [
        f"Sleep clinic {number}" for number in range(45)
    ]
    assert whole == (await client.get(path)).json()
    assert (await client.get(f"{path}?full=true")).status_code == 400
    missing = "/directory/organizations/00000000-0000-4000-8000-000000000000?full_service=true"
    assert (await client.get(missing)).status_code == 404


async def test_what_has_not_changed_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    for path in (ONE, "/directory/services?search=sleep", "/directory/", "/directory/openapi.json"):
        first = await client.get(path)
        again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        changed = await client.get(path, headers={"if-none-match": '"other"'})
        assert changed.content == first.content
    since = {"if-modified-since": (await client.get(ONE)).headers["last-modified"]}
    assert (await client.get(ONE, headers=since)).status_code == 304


async def test_a_known_object_is_not_fetched_again(client: httpx2.AsyncClient, gateway: Surroundings) -> None:
    etag = (await client.get(ONE)).headers["etag"]
    await client.get(ONE, headers={"if-none-match": f'"x", {etag}'})
    (_, (request, _)) = gateway.neighbours.asked("GetPublication")
    assert list(request.if_none_match) == ["x", etag.strip('"')]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (ONE, "public, max-age=60"),
        ("/directory/services?day=SA", "public, max-age=60"),
        ("/directory/services?search=sleep", "private, max-age=60"),
        ("/directory/services?postcode=LS1", "private, max-age=60"),
        ("/directory/services?format=ndjson", "no-store"),
        ("/directory/services?page=0", "no-store"),
    ],
)
async def test_who_may_keep_an_answer(client: httpx2.AsyncClient, path: str, kept: str) -> None:
    """SD-2: of what somebody typed, or where they live, no shared cache keeps a copy."""
    assert (await client.get(path)).headers["cache-control"] == kept


@pytest.mark.parametrize("path", [ONE, "/directory/services?page=0", "/directory/nothing", "/directory/"])
async def test_any_site_may_read_it_and_it_sets_no_cookie(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"origin": "https://other.example", "cookie": "kith=x"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers


async def test_a_browser_may_ask_first(client: httpx2.AsyncClient) -> None:
    asked = {"origin": "https://other.example", "access-control-request-method": "GET"}
    answer = await client.options(
        "/directory/services", headers=asked | {"access-control-request-headers": "if-none-match"}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "*"


@pytest.mark.parametrize("path", [ONE, "/directory/services", "/directory/services?format=ndjson"])
async def test_head_is_get_without_its_content(client: httpx2.AsyncClient, path: str) -> None:
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "cache-control", "etag"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize(
    ("path", "status", "kind", "parameter"),
    [
        ("/directory/services/sleep", 400, "BadParameter", "id"),
        ("/directory/services/00000000-0000-4000-8000-000000000000", 404, "NotFound", None),
        ("/directory/services/", 404, "NotFound", None),
        ("/directory/locations", 404, "NotFound", None),
        ("/directory/services?page=4", 404, "NotFound", None),
        ("/directory/services?page=-1", 400, "BadParameter", "page"),
        ("/directory/services?postcode=XX9%209XX", 400, "BadParameter", "postcode"),
        ("/directory/taxonomies?postcode=LS1", 400, "BadParameter", "postcode"),
        ("/directory/?page=1", 400, "BadParameter", "page"),
        (f"/directory/services?search={'x' * 5_000}", 414, "AddressTooLong", None),
    ],
)
async def test_a_problem_is_a_document(
    client: httpx2.AsyncClient, path: str, status: int, kind: str, parameter: str | None
) -> None:
    """RFC 9457."""
    answer = await client.get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    document = (await client.get(problem["type"].partition("#")[0])).json()
    place = document
    for step in problem["type"].partition("#/")[2].split("/"):
        place = place[step]
    assert problem["title"] == place["description"]
    assert problem["type"].endswith(f"/{kind}")
    assert [one["parameter"] for one in problem.get("errors", [])] == ([parameter] if parameter else [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_only_reading_is_possible(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/directory/services")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["status"] == 405


@pytest.mark.parametrize(("method", "status"), [("GET", 413), ("POST", 405)])
async def test_content_is_not_taken(client: httpx2.AsyncClient, method: str, status: int) -> None:
    """100 MB are neither kept nor waited for, and the next request is answered."""

    async def much() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(1_000_000)

    for content in (b"x", much()):
        answer = await client.request(method, "/directory/services", content=content)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert (await client.get("/directory/services")).status_code == 200


async def test_without_the_directory_it_says_so(client: httpx2.AsyncClient, gateway: Surroundings) -> None:
    for method in ("GetPublication", "SearchServices", "ExportPublications"):
        gateway.neighbours.refusals[method] = Unavailable("INDEX_FILLING")
    numbers: list[str] = []
    for path in (
        ONE,
        "/directory/services",
        "/directory/services?format=ndjson",
        "/directory/services?minimal=true",
        f"/directory/organizations/{sample_directory.ORGANIZATION['id']}?full_service=true",
    ):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        numbers.append(answer.json()["error_id"])
    await eventually(lambda: all(number in gateway.process.log for number in numbers))


async def test_a_stream_that_cannot_go_on_is_no_whole_one(
    client: httpx2.AsyncClient, gateway: Surroundings, large_directory: Directory
) -> None:
    """G8: never a part for the whole. The client sees the transfer break off."""
    gateway.neighbours.publications = large_directory
    async with client.stream("GET", "/directory/services?format=ndjson&full=true") as answer:
        assert answer.status_code == 200
        gateway.neighbours.refusals["ExportPublications"] = Unavailable("DATABASE_UNREACHABLE")
        with pytest.raises(httpx2.RemoteProtocolError):
            await answer.aread()


async def test_a_slow_reader_does_not_hold_the_directory(
    client: httpx2.AsyncClient, gateway: Surroundings, large_directory: Directory
) -> None:
    """Pieces are fetched as the client takes them; a second stream of the same client has to wait."""
    gateway.neighbours.publications = large_directory
    path = "/directory/services?format=ndjson&full=true"
    async with client.stream("GET", path) as slow:
        assert slow.status_code == 200
        async with client.stream("GET", path) as second:
            assert (second.status_code, second.headers["retry-after"]) == (429, "30")
        assert (await client.get("/directory/organizations")).status_code == 200
        taken = len(gateway.neighbours.asked("ExportPublications"))
        assert taken < PIECES
    await eventually(lambda: _is_free(client))


async def _is_free(client: httpx2.AsyncClient) -> bool:
    async with client.stream("GET", "/directory/organizations?format=ndjson") as answer:
        return answer.status_code == 200


async def test_nothing_tells_who_looked_for_what(client: httpx2.AsyncClient, gateway: Surroundings) -> None:
    """SD-2: neither words nor places, ids or addresses of clients are in the log."""
    await client.get("/directory/services?search=quillfeather&postcode=LS1%204AP&age=7")
    await client.get("/directory/nothing/quillfeather?quillfeather=1")
    await client.get("/directory/services/quillfeather")
    await eventually(lambda: "directory.services.one" in gateway.process.log)
    # The lines of requests: at its start the gateway says where it listens.
    lines = [line for line in gateway.process.log.splitlines() if '"request answered"' in line]
    assert lines
    for word in ("quillfeather", "LS1", "127.0.0.1", SERVICE["id"]):
        assert not [line for line in lines if word in line], word
    assert "quillfeather" not in gateway.process.log


async def test_it_is_there_under_any_host_name(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/directory/", headers={"host": "other.example"})
    assert answer.status_code == 200
    assert "other.example" not in answer.text


async def test_many_at_once(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.get(f"/directory/services?page={page}") for page in (1, 2, 3) * 10)
    )
    assert {answer.status_code for answer in answers} == {200}
