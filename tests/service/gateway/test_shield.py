"""A shielded child on the pages: three facts and whom to ring; and the button that shields (DESIGN 5 no. 7)."""

import pytest

from kith.childindex.v1.shield_service_pb2 import ShieldChildRequest
from services.chassis.errors import PermissionDenied
from tests.service.gateway import sample
from tests.service.gateway.conftest import Visitor
from tests.service.gateway.fixtures import Surroundings

HIDDEN = (
    "12 Weaver Row",
    "ZZ9 4AB",
    "Aminah",
    "Begum",
    "Canal Street",
    "Mill Lane",
    "Pastoral team",
    "Okafor",
    "01632 960 022",
    "Version 3",
    "sensitive service",
    "Log your involvement",
)


async def test_of_a_shielded_child_nothing_else_is_shown(visitor: Visitor, gateway: Surroundings) -> None:
    """Even if more came with it: the page takes three facts and no more."""
    gateway.neighbours.child.shielded = True
    page = await visitor.open_child()
    assert page.status == 200
    for text in ("Amina Zahra Khan", "Born 3 March 2015", "Female", "Ring the index desk"):
        assert text in page.text
    for text in HIDDEN:
        assert text.lower() not in page.source.lower(), text
    assert gateway.neighbours.asked("BatchGetPractitioners") == []


async def test_a_match_that_is_shielded_says_whom_to_ring(visitor: Visitor, gateway: Surroundings) -> None:
    (first, *_) = gateway.neighbours.found.matches
    del gateway.neighbours.found.matches[1:]
    first.shielded = True
    first.ClearField("matched_name")
    first.ClearField("area")
    first.ClearField("school_name")
    page = await visitor.search()
    assert "Ring the index desk" in page.text
    for text in ("Area", "School"):
        assert f"<dt>{text}</dt>" not in page.source


async def test_shielding_a_child(visitor: Visitor, gateway: Surroundings) -> None:
    record = await visitor.open_child()
    page = await visitor.get(record.reader.links["Shield this child"])
    assert gateway.neighbours.asked("ShieldChild") == []
    after = await visitor.post(page.path, {})
    assert after.path == record.path
    assert "12 Weaver Row" not in after.source
    ((request, metadata),) = gateway.neighbours.asked("ShieldChild")
    assert isinstance(request, ShieldChildRequest)
    assert request.child.child_id == sample.CHILD_ID
    assert metadata["kith-purpose"] == "provide-service"


@pytest.mark.parametrize("handle", ["x", sample.CHILD_ID])
async def test_a_handle_of_nobody_shields_nobody(
    visitor: Visitor, gateway: Surroundings, handle: str
) -> None:
    await visitor.search()
    assert (await visitor.get(f"/child/{handle}/shield")).status == 403
    assert (await visitor.post(f"/child/{handle}/shield", {})).status == 403
    assert gateway.neighbours.asked("ShieldChild") == []


async def test_a_refusal_is_said(visitor: Visitor, gateway: Surroundings) -> None:
    record = await visitor.open_child()
    gateway.neighbours.refusals["ShieldChild"] = PermissionDenied("CHILD_NOT_VISIBLE")
    assert (await visitor.post(f"{record.path}/shield", {})).status == 403
