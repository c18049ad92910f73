"""The service directory as all of Kith gives it to the public: by the standard, current, without refuges' places."""

import json
import secrets
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from kith.directory.v1 import directory_pb2
from kith.directory.v1 import publication_service_pb2 as publication_pb2
from kith.identity.v1 import identity_pb2
from tests.fixtures.entries import Editor
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet, embedded_only
from tests.fixtures.open_api import broken_promises
from tests.fixtures.partnership import Organisation, Partnership, partnership
from tests.unit.directory.openreferral import standard

# The directory finds by an index of its own, which follows its database.
pytestmark = embedded_only

KINDS = {
    "services": publication_pb2.PUBLICATION_KIND_SERVICE,
    "service_at_locations": publication_pb2.PUBLICATION_KIND_SERVICE_AT_LOCATION,
    "organizations": publication_pb2.PUBLICATION_KIND_ORGANIZATION,
    "taxonomies": publication_pb2.PUBLICATION_KIND_TAXONOMY,
    "taxonomy_terms": publication_pb2.PUBLICATION_KIND_TAXONOMY_TERM,
}


@dataclass
class Town:
    """What the tests have published: a club with everything in it."""

    editor: Editor
    club_id: str
    club: dict[str, Any]
    facts: dict[str, Any]
    word: str
    taxonomy_id: str
    term_id: str
    location_id: str
    organisation: Organisation


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kith(fleet: RunningFleet) -> AsyncIterator[Partnership]:
    async with partnership(fleet) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(kith: Partnership, fleet: RunningFleet) -> Town:
    word = "Zyg" + "".join(secrets.choice("bdfgklm") for _ in range(9))
    organisation = await kith.organisation(directory_pb2.Service.KIND_COMMUNITY, f"{word} Trust")
    person = await kith.person(organisation, identity_pb2.Person.ROLE_DIRECTORY_EDITOR)
    editor = Editor(kith, person)
    taxonomy_id = await editor.publish(
        taxonomy={"name": f"{word} needs", "description": "What families ask for."}
    )
    term_id = await editor.publish(
        taxonomy_term={"name": f"{word} play", "description": "Playing.", "taxonomy_id": taxonomy_id}
    )
    location_id = await editor.publish(organisation.id, location=_location())
    club = _club(organisation.id, word, location_id, term_id)
    facts = {
        "kind": "KIND_COMMUNITY",
        "accepts_assessment": True,
        "threshold_levels": [2],
        "exclusions": "No sums.",
    }
    club_id = await editor.publish(organisation.id, service=club, service_facts=facts)
    found = Town(editor, club_id, club, facts, word, taxonomy_id, term_id, location_id, organisation)
    async with httpx2.AsyncClient(base_url=fleet.gateway, trust_env=False) as client:
        await eventually(lambda: _found(client, search=word, organization_id=organisation.id))
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def client(fleet: RunningFleet) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody else's program."""
    async with httpx2.AsyncClient(base_url=fleet.gateway, trust_env=False, timeout=30) as opened:
        yield opened


@pytest.mark.parametrize("name", KINDS)
async def test_every_answer_follows_the_standard(client: httpx2.AsyncClient, town: Town, name: str) -> None:
    """All that the fleet has published, in every form there is."""
    listed = [
        json.loads(line) for line in (await client.get(f"/directory/{name}?format=ndjson")).text.splitlines()
    ]
    assert listed, town.word
    with_full = name not in {"taxonomies", "taxonomy_terms"}
    pages = await _pages(client, f"/directory/{name}")
    assert {one["id"] for one in pages} == {one["id"] for one in listed}
    full = await _pages(client, f"/directory/{name}?full=true") if with_full else pages
    by_id = {one["id"]: one for one in full}
    for one in listed:
        whole = (await client.get(f"/directory/{name}/{one['id']}")).json()
        if with_full:
            assert whole == by_id[one["id"]]
        assert standard.faults(KINDS[name], whole, one) == []


