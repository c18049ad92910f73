"""What families of the town find: believable, whole, and nowhere is a refuge to be found (SD-1, SD-2, SD-4)."""

import json
import re
from collections import Counter
from uuid import UUID, uuid5

import protovalidate
import pytest

from deploy.demo import listing_requests
from deploy.demo.listings import CENTRE, Listing, listings
from deploy.demo.request_ids import RequestIds
from deploy.demo.town import TINY, generate
from kith.directory.v1 import entry_pb2
from kith.directory.v1.entry_service_pb2 import CreateEntryRequest
from services.directory.editing import entry_message
from services.directory.openreferral import confidentiality, reading
from services.directory.openreferral.vocabulary import NEEDS, TERMS

FOUND = listings()
IDS = RequestIds(300, 1)
SOMEWHERE = UUID("9a1b6c62-6f0e-4a37-8d51-2f0f6f4c7f2e")
NEEDED = {term.name: term.id for term in TERMS if term.taxonomy_id == NEEDS}
ORGANISATIONS = {one.key for one in generate(TINY).directory.organisations} | {
    charity.key for charity in FOUND.charities
}
DRAMA = re.compile(r"0808 157 0\d{3}")


def _service(one: Listing) -> CreateEntryRequest:
    location = str(uuid5(SOMEWHERE, one.place)) if one.place else ""
    return listing_requests.service(
        one, str(uuid5(SOMEWHERE, one.organisation)), location, NEEDED, FOUND, IDS
    )


REQUESTS = [
    *(listing_requests.charity(one, IDS) for one in FOUND.charities),
    *(listing_requests.place(one, IDS) for one in FOUND.places),
    *(_service(one) for one in FOUND.services),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.request_id)
def test_everything_is_taken_as_it_is_written(request_: CreateEntryRequest) -> None:
    protovalidate.validate(request_)
    kind, value = entry_message.value(request_.document)
    found = reading.read(kind, value, SOMEWHERE)
    assert found.faults == ()
    assert found.dropped == ()
    if confidentiality.is_confidential(kind, found.document):
        assert confidentiality.telling(found.document) == []


def test_there_is_enough_and_of_every_sort() -> None:
    services = FOUND.services
    assert len(services) >= 60
    keys = [one.key for one in services]
    keys += [one.key for one in FOUND.places]
    keys += [one.key for one in FOUND.charities]
    assert len(set(keys)) == len(keys)
    assert {one.organisation for one in services} <= ORGANISATIONS
    assert {need for one in services for need in one.needs} == set(NEEDED)
    assert {level for one in services for level in one.levels} == {1, 2, 3, 4}
    assert any(amount for amount, _ in (one.cost for one in services))
    assert any(one.assessment for one in services)
    assert len({code for one in services for code in one.languages}) >= 8
    assert {one.when.partition(" ")[0][-2:] for one in services} >= {"SU", "SA", "WE"}
    assert max(Counter(one.key for one in services).values()) == 1


def test_the_refuge_is_at_no_place_and_its_organisation_has_a_front_door() -> None:
    (refuge,) = [one for one in FOUND.services if one.key == "refuge"]
    assert refuge.place == ""
    request = _service(refuge)
    assert request.document.service_facts.kind == 15
    assert not request.document.service.service_at_locations
    (charity,) = [one for one in FOUND.charities if one.key == refuge.organisation]
    assert listing_requests.charity(charity, IDS).document.organization.phones


def test_nobody_real_is_named_or_rung() -> None:
    for request in REQUESTS:
        text = json.dumps(entry_message.value(request.document)[1])
        assert all(DRAMA.fullmatch(number) for number in re.findall(r'"number": "([^"]*)"', text))
        for address in re.findall(r"https?://[^/\"]+|\w@[\w.-]+", text):
            assert address.endswith(".example.org")
        assert all(code.startswith("ZY") for code in re.findall(r'"postal_code": "([^"]*)"', text))


def test_the_places_are_in_town() -> None:
    for place in FOUND.places:
        location = listing_requests.place(place, IDS).document.location
        if not place.online:
            assert abs(location.latitude - CENTRE[0]) < 0.1
            assert abs(location.longitude - CENTRE[1]) < 0.1
            assert location.location_type == "physical"


def test_the_same_town_asks_with_the_same_request_ids() -> None:
    again = [listing_requests.charity(one, RequestIds(300, 1)) for one in FOUND.charities]
    assert again == REQUESTS[: len(again)]
    assert len({request.request_id for request in REQUESTS}) == len(REQUESTS)
    assert entry_message.value(REQUESTS[-1].document)[0] == entry_pb2.ENTRY_KIND_SERVICE
