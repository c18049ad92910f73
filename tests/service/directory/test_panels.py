"""Locality panels with their chairs, found by area (SD-3)."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from kith.directory.v1 import directory_service_pb2, people_service_pb2
from kith.directory.v1 import panel_service_pb2 as pb
from kith.directory.v1.panel_pb2 import Panel
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.agency import Agency, agency, ids
from tests.service.directory.conftest import Administrator


@pytest_asyncio.fixture(loop_scope="session")
async def council(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel, "Council")


@pytest_asyncio.fixture(loop_scope="session")
async def police(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel, "Police")


def _details(**changed: Any) -> pb.PanelDetails:
    said: dict[str, Any] = {
        "display_name": "North panel",
        "locality": "North",
        "wards": ["Lark Hill", "Mill Lane"],
        "postcode_districts": ["ZY9", "ZY1"],
        "contact": directory_service_pb2.ContactDetails(display_name="Panel desk", phone="01632 960700"),
    }
    return pb.PanelDetails(**said | changed)


async def _panel(council: Agency, **changed: Any) -> Panel:
    request = pb.CreatePanelRequest(organisation_id=council.organisation.id, details=_details(**changed))
    made: Panel = (await council.call(council.panels.CreatePanel, request)).panel
    return made


async def _listed(council: Agency, **asked: Any) -> list[str]:
    request = pb.ListPanelsRequest(organisation_id=council.organisation.id, **asked)
    return ids((await council.call(council.panels.ListPanels, request)).panels)


async def test_a_panel_shows_its_chair_by_work_contact(council: Agency, police: Agency) -> None:
    chair = await police.practitioner("Siobhan Craddow", email="s.craddow@police.example")
    panel = await _panel(council, chair_practitioner_id=chair.id)
    assert (panel.chair.display_name, panel.chair.phone, panel.chair.email) == (
        "Siobhan Craddow",
        "01632 960111",
        "s.craddow@police.example",
    )
    assert (panel.contact.display_name, panel.version, panel.state) == (
        "Panel desk",
        1,
        Panel.STATE_ACTIVE,
    )
    left = people_service_pb2.RecordPractitionersLeftRequest(practitioner_ids=[chair.id])
    await police.call(police.people.RecordPractitionersLeft, left)
    request = pb.ListPanelsRequest(organisation_id=council.organisation.id)
    (found,) = (await police.call(police.panels.ListPanels, request)).panels
    assert not found.HasField("chair")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"north", "south"}),
        ({"locality": "NORTH"}, {"north"}),
        ({"ward": "mill lane"}, {"north"}),
        ({"ward": "Dock"}, {"south"}),
        ({"postcode_district": "ZY1"}, {"north", "south"}),
        ({"postcode_district": "ZY9", "ward": "Dock"}, set()),
        ({"postcode_district": "AB1"}, set()),
    ],
)
async def test_panels_are_found_by_area(council: Agency, asked: dict[str, str], found: set[str]) -> None:
    north = await _panel(council)
    south = await _panel(
        council, locality="South", display_name="South", wards=["Dock"], postcode_districts=["ZY1"]
    )
    names = {north.id: "north", south.id: "south"}
    assert {names[one] for one in await _listed(council, **asked)} == found


async def test_a_whole_postcode_is_no_district(council: Agency) -> None:
    """SD-2: nothing that could point to a home."""
    refused = await refusal(_listed(council, postcode_district="ZY9 9ZZ"))
    assert set(refused.fields) == {"postcode_district"}


async def test_a_panel_is_replaced_then_ended_by_its_organisation(council: Agency, police: Agency) -> None:
    panel = await _panel(council)
    update = pb.UpdatePanelRequest(
        panel_id=panel.id, version=1, details=_details(wards=["Dock"], contact=None)
    )
    assert (await refusal(police.call(police.panels.UpdatePanel, update))).code == "PERMISSION_DENIED"
    changed = (await council.call(council.panels.UpdatePanel, update)).panel
    assert (list(changed.wards), changed.version, changed.HasField("contact")) == (["Dock"], 2, False)
    update.request_id = str(uuid4())
    stale = await refusal(council.call(council.panels.UpdatePanel, update))
    assert (stale.code, stale.reason) == ("ABORTED", "CHANGED_SINCE")
    for _ in range(2):
        ended = await council.call(council.panels.EndPanel, pb.EndPanelRequest(panel_id=panel.id))
        assert (ended.panel.state, ended.panel.version) == (Panel.STATE_ENDED, 3)
    assert await _listed(council) == []
    update = pb.UpdatePanelRequest(panel_id=panel.id, version=3, details=_details())
    assert (await refusal(council.call(council.panels.UpdatePanel, update))).reason == "PANEL_ENDED"


async def test_panels_come_page_by_page(council: Agency) -> None:
    made = [await _panel(council, display_name=f"Panel {number}") for number in range(5)]
    request, found = pb.ListPanelsRequest(organisation_id=council.organisation.id, page_size=2), list[str]()
    while True:
        page = await council.call(council.panels.ListPanels, request)
        found += ids(page.panels)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == ids(made)
