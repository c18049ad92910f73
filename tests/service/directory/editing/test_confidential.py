"""Where a refuge is leaves Kith by no door, and is not in it (issue 7 item 6; DOMAIN 2.5)."""

import asyncio
import json
import re
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kith.directory.v1 import directory_service_pb2, entry_pb2
from kith.directory.v1 import entry_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Service
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.entry_pb2 import Entry
from tests.fixtures.eventually import eventually
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.directory.conftest import Administrator
from tests.service.directory.editing.writer import Desk, document

ORGANIZATION, SERVICE, LOCATION, AT_LOCATION = 1, 2, 3, 6
STREET, POSTCODE, DIALLING = "14 Canary Avenue", "ZY7 7QQ", "01632 960777"
LATITUDE = 53.7777
_TIME = re.compile(r"\d\d:\d\d:\d\d\.\d+")
CANARIES = ("Canary", "7QQ", "01632", "53.7777", "1.6666", "100077777777")


def _service(organization: Entry, kind: str = "KIND_DOMESTIC_ABUSE", **changed: Any) -> entry_pb2.Document:
    facts = {name: changed.pop(name) for name in ("confidential", "exclusions") if name in changed}
    value = {"organization_id": organization.id, "name": "Rose refuge", "status": "active", **changed}
    return document("service", value, kind=kind, **facts)


def _house(name: str = "Rose House", **facts: Any) -> entry_pb2.Document:
    return document(
        "location",
        {
            "location_type": "physical",
            "name": name,
            "latitude": LATITUDE,
            "longitude": -1.6666,
            "external_identifier": "100077777777",
            "phones": [{"number": DIALLING}],
            "addresses": [
                {
                    "address_1": STREET,
                    "city": "Millbrook",
                    "postal_code": POSTCODE,
                    "country": "GB",
                    "address_type": "physical",
                }
            ],
        },
        **facts,
    )


async def _everything_kept(directory: ServiceProcess, entry_id: str) -> str:
    """All that the tables hold of an entry, whatever the columns."""
    connection = await asyncpg.connect(directory.database.superuser_dsn)
    try:
        found = []
        for query in (
            "SELECT row_to_json(r)::text AS t FROM revision AS r WHERE r.entry_id = $1",
            "SELECT row_to_json(p)::text AS t FROM publication AS p WHERE p.entry_id = $1",
            "SELECT row_to_json(s)::text AS t FROM service AS s WHERE s.id = $1",
        ):
            found += [row["t"] for row in await connection.fetch(query, entry_id)]
        return "\n".join(found)
    finally:
        await connection.close()


async def _everything_told(desk: Desk, entry: Entry) -> str:
    """What the owner and the editors can read of an entry, its history and comparisons included."""
    told = []
    for writer in (desk.owner, desk.editor):
        for number in range(1, entry.latest_revision + 1):
            told.append(str(await writer.get(entry.id, number)))
            told.append(str(await writer.compare(entry.id, number, entry.latest_revision)))
        listed = pb.ListRevisionsRequest(entry_id=entry.id)
        told.append(str(await writer.entries.ListRevisions(listed, metadata=writer.metadata)))
    return "\n".join(told)


def _leaks(text: str) -> list[str]:
    # Without times: their fractions of a second are any digits.
    timeless = _TIME.sub("", text)
    return [canary for canary in CANARIES if canary in timeless]


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        ({"phones": [{"number": DIALLING}]}, "/phones/0"),
        ({"description": f"We are at {STREET}"}, "/description"),
        ({"alert": f"Write to {POSTCODE}"}, "/alert"),
        ({"exclusions": f"Nobody beyond {POSTCODE}"}, "/kith/exclusions"),
        ({"contacts": [{"name": "Jo", "phones": [{"number": DIALLING}]}]}, "/contacts/0/phones/0"),
        ({"service_areas": [{"name": "X", "extent": "POINT(1 2)"}]}, "/service_areas/0/extent"),
    ],
)
async def test_a_refuge_may_not_say_where_it_is(desk: Desk, part: dict[str, Any], pointer: str) -> None:
    found = await refusal(desk.owner.create(_service(await desk.organization(), **part)))
    assert (found.code, found.reason, set(found.fields)) == (
        "INVALID_ARGUMENT",
        "CONFIDENTIAL_PLACE",
        {pointer},
    )
    assert not _leaks(found.everything)