async def test_an_organization_has_its_services_and_no_others(client: httpx2.AsyncClient, town: Town) -> None:
    path = f"/directory/organizations/{town.organisation.id}"
    whole = (await client.get(f"{path}?full_service=true")).json()
    assert town.club_id in {one["id"] for one in whole["services"]}
    assert {one["organization"]["id"] for one in whole["services"]} == {town.organisation.id}
    listed = (await client.get(path)).json()
    assert standard.faults(KINDS["organizations"], whole, listed) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"age": 7},
        {"minimum_age": 5, "maximum_age": 11},
        {"cost": "free"},
        {"language": "pl"},
        {"accessibility": "step-free"},
        {"accepts_caf": "true"},
        {"threshold": 2},
        {"day": "TU"},
        {"day": "TU", "start_time": "15:30", "end_time": "18:00"},
        {"postcode": "LS1 4AP", "proximity": 20_000},
        {"search": "plya"},
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["services", "service_at_locations"])
async def test_the_club_is_found(
    client: httpx2.AsyncClient, town: Town, name: str, asked: dict[str, Any]
) -> None:
    """SD-2, SD-6, SD-8: by need, age, place, cost, time, language, access, level, and whether it takes an EHA."""
    page = await client.get(f"/directory/{name}", params={"taxonomy_term_id": town.term_id, **asked})
    assert page.status_code == 200
    found = [one if name == "services" else one["service"] for one in page.json()["contents"]]
    assert [one["id"] for one in found] == [town.club_id]


@pytest.mark.parametrize(
    "asked",
    [
        {"age": 12},
        {"minimum_age": 6},
        {"language": "Urdu"},
        {"threshold": 4},
        {"day": "WE"},
        {"postcode": "BS1 4TB", "proximity": 20_000},
        {"modified_after": "2200-01-01"},
    ],
    ids=str,
)
async def test_the_club_is_not_found(client: httpx2.AsyncClient, town: Town, asked: dict[str, Any]) -> None:
    page = await client.get("/directory/services", params={"taxonomy_term_id": town.term_id, **asked})
    assert page.json()["contents"] == []


