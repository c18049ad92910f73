"""The public pages of the service directory: open to anybody, and nothing is told of who looks (SD-1, SD-2)."""

import re

import pytest
from google.protobuf import json_format

from services.chassis.errors import Unavailable
from tests.fixtures.eventually import eventually
from tests.service.gateway import sample_directory
from tests.service.gateway.conftest import Page, Visitor
from tests.service.gateway.fixtures import Surroundings

TYPED = {
    "need": "sleap",
    "age": "3",
    "postcode": "ZZ9 4AB",
    "distance": "3",
    "day": "MONDAY",
    "language": "",
    "access": "",
    "free": "yes",
}


async def look(visitor: Visitor, **changed: str) -> Page:
    return Page(await visitor.client.post("/services", data=TYPED | changed))


async def test_from_the_first_page_to_a_service(stranger: Visitor) -> None:
    first = await stranger.get("/")
    form = await stranger.get(first.reader.links["find a service for a child, young person or family"])
    assert form.status == 200
    found = await look(stranger)
    assert (found.status, found.path) == (200, "/services/found")
    assert found.text.startswith("45 services found")
    service = await stranger.get(found.reader.links["Sleep clinic 0"])
    assert service.status == 200
    for said in (
        "Millbrook Family Trust",
        "Overnight stays.",
        "Up to 5 years",
        "Monday and Thursday, 9:30am to midday",
        "Millbrook Library",
        "2 Lark Row",
        "Free",
        "Open to new people (confirmed 28 August 2026)",
        "Takes an Early Help Assessment (CAF) as the referral.",
        "Level 2",
        "Ring in the morning.",
        "01632 960 200",
        "Last checked 30 August 2026",
        "If a child may be in danger",
    ):
        assert said in service.text, said
    assert (await stranger.get(service.reader.links["Back to the results"])).text.startswith(
        "45 services found"
    )


async def test_each_result_says_why_it_is_there(stranger: Visitor) -> None:
    found = await look(stranger)
    for said in (
        "Has ‘sleep’, spelt nearly like ‘sleap’, in its name",
        "Does not say for which ages it is",
        "Is open on Monday",
        "Is free",
        "When Monday and Thursday, 9:30am to midday",
        "Where Millbrook, 1.6 miles away",
        "Last checked 30 August 2026",
    ):
        assert said in found.text, said


async def test_the_directory_is_asked_for_what_was_typed(stranger: Visitor, gateway: Surroundings) -> None:
    await look(stranger, assessment="yes", language="Polish", access="wheelchair")
    ((request, metadata),) = gateway.neighbours.asked("SearchServices")
    assert json_format.MessageToDict(request, preserving_proto_field_name=True) == {
        "kind": "PUBLICATION_KIND_SERVICE",
        "view": "PUBLICATION_VIEW_FULL",
        "text": "sleap",
        "postcode": "ZZ9 4AB",
        "proximity": 4_828,
        "age": 3,
        "days": ["MONDAY"],
        "free": True,
        "languages": ["Polish"],
        "accessibility": "wheelchair",
        "accepts_caf": True,
        "page": 1,
        "per_page": 10,
    }
    assert "kith-purpose" not in metadata


async def test_nothing_personal_stands_in_an_address_or_a_log(
    stranger: Visitor, gateway: Surroundings
) -> None:
    """A postcode says where somebody lives: what was typed travels sealed, and nothing is kept."""
    found = await look(stranger, need="quillfeather")
    addresses = [str(found.response.url), *found.reader.links.values()]
    for word in ("quillfeather", "ZZ9%204AB", "ZZ9+4AB", "ZZ94AB", "MONDAY"):
        assert not [address for address in addresses if word.lower() in address.lower()], word
    assert "set-cookie" not in found.response.headers
    assert found.response.headers["cache-control"] == "no-store"
    await eventually(lambda: "directory.found" in gateway.process.log)
    for word in ("quillfeather", "ZZ9 4AB", "ZZ9%204AB", "ZZ9+4AB"):
        assert word not in gateway.process.log


async def test_pages_lead_on_and_back(stranger: Visitor) -> None:
    found = await look(stranger)
    assert "Page 1 of 5" in found.text
    (further,) = [href for text, href in found.reader.links.items() if text == "Next page"]
    second = await stranger.get(further)
    assert "Page 2 of 5" in second.text
    assert "Sleep clinic 10" in second.reader.links
    assert (await stranger.get(f"{further.rpartition('=')[0]}=6")).status == 404
    assert (await stranger.get(f"{further.rpartition('=')[0]}=x")).status == 404