async def test_nor_may_what_people_say_of_it(desk: Desk) -> None:
    organization = await desk.organization()
    note = f"we moved to {STREET}"
    assert (
        await refusal(desk.owner.create(_service(organization), note=note))
    ).reason == "CONFIDENTIAL_PLACE"
    entry = await desk.owner.submit(await desk.owner.create(_service(organization)))
    assert (await refusal(desk.editor.approve(entry, note))).reason == "CONFIDENTIAL_PLACE"
    assert (await refusal(desk.editor.reject(entry, note))).reason == "CONFIDENTIAL_PLACE"
    assert (
        await refusal(desk.owner.update(entry, _service(organization), note))
    ).reason == "CONFIDENTIAL_PLACE"


async def test_a_refuge_names_no_place_on_the_ground(desk: Desk) -> None:
    organization = await desk.organization()
    house = await desk.owner.create(_house())
    at: dict[str, Any] = {"service_at_locations": [{"location_id": house.id}]}
    assert (await refusal(desk.owner.create(_service(organization, **at)))).reason == "CONFIDENTIAL_PLACE"
    # One that tells nothing may be named, and may then not begin to tell.
    online = document("location", {"location_type": "virtual", "name": "By telephone"})
    place = await desk.published(online)
    at = {"service_at_locations": [{"location_id": place.id}]}
    await desk.published(_service(organization, **at))
    found = await refusal(desk.owner.update(place, _house()))
    assert found.reason == "CONFIDENTIAL_PLACE"
    assert not _leaks(found.everything)
    secret = document("location", {"location_type": "physical", "name": "Rose"}, confidential=True)
    kept = await desk.published(secret)
    at = {"service_at_locations": [{"location_id": kept.id}]}
    entry = await desk.published(_service(organization, **at))
    assert await desk.public(LOCATION, kept.id) is None
    assert kept.id not in json.dumps(await desk.public(SERVICE, entry.id))


async def test_it_is_public_by_its_organisations_front_door(desk: Desk) -> None:
    organization = await desk.organization(phones=[{"number": "0808 157 0123"}])
    entry = await desk.published(_service(organization))
    public = await desk.public(SERVICE, entry.id) or {}
    assert public["organization"]["phones"][0]["number"] == "0808 157 0123"
    assert "service_at_locations" not in public


async def test_of_its_organisations_seat_it_shows_nothing(desk: Desk) -> None:
    seat: dict[str, Any] = {
        "description": f"A charity of {STREET}, {POSTCODE}.",
        "phones": [{"number": DIALLING}, {"number": "0808 157 0123"}],
    }
    organization = await desk.organization(**seat)
    entry = await desk.published(_service(organization, kind="KIND_COMMUNITY"))
    assert _leaks(json.dumps(await desk.public(SERVICE, entry.id)))
    await desk.owner.update(entry, _service(organization, kind="KIND_COMMUNITY", confidential=True))
    entry = await desk.published(_service(organization))
    for _ in range(2):
        public = await desk.public(SERVICE, entry.id) or {}
        assert not _leaks(json.dumps(public))
        assert [one["number"] for one in public["organization"]["phones"]] == ["0808 157 0123"]
        # A change of the organization is made anew in its services.
        said = document("organization", {"name": "Millbrook Women", **seat})
        organization = await desk.editor.approve(
            await desk.owner.submit(await desk.owner.update(organization, said))
        )
    assert _leaks(json.dumps(await desk.public(ORGANIZATION, organization.id)))