async def test_a_postcode_that_does_not_exist(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/directory/services?postcode=QQ1%201QQ&proximity=500")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "postcode")


async def test_what_becomes_a_refuge_has_no_place_any_more(client: httpx2.AsyncClient, town: Town) -> None:
    """Issue 7 no. 6: by no id, in no list, stream, page or search near anything; its organisation can be reached."""
    named = f"{town.word} House"
    house = _club(town.organisation.id, named, town.location_id)
    at_location_id = house["service_at_locations"][0]["id"]
    house_id = await town.editor.publish(town.organisation.id, service=house, service_facts=town.facts)
    near: dict[str, str | int] = {"postcode": "LS1 4AP", "proximity": 20_000, "search": named}
    await eventually(lambda: _named(client, "services", near, named))
    del house["service_at_locations"]
    refuge = {**town.facts, "kind": "KIND_DOMESTIC_ABUSE"}
    await town.editor.change(house_id, service=house, service_facts=refuge)
    assert (await client.get(f"/directory/service_at_locations/{at_location_id}")).status_code == 404

    async def is_nowhere() -> bool:
        found = [await _named(client, name, near, named) for name in ("services", "service_at_locations")]
        return not any(found)

    await eventually(is_nowhere)
    for path in (
        f"/directory/services/{house_id}",
        f"/directory/services?full=true&search={named}&per_page=1",
        f"/services/{house_id}",
    ):
        text = (await client.get(path)).text
        assert named in text, path
        assert town.organisation.name in text, path
        for told in ("Mill Street", "LS1", "Old Library", "53.79"):
            assert told not in text, (path, told)
    streamed = (await client.get("/directory/service_at_locations?format=ndjson&full=true")).text
    assert named not in streamed


async def test_a_change_is_seen_and_what_is_withdrawn_is_gone(client: httpx2.AsyncClient, town: Town) -> None:
    other = _club(town.organisation.id, f"{town.word} other")
    other_id = await town.editor.publish(town.organisation.id, service=other, service_facts=town.facts)
    path = f"/directory/services/{other_id}"
    first = await client.get(path)
    known = {"if-none-match": first.headers["etag"]}
    assert (await client.get(path, headers=known)).status_code == 304
    await town.editor.change(other_id, service={**other, "description": "Moved."}, service_facts=town.facts)
    changed = await client.get(path, headers=known)
    assert (changed.status_code, changed.json()["description"]) == (200, "Moved.")
    await town.editor.withdraw(other_id)
    assert (await client.get(path)).status_code == 404
    page = await client.get(f"/services/{other_id}")
    assert (page.status_code, "There is no such page" in page.text) == (404, True)
    await eventually(lambda: _is_gone(client, f"{town.word} other"))
    minimal = (await client.get("/directory/services?minimal=true")).json()
    assert other_id not in {one["id"] for one in minimal["contents"]}


async def test_a_family_finds_the_club(client: httpx2.AsyncClient, town: Town) -> None:
    """SD-1, SD-2: without login, with a slip, and nothing typed stands in an address."""
    typed = {"need": town.word[:-1] + "x", "age": "7", "postcode": "LS1 4AP", "distance": "25", "free": "yes"}
    sent = await client.post("/services", data=typed)
    for word in (typed["need"], "LS1%204AP", "LS1+4AP", "LS14AP"):
        assert word not in sent.headers["location"]
    found = await client.get(sent.headers["location"])
    assert f'href="/services/{town.club_id}?search=' in found.text
    assert "spelt nearly like" in found.text
    page = (await client.get(f"/services/{town.club_id}")).text
    for said in (
        "No sums.",
        "5 to 11 years",
        "Tuesday, 4pm to 5:30pm",
        "Takes an Early Help Assessment (CAF)",
    ):
        assert said in page, said


async def test_what_is_looked_for_is_left_nowhere(client: httpx2.AsyncClient) -> None:
    """SD-2: when all is done, test_canary looks for this word in everything that the fleet has written."""
    for path in (
        "/directory/services?search=Quillfeather",
        "/directory/services?format=ndjson&search=Quillfeather&full=true",
        "/directory/service_at_locations?language=Quillfeather&accessibility=Quillfeather",
    ):
        assert (await client.get(path)).status_code == 200, path
    for path, status in (
        ("/directory/services?postcode=Quillfeather", 400),
        ("/directory/services?Quillfeather=1", 400),
        ("/directory/services/Quillfeather", 400),
        ("/directory/Quillfeather", 404),
        ("/services/Quillfeather", 404),
    ):
        assert (await client.get(path)).status_code == status, path
    for need, postcode in (("Quillfeather", "LS1"), ("Quillfeather", "QQ1 1QQ"), ("sleep", "Quillfeather")):
        sent = await client.post(
            "/services", data={"need": need, "postcode": postcode}, follow_redirects=True
        )
        assert sent.status_code in {200, 400}


async def test_whatever_is_asked_the_answer_is_as_promised(
    fleet: RunningFleet, town: Town, tmp_path: Path
) -> None:
    """No 5xx and no answer that the OpenAPI document does not describe, from the directory itself."""
    assert town.club_id
    if report := await broken_promises(f"{fleet.gateway}/directory/openapi.json", tmp_path, examples=15):
        pytest.fail(report)


async def _pages(client: httpx2.AsyncClient, path: str) -> list[dict[str, Any]]:
    contents: list[dict[str, Any]] = []
    number, last = 1, False
    while not last:
        separator = "&" if "?" in path else "?"
        page = (await client.get(f"{path}{separator}per_page=100&page={number}")).json()
        contents += page["contents"]
        number, last = number + 1, page["last_page"]
    return contents


async def _found(client: httpx2.AsyncClient, **asked: str) -> bool:
    answer = await client.get("/directory/service_at_locations", params=asked)
    return answer.status_code == 200 and answer.json()["total_items"] > 0


async def _named(
    client: httpx2.AsyncClient, collection: str, asked: Mapping[str, str | int], name: str
) -> bool:
    """Whether a service of this name is among those found."""
    page = (await client.get(f"/directory/{collection}", params=asked)).json()
    return name in {one.get("service", one)["name"] for one in page["contents"]}


async def _is_gone(client: httpx2.AsyncClient, name: str) -> bool:
    return not await _named(client, "services", {"search": name}, name)


def _location() -> dict[str, Any]:
    return {
        "location_type": "physical",
        "name": "The Old Library",
        "latitude": 53.7975,
        "longitude": -1.5430,
        "addresses": [
            {
                "address_1": "1 Mill Street",
                "city": "Leeds",
                "state_province": "",
                "postal_code": "LS1 4AP",
                "country": "GB",
                "address_type": "physical",
            }
        ],
        "accessibility": [{"description": "Step-free entrance"}],
    }


def _club(organisation_id: str, name: str, location_id: str = "", term_id: str = "") -> dict[str, Any]:
    club: dict[str, Any] = {
        "organization_id": organisation_id,
        "name": name,
        "description": "A play group after school. <script>alert(1)</script>",
        "url": "https://club.example.org/",
        "email": "club@example.org",
        "status": "active",
        "minimum_age": 5,
        "maximum_age": 11,
        "phones": [{"number": "0300 123 4567"}],
        "schedules": [
            {
                "valid_from": "2026-01-05",
                "freq": "WEEKLY",
                "byday": "TU",
                "opens_at": "16:00",
                "closes_at": "17:30",
            }
        ],
        "languages": [{"name": "Polish", "code": "pl"}],
        "cost_options": [{"option": "everybody", "currency": "GBP", "amount": 0}],
    }
    if location_id:
        club["service_at_locations"] = [{"id": str(uuid.uuid4()), "location_id": location_id}]
    if term_id:
        club["attributes"] = [{"taxonomy_term_id": term_id, "link_type": "need"}]
    return club
