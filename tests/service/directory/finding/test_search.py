"""Services that people find, and why each is there (SD-2)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from google.type.dayofweek_pb2 import SATURDAY, TUESDAY, WEDNESDAY
from google.type.timeofday_pb2 import TimeOfDay

from kith.directory.v1 import publication_service_pb2 as pb
from services.directory.openreferral import vocabulary
from tests.fixtures.eventually import eventually
from tests.fixtures.publications import Table, location, schedule, term
from tests.service.directory.finding.conftest import WITHIN_SECONDS, Reader

LEEDS = (53.7955, -1.5557)
"""LS1 4AP."""
# Some 111 metres of latitude.
STEP = 0.001


async def test_a_word_is_found_by_its_forms_other_names_and_in_spite_of_slips(
    table: Table, reads: Reader
) -> None:
    await table.service("Autism family hub", reads.organization)
    await table.service("Parenting course", reads.organization)
    await table.service("Child and Adolescent Mental Health team", reads.organization)
    await reads.indexed(3)
    assert await reads.names("autisim") == ["Autism family hub"]
    assert await reads.names("parents") == ["Parenting course"]
    assert await reads.names("CAMHS") == ["Child and Adolescent Mental Health team"]
    assert await reads.names("help with AUTISM for my son, please!") == ["Autism family hub"]


async def test_each_result_says_which_words_it_has_and_how(table: Table, reads: Reader) -> None:
    await table.service(
        "Sunflower club",
        reads.organization,
        description="Sessions for parents of autistic children.",
        attributes=[term("Physiotherapy")],
    )
    await reads.indexed(1)
    found = (await reads.search("physiotherpy parenting ASD xyzzyq")).results
    words = [(word.asked, word.found, word.how, word.part) for word in found[0].words]
    assert words == [
        ("physiotherpy", "physiotherapy", pb.WordMatch.HOW_SPELLING, pb.WordMatch.PART_TAXONOMY),
        ("parenting", "parents", pb.WordMatch.HOW_SAME, pb.WordMatch.PART_DESCRIPTION),
        ("asd", "autistic", pb.WordMatch.HOW_SYNONYM, pb.WordMatch.PART_DESCRIPTION),
    ]
    assert (await reads.search("sunflower xyzzyq")).unknown_words == ["xyzzyq"]


async def test_a_name_tells_more_than_a_description(table: Table, reads: Reader) -> None:
    await table.service("Zebra", reads.organization, description="About bereavement, and bereavement again.")
    await table.service("Yellow", reads.organization, attributes=[term("Bereavement")])
    await table.service("Xylophone bereavement", reads.organization)
    await reads.indexed(3)
    assert await reads.names("bereavement") == ["Xylophone bereavement", "Yellow", "Zebra"]


async def test_all_words_are_looked_for_before_some(table: Table, reads: Reader) -> None:
    await table.service("Trampoline therapy", reads.organization)
    await table.service("Trampoline club", reads.organization)
    await reads.indexed(2)
    assert await reads.names("trampoline therapy") == ["Trampoline therapy"]
    some = await reads.names("trampoline kayaking therapy club")
    assert sorted(some) == ["Trampoline club", "Trampoline therapy"]


async def test_distance_is_in_metres_to_the_nearest_location(table: Table, reads: Reader) -> None:
    near, far = location(LEEDS[0] + STEP, LEEDS[1]), location(LEEDS[0] + 100 * STEP, LEEDS[1])
    await table.service("Two places", reads.organization, [far, near])
    await table.service("Far", reads.organization, [far])
    await table.service("No place", reads.organization)
    await reads.indexed(3)
    found = await reads.search(postcode="ls1 4ap", view=pb.PUBLICATION_VIEW_FULL)
    assert found.origin.precision == pb.Origin.PRECISION_POSTCODE
    distances = [(one.distance if one.HasField("distance") else None) for one in found.results]
    assert distances[0] == pytest.approx(111, abs=15)
    assert distances[1] == pytest.approx(11_120, abs=15)
    assert distances[2] is None
    assert await reads.names(postcode="LS14AP", proximity=200) == ["Two places"]
    assert await reads.names(postcode="LS1 4AP", proximity=20_000) == ["Two places", "Far"]


async def test_a_postcode_known_from_published_locations_alone(table: Table, reads: Reader) -> None:
    """A made-up town has a middle, until its places are no longer published; that it is a district's is said."""
    await table.service("Club", reads.organization, [location(*LEEDS)])
    places = [
        location(LEEDS[0] + north * STEP, LEEDS[1], addresses=[{"postal_code": "ZW7 1AA"}])
        for north in (-20, 40)
    ]
    for place in places:
        await table.put(pb.PUBLICATION_KIND_LOCATION, UUID(place["id"]), place)
    await reads.indexed(1)

    async def is_unknown(postcode: str) -> bool:
        try:
            await reads.search(postcode=postcode)
        except grpc.aio.AioRpcError as error:
            return error.code() == grpc.StatusCode.INVALID_ARGUMENT
        return False

    async def from_the_middle() -> bool:
        if await is_unknown("zw79zz"):
            return False
        found = await reads.search(postcode="ZW7")
        assert found.origin.precision == pb.Origin.PRECISION_DISTRICT
        assert found.origin.coordinates.latitude == pytest.approx(LEEDS[0] + 10 * STEP)
        return found.results[0].distance == pytest.approx(1_112, abs=15)

    await eventually(from_the_middle, WITHIN_SECONDS)
    assert await is_unknown("ZW8 1AA")
    for place in places:
        await table.hide(pb.PUBLICATION_KIND_LOCATION, UUID(place["id"]))
    await eventually(lambda: is_unknown("ZW7 1AA"), WITHIN_SECONDS)