async def test_only_an_editor_declares_such_a_place_public(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    house = await desk.published(_house("Women's centre"))
    at: dict[str, Any] = {"service_at_locations": [{"id": str(uuid4()), "location_id": house.id}]}
    for said in (
        _service(organization, confidential=False, **at),
        _service(organization, kind="KIND_COMMUNITY", **at),
    ):
        found = await refusal(desk.owner.update(entry, said))
        assert (found.code, found.reason) == ("PERMISSION_DENIED", "EDITOR_NEEDED")
    assert (
        await refusal(desk.owner.create(_service(organization, confidential=False)))
    ).reason == "EDITOR_NEEDED"
    said = _service(organization, confidential=False, **at)
    entry = await desk.editor.submit(await desk.editor.update(entry, said))
    entry = await desk.other_editor.approve(entry)
    public = await desk.public(SERVICE, entry.id) or {}
    assert public["service_at_locations"][0]["location"]["addresses"][0]["postal_code"] == POSTCODE
    # From then on its own people keep it.
    said = _service(organization, confidential=False, name="Women's centre", **at)
    entry = await desk.editor.approve(await desk.owner.submit(await desk.owner.update(entry, said)))
    assert (await desk.public(SERVICE, entry.id) or {})["name"] == "Women's centre"


async def test_a_place_that_becomes_confidential_is_forgotten_at_once(
    desk: Desk, directory: ServiceProcess
) -> None:
    """No editor is waited for, and neither history nor comparison nor a dump remembers."""
    organization = await desk.organization()
    house, part = await desk.published(_house()), str(uuid4())
    telling = _service(
        organization,
        kind="KIND_COMMUNITY",
        description=f"At {STREET}, {POSTCODE}. Ring {DIALLING}.",
        phones=[{"number": DIALLING}],
        service_at_locations=[{"id": part, "location_id": house.id}],
    )
    entry = await desk.published(telling)
    entry = await desk.owner.update(entry, telling, f"still at {STREET}")
    assert _leaks(json.dumps(await desk.public(SERVICE, entry.id)))
    assert _leaks(json.dumps(await desk.public(AT_LOCATION, part)))
    entry = await desk.owner.update(entry, _service(organization, kind="KIND_COMMUNITY", confidential=True))
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert not _leaks(json.dumps(public))
    # Its house is no service's any more, so it is nobody's to read.
    assert await desk.public(AT_LOCATION, part) is None
    assert await desk.public(LOCATION, house.id) is None
    entry = await desk.editor.approve(await desk.owner.submit(entry))
    assert not _leaks(await _everything_told(desk, entry))
    assert not _leaks(await _everything_kept(directory, entry.id))
    house = (await desk.owner.get(house.id)).entry
    assert not _leaks(await _everything_told(desk, house))
    assert not _leaks(await _everything_kept(directory, house.id))
    found = await refusal(desk.owner.update(house, _house()))
    assert found.reason == "EDITOR_NEEDED"


async def test_the_place_of_others_stays_when_a_service_leaves_it_for_safety(
    desk: Desk, directory: ServiceProcess
) -> None:
    """A library does not become secret with one of the groups that met there."""
    organization = await desk.organization()
    library = await desk.published(_house("Library"))
    at: dict[str, Any] = {"service_at_locations": [{"location_id": library.id}]}
    stays = await desk.published(_service(organization, kind="KIND_COMMUNITY", **at))
    leaves = await desk.published(_service(organization, kind="KIND_COMMUNITY", **at))
    await desk.owner.update(leaves, _service(organization, kind="KIND_COMMUNITY", confidential=True))
    assert (await desk.public(LOCATION, library.id) or {})["name"] == "Library"
    public = await desk.public(SERVICE, stays.id) or {}
    assert public["service_at_locations"][0]["location"]["addresses"][0]["address_1"] == STREET
    assert not _leaks(json.dumps(await desk.public(SERVICE, leaves.id)))
    assert not _leaks(await _everything_kept(directory, leaves.id))


async def test_a_service_that_was_withdrawn_keeps_no_place_known(
    desk: Desk, directory: ServiceProcess
) -> None:
    organization, house = await desk.organization(), await desk.published(_house())
    at: dict[str, Any] = {"service_at_locations": [{"location_id": house.id}]}
    left = await desk.published(_service(organization, kind="KIND_COMMUNITY", **at))
    entry = await desk.published(_service(organization, kind="KIND_COMMUNITY", **at))
    await desk.owner.withdraw(left)
    await desk.owner.update(entry, _service(organization, kind="KIND_COMMUNITY", confidential=True))
    assert not _leaks(await _everything_kept(directory, house.id))


async def test_no_place_is_named_while_it_gets_an_address(desk: Desk, directory: ServiceProcess) -> None:
    organization = await desk.organization()
    nowhere = await desk.published(document("location", {"location_type": "virtual", "name": "By telephone"}))
    at: dict[str, Any] = {"service_at_locations": [{"location_id": nowhere.id}]}
    connection = await asyncpg.connect(directory.database.superuser_dsn)
    try:
        async with connection.transaction():
            # As an edit of the location does it.
            await connection.execute("SELECT FROM entry WHERE id = $1 FOR NO KEY UPDATE", nowhere.id)
            made = asyncio.create_task(desk.owner.create(_service(organization, **at)))

            async def waits_or_is_done() -> bool:
                return made.done() or await connection.fetchval(_SOMEBODY_WAITS)

            await eventually(waits_or_is_done)
            await connection.execute(_AN_ADDRESS, nowhere.id, f"At {STREET}, {POSTCODE}")
        assert (await refusal(made)).reason == "CONFIDENTIAL_PLACE"
    finally:
        await connection.close()


_SOMEBODY_WAITS = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
)
_AN_ADDRESS = """
UPDATE revision SET document = document || jsonb_build_object('description', $2::text) WHERE entry_id = $1
"""