async def test_the_form_comes_back_filled_in(stranger: Visitor) -> None:
    found = await look(stranger)
    form = await stranger.get(found.reader.links["Change the search"])
    assert form.reader.values["need"] == "sleap"
    assert form.reader.values["postcode"] == "ZZ9 4AB"
    assert '<option value="3" selected>' in form.source


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"age": "three"}, "Age must be a whole number from 0 to 25"),
        ({"postcode": "nowhere"}, "Postcode must be a postcode or its first half"),
        ({"postcode": ""}, "Enter a postcode to measure the distance from"),
        ({"postcode": "XX9 9XX"}, "Enter a postcode that exists"),
        ({"need": "x" * 300}, "must have at most 200 characters"),
        ({"day": "FUNDAY"}, "Day must be MONDAY"),
        ({"distance": "99"}, "Distance must be"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    stranger: Visitor, changed: dict[str, str], said: str
) -> None:
    page = await look(stranger, **changed)
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert said in page.text


@pytest.mark.parametrize("sealed", ["", "x", "%00", "A" * 5_000], ids=["none", "x", "null", "long"])
async def test_an_address_that_was_not_made_here_leads_to_the_form(stranger: Visitor, sealed: str) -> None:
    page = await stranger.get(f"/services/found?search={sealed}")
    assert (page.status, page.path) == (200, "/services")


async def test_a_service_that_is_not_there(stranger: Visitor) -> None:
    for path in ("/services/00000000-0000-4000-8000-000000000000", "/services/x", "/services/x/y"):
        page = await stranger.get(path)
        assert (page.status, "There is no such page" in page.text) == (404, True)


async def test_what_publishers_write_is_shown_and_never_run(stranger: Visitor) -> None:
    page = await stranger.get(f"/services/{sample_directory.service(1)['id']}")
    assert "<b>sleep</b>" not in page.source
    assert "&lt;b&gt;sleep&lt;/b&gt;" in page.source
    assert not re.search(r'href="(?!https?:|/|#|tel:|mailto:)', page.source)


async def test_what_may_be_out_of_date_says_so(stranger: Visitor, gateway: Surroundings) -> None:
    old, marked = gateway.neighbours.publications[2][:2]
    old.json = old.json.replace("2026-08-30", "2025-08-30").replace("2026-09-01T", "2025-09-01T")
    alert = "Not confirmed as correct since 3 March 2026."
    marked.json = f'{{"alert": "{alert}", {marked.json[1:]}'
    assert (
        "This may be out of date. Last checked 30 August 2025"
        in (await stranger.get(f"/services/{old.id}")).text
    )
    assert alert in (await stranger.get(f"/services/{marked.id}")).text
    found = (await look(stranger)).text
    assert found.count("may be out of date") == 1
    assert found.count(alert) == 1


async def test_a_page_about_domestic_abuse_can_be_left_quickly_and_says_no_place(
    stranger: Visitor, gateway: Surroundings
) -> None:
    """Issue 7 no. 6: were a place published against all rules, the pages would still not show it."""
    usual, refuge = gateway.neighbours.publications[2][:2]
    refuge.json = refuge.json.replace("threshold-level-2", "kind-domestic-abuse").replace(
        "capacity-open", "confidential-address"
    )
    page = await stranger.get(f"/services/{refuge.id}")
    assert page.reader.links["Leave this page quickly"] == "https://www.bbc.co.uk/weather"
    assert "Where this service is, nobody is told" in page.text
    assert "Lark Row" not in page.source
    assert "Leave this page quickly" not in (await stranger.get(f"/services/{usual.id}")).text
    cards = (await look(stranger)).text
    assert cards.count("Where Millbrook, 1.6 miles away") == cards.count("1.6 miles away") == 9


async def test_nothing_found_is_no_proof_that_there_is_nothing(
    stranger: Visitor, gateway: Surroundings
) -> None:
    gateway.neighbours.publications = {}
    page = await look(stranger)
    assert "No services found" in page.text
    assert "does not mean that there is none" in page.text


async def test_without_the_directory_nothing_is_shown(stranger: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.refusals["SearchServices"] = Unavailable("INDEX_FILLING")
    page = await look(stranger)
    assert page.status == 503
    assert "Kith is not working at the moment" in page.text


async def test_somebody_signed_in_stays_so(visitor: Visitor) -> None:
    page = await look(visitor)
    assert "Rosa Martin" in page.text
    assert page.reader.links["Find a service"] == "/services"
