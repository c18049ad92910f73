"""One child, one id, on two replicas at once (DESIGN 5 no. 1, 11)."""

import asyncio
from functools import partial

import pytest

from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls
from kith.childindex.v1 import child_pb2, match_pb2
from tests.fixtures.eventually import eventually
from tests.fixtures.partnership import PURPOSE, Organisation, Partnership, new_child, query_for, registration

_AGENCIES = 10
_CALLS = 64
_ROUNDS = 20


@pytest.fixture(scope="module")
def agencies() -> list[Organisation]:
    return []


def system(agency: Organisation) -> AgencyClient:
    assert agency.client is not None
    return agency.client


@pytest.mark.faults
async def test_ten_agencies_register_the_same_child_at_once(
    kith: Partnership, agencies: list[Organisation]
) -> None:
    """64 calls in flight on two replicas, 20 rounds: one child each; every agency has an id of its own that works."""
    if len(agencies) < _AGENCIES:
        agencies[:] = [await kith.organisation(name=f"Agency {number}") for number in range(_AGENCIES)]
    person = await kith.person(agencies[0])
    children: dict[str, tuple[child_pb2.Facts, list[str]]] = {}
    for round_ in range(_ROUNDS):
        facts = new_child()
        requests = [
            registration(agencies[number % _AGENCIES], facts, local_id=f"{round_}-{number}", involved=False)
            for number in range(_CALLS)
        ]
        answers = await asyncio.gather(
            *(
                # As an agency's system does: what is UNAVAILABLE for a moment is tried again with the same request id.
                Calls().make(kith.index.RegisterChild, request, system(agencies[number % _AGENCIES]), PURPOSE)
                for number, request in enumerate(requests)
            )
        )
        ids = [{answer.child_id for answer in answers[place::_AGENCIES]} for place in range(_AGENCIES)]
        assert all(len(own) == 1 for own in ids)
        assert len(set.union(*ids)) == _AGENCIES
        children[facts.names[0].family_name] = facts, [own.pop() for own in ids]

    async def found(family: str) -> list[match_pb2.Match]:
        answer = await kith.find(person, query_for(children[family][0]))
        return [match for match in answer.matches if match.name.family_name == family]

    for family, (_, own_ids) in children.items():
        matches = await eventually(partial(found, family))
        assert [match.child_id for match in matches] == own_ids[:1]
        for agency, own_id in zip(agencies[:2], own_ids, strict=False):
            assert (await kith.get(agency, own_id)).facts.names[0].family_name == family