async def test_each_location_of_a_service_is_found_by_itself(table: Table, reads: Reader) -> None:
    near, far = location(*LEEDS, "Near"), location(LEEDS[0] + 100 * STEP, LEEDS[1], "Far")
    await table.service("Two places", reads.organization, [far, near])
    await reads.indexed(1)
    kind = pb.PUBLICATION_KIND_SERVICE_AT_LOCATION
    here = {"latitude": LEEDS[0], "longitude": LEEDS[1]}

    async def one_there() -> bool:
        found = await reads.search("places", kind=kind, coordinates=here, proximity=500)
        return [json.loads(one.publication.json)["location"]["name"] for one in found.results] == ["Near"]

    await eventually(one_there)


async def test_nothing_without_a_place_is_within_a_distance(table: Table, reads: Reader) -> None:
    """A refuge is published without its place; were it published with one, it would still not be found by it."""
    confidential = term("Confidential address", vocabulary.CONFIDENTIAL.id)
    await table.service("Refuge", reads.organization)
    await table.service(
        "Refuge that says too much", reads.organization, [location(*LEEDS)], attributes=[confidential]
    )
    await reads.indexed(2)
    assert await reads.names(postcode="LS1 4AP", proximity=500_000) == []
    found = await reads.search("refuge", postcode="LS1 4AP")
    assert [one.HasField("distance") for one in found.results] == [False, False]