async def test_a_place_may_be_declared_confidential_itself(desk: Desk, directory: ServiceProcess) -> None:
    organization, house = await desk.organization(), await desk.published(_house())
    part = str(uuid4())
    at: dict[str, Any] = {"service_at_locations": [{"id": part, "location_id": house.id}]}
    entry = await desk.published(_service(organization, kind="KIND_COMMUNITY", **at))
    assert _leaks(json.dumps(await desk.public(AT_LOCATION, part)))
    secret = document("location", {"location_type": "physical", "name": "Rose House"}, confidential=True)
    house = await desk.owner.update(house, secret)
    assert await desk.public(AT_LOCATION, part) is None
    assert await desk.public(LOCATION, house.id) is None
    assert not _leaks(json.dumps(await desk.public(SERVICE, entry.id)))
    assert not _leaks(await _everything_told(desk, house))
    assert not _leaks(await _everything_kept(directory, house.id))


async def test_what_the_operator_registers_is_held_to_the_same(
    desk: Desk, administrator: Administrator, directory: ServiceProcess
) -> None:
    organisation = await administrator.organisation("Women's aid")
    request = directory_service_pb2.CreateServiceRequest(
        organisation_id=organisation.id,
        display_name="Refuge",
        kind=Service.KIND_DOMESTIC_ABUSE,
        phone=DIALLING,
        request_id=str(uuid4()),
    )
    stub = DirectoryServiceStub(directory.channel)
    found = await refusal(stub.CreateService(request, metadata=administrator.metadata))
    assert (found.reason, set(found.fields)) == ("CONFIDENTIAL_PLACE", {"/phones/0"})
    request.phone, request.request_id = "0808 157 0777", str(uuid4())
    made = (await stub.CreateService(request, metadata=administrator.metadata)).service
    assert (await desk.public(SERVICE, made.id) or {})["phones"][0]["number"] == "0808 157 0777"


async def test_the_log_says_nothing_of_it(desk: Desk, directory: ServiceProcess) -> None:
    await refusal(desk.owner.create(_service(await desk.organization(), alert=f"At {STREET}, {POSTCODE}")))
    assert "CreateEntry" in directory.log
    assert not _leaks(directory.log)
