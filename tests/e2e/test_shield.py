"""A shield takes effect when it is answered, on every way to the child, also while search lags (G12, S29)."""

import uuid

from kith.childindex.v1 import child_index_service_pb2, shield_service_pb2
from kith.childindex.v1.shield_service_pb2_grpc import ShieldServiceStub
from kith.identity.v1 import identity_pb2
from tests.fixtures.eventually import eventually
from tests.fixtures.partnership import Partnership, new_child, query_for


async def test_a_shield_takes_effect_at_once_and_is_lifted_by_an_officer(kith: Partnership) -> None:
    school, health = await kith.organisation(), await kith.organisation(name="Northbridge Community Health")
    nurse = await kith.person(health)
    officer = await kith.person(health, identity_pb2.Person.ROLE_SHIELD_OFFICER)
    facts = new_child()
    await kith.register(school, facts)
    await kith.findable(nurse, facts)
    (match,) = (await kith.find(nurse, query_for(facts))).matches
    assert match.area
    shields = ShieldServiceStub(kith.channels["child_index"])
    child = child_index_service_pb2.ChildRef(child_id=match.child_id)
    await kith.call(
        nurse,
        shields.ShieldChild,
        shield_service_pb2.ShieldChildRequest(child=child, request_id=str(uuid.uuid4())),
    )
    for caller in (nurse, officer, health):
        shown = await kith.get(caller, match.child_id)
        assert shown.shielded
        assert not shown.facts.addresses
        assert not shown.involvements
    (match,) = (await kith.find(nurse, query_for(facts))).matches
    assert match.shielded
    assert not match.area
    await kith.call(
        officer,
        shields.LiftShield,
        shield_service_pb2.LiftShieldRequest(child=child, request_id=str(uuid.uuid4())),
    )
    assert (await kith.get(nurse, match.child_id)).facts.addresses

    async def found_by_what_was_hidden() -> bool:
        found = await kith.find(nurse, query_for(facts, family_name=facts.names[0].family_name[:-1]))
        return any(one.area for one in found.matches)

    await eventually(found_by_what_was_hidden)