async def test_filters_must_all_hold_and_are_said(table: Table, reads: Reader) -> None:
    need, taxonomy = str(uuid4()), str(uuid4())
    await table.service(
        "All of it",
        reads.organization,
        [location(*LEEDS, accessibility=[{"description": "Wheelchair access and hearing loop"}])],
        minimum_age=5,
        maximum_age=11,
        attributes=[
            term("Autism", need, taxonomy),
            term("", vocabulary.ACCEPTS_ASSESSMENT.id),
            term("", vocabulary.LEVELS[2].id),
            term("", vocabulary.CAPACITIES[1].id),
        ],
        cost_options=[{"amount": 0}],
        languages=[{"code": "pl", "name": "Polish"}],
        schedules=[schedule("TU", "15:30:00", "17:00:00")],
    )
    await table.service("Nothing of it", reads.organization)
    await reads.indexed(2)
    asked: dict[str, Any] = {
        "taxonomy_term_ids": [str(uuid4()), need],
        "taxonomy_id": taxonomy,
        "postcode": "LS1",
        "proximity": 5000,
        "age": 11,
        "minimum_age": 5,
        "maximum_age": 11,
        "days": [TUESDAY, WEDNESDAY],
        "start_time": TimeOfDay(hours=15),
        "end_time": TimeOfDay(hours=17),
        "open_at": TimeOfDay(hours=16),
        "free": True,
        "languages": ["xx", "polish"],
        "accessibility": "wheelchairs",
        "accepts_caf": True,
        "threshold_levels": [1, 2],
        "capacity_open": True,
    }
    found = await reads.search(**asked)
    assert [{match.filter for match in one.filters} for one in found.results] == [
        {"organization_id", *asked} - {"postcode"}
    ]
    for name, wrong in (
        ("taxonomy_term_ids", [str(uuid4())]),
        ("taxonomy_id", str(uuid4())),
        ("proximity", 1),
        ("age", 12),
        ("minimum_age", 6),
        ("maximum_age", 10),
        ("days", [SATURDAY]),
        ("start_time", TimeOfDay(hours=15, minutes=31)),
        ("end_time", TimeOfDay(hours=16, minutes=59)),
        ("open_at", TimeOfDay(hours=17)),
        ("languages", ["xx"]),
        ("accessibility", "lift"),
        ("threshold_levels", [3]),
    ):
        assert (await reads.search(**{**asked, name: wrong})).total_items == 0, name


async def test_who_states_no_ages_is_open_to_all_and_says_so(table: Table, reads: Reader) -> None:
    await table.service("Ageless", reads.organization)
    await table.service("Over fives", reads.organization, minimum_age=5)
    await reads.indexed(2)
    found = (await reads.search(age=7, order=pb.SearchServicesRequest.ORDER_NAME)).results
    stated = [match.not_stated for one in found for match in one.filters if match.filter == "age"]
    assert stated == [True, False]
    assert await reads.names(age=4) == ["Ageless"]
    # Open Referral UK's own filters are of what is stated.
    assert await reads.names(minimum_age=4) == ["Over fives"]


async def test_modified_after_has_what_changed_at_that_time_or_later(table: Table, reads: Reader) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await table.service("Then", reads.organization, modified=moment)
    await table.service("Before", reads.organization, modified=moment - timedelta(microseconds=1))
    await reads.indexed(2)
    assert await reads.names(modified_after=moment) == ["Then"]


async def test_pages_have_each_service_once_and_are_numbered(table: Table, reads: Reader) -> None:
    wanted = [f"Club {number:02}" for number in range(7)]
    for name in reversed(wanted):
        await table.service(name, reads.organization, [location(*LEEDS)])
    await reads.indexed(7)
    orders = pb.SearchServicesRequest.Order.values()
    for order in orders:
        pages = [
            await reads.names("club", postcode="LS1", order=order, per_page=3, page=page)
            for page in (1, 2, 3, 4)
        ]
        assert [len(page) for page in pages] == [3, 3, 1, 0]
        names = [name for page in pages for name in page]
        assert sorted(names) == wanted
        if order == pb.SearchServicesRequest.ORDER_NAME:
            assert names == wanted
    far = await reads.search("club", page=1_000_000, per_page=100)
    assert (far.total_items, len(far.results), far.per_page) == (7, 0, 100)


async def test_views_hold_as_much_as_was_asked_for(table: Table, reads: Reader) -> None:
    await table.service("Seen", reads.organization, languages=[{"code": "en"}])
    await reads.indexed(1)
    seen = {}
    for view in pb.PublicationView.values():
        found = (await reads.search(view=view)).results[0].publication
        seen[view] = sorted(json.loads(found.json)) if found.json else []
        assert (bool(found.id), bool(found.etag)) == (True, True)
    assert seen[pb.PUBLICATION_VIEW_MINIMAL] == []
    assert seen[pb.PUBLICATION_VIEW_LIST] == ["id", "name", "organization"]
    assert seen[pb.PUBLICATION_VIEW_UNSPECIFIED] == seen[pb.PUBLICATION_VIEW_LIST]
    assert "languages" in seen[pb.PUBLICATION_VIEW_FULL]
