"""What stands around every page: headers, forms' tokens, the log, other hosts, health (S13, S27, G7)."""

import json

import httpx2
import pytest

from services.chassis.errors import Unavailable
from tests.fixtures.eventually import eventually
from tests.service.gateway.conftest import Page, Visitor
from tests.service.gateway.fixtures import Surroundings

ADDRESSES = ["/", "/find", "/results", "/child/x", "/nothing", "/login/callback", "/static/x/y"]


@pytest.mark.parametrize("path", ADDRESSES)
async def test_every_page_has_the_headers(visitor: Visitor, path: str) -> None:
    await visitor.search()
    headers = (await visitor.get(path)).response.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


async def test_pages_need_nothing_that_the_policy_forbids(visitor: Visitor) -> None:
    results = await visitor.search()
    for page in (results, await visitor.open_child(results), await visitor.get("/find")):
        for forbidden in (" style=", " onclick=", "<style", "javascript:", "http://", "https://"):
            assert forbidden not in page.source, forbidden
        assert page.source.count("<script") == page.source.count('<script type="module" src="/static/')


async def test_files_are_kept_for_ever_and_ask_for_no_font(visitor: Visitor) -> None:
    page = await visitor.get("/")
    addresses = [part.split('"')[0] for part in page.source.split('href="')[1:] if "/static/" in part[:9]]
    assert any(address.endswith("govuk-frontend.min.css") for address in addresses)
    for address in addresses:
        response = await visitor.client.get(address)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
        assert b"@font-face" not in response.content
        assert b"crown" not in page.response.content


@pytest.mark.parametrize("token", ["", "x", "é"])
async def test_a_form_without_the_token_of_its_session_does_nothing(
    visitor: Visitor, gateway: Surroundings, token: str
) -> None:
    for path in ("/find", "/sign-out", "/child/x/involvement", "/child/x/involvement/check"):
        response = await visitor.client.post(path, data={"csrf": token, "given_name": "Amina"})
        assert response.status_code == 403
        assert "This page was open too long" in response.text
    assert "Rosa Martin" in (await visitor.get("/")).text
    assert gateway.neighbours.calls == []


async def test_the_token_of_another_session_is_none(visitor: Visitor, gateway: Surroundings) -> None:
    somebody = Visitor(gateway.address)
    token = (await somebody.sign_in()).reader.hidden["csrf"]
    response = await visitor.client.post("/find", data={"csrf": token})
    assert response.status_code == 403
    await somebody.client.aclose()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"csrf=1&csrf=2", "application/x-www-form-urlencoded"),
        (b"given_name=" + b"x" * 40_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % n for n in range(60)), "application/x-www-form-urlencoded"),
        ("é".encode(), "application/x-www-form-urlencoded"),
    ],
    ids=["json", "twice", "large", "many", "bytes"],
)
async def test_what_is_no_form_of_ours_is_refused(visitor: Visitor, content: bytes, kind: str) -> None:
    response = await visitor.client.post("/find", content=content, headers={"content-type": kind})
    assert response.status_code == 400
    assert "Something in the request was not right" in response.text


async def test_pages_that_are_not_there(visitor: Visitor) -> None:
    page = await visitor.get("/nothing")
    assert page.status == 404
    assert "There is no such page" in page.text
    assert (await visitor.client.request("DELETE", "/find")).status_code == 400


async def test_another_host_name_is_sent_to_the_one_address(gateway: Surroundings) -> None:
    async with httpx2.AsyncClient(base_url=gateway.address, trust_env=False) as client:
        response = await client.get("/find", headers={"host": "evil.example"})
        assert response.status_code == 303
        assert response.headers["location"] == f"{gateway.address}/"
        assert (await client.get("/healthz", headers={"host": "10.0.0.1"})).status_code == 200
        assert (await client.get("/readyz", headers={"host": "10.0.0.1"})).status_code == 200


async def test_the_log_has_the_names_of_pages_and_no_names_of_people(
    visitor: Visitor, gateway: Surroundings
) -> None:
    record = await visitor.open_child()
    await visitor.get("/nothing/Amina?name=Khan")

    def logged() -> list[str]:
        return [line for line in gateway.process.log.splitlines() if "none" in line]

    await eventually(logged)
    log = gateway.process.log
    for forbidden in ("Amina", "Khan", "Begum", "ZZ9", "Rosa", "person.", "state=", record.path):
        assert forbidden not in log, forbidden
    # gRPC's core may write a line of its own among ours.
    ours = [line for line in log.splitlines() if line.startswith("{") and line.endswith("}")]
    methods = {json.loads(line).get("method") for line in ours}
    assert {"GET:home.show", "POST:find.receive", "GET:find.show", "GET:child.show"} <= methods


async def test_an_error_has_a_number_that_is_in_the_log(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.refusals["FindChildren"] = Unavailable("SEARCH_INCOMPLETE")
    page: Page = await visitor.search()
    number = page.text.partition("Number of this error: ")[2].split()[0]
    assert len(number) == 32
    await eventually(lambda: number in gateway.process.log)
    assert page.response.headers["retry-after"] == "60"
    assert "Rosa Martin" in page.text
