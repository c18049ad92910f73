"""One child, one id, on two replicas at once (DESIGN 5 no. 1, 11)."""

import asyncio

import pytest

from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls
from kith.childindex.v1 import match_pb2
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


async def test_ten_agencies_register_the_same_child_at_once(
    kith: Partnership, agencies: list[Organisation]
) -> None:
    """64 calls in flight on two replicas, 20 rounds: one child each; every agency has an id of its own that works."""
    if len(agencies) < _AGENCIES:
        agencies[:] = [await kith.organisation(name=f"Agency {number}") for number in range(_AGENCIES)]
    person = await kith.person(agencies[0])
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
        ids = {
            agency.id: {
                answer.child_id for number, answer in enumerate(answers) if number % _AGENCIES == place
            }
            for place, agency in enumerate(agencies)
        }
        assert all(len(own) == 1 for own in ids.values())
        assert len(set.union(*ids.values())) == _AGENCIES

        async def children(family: str = facts.names[0].family_name) -> list[match_pb2.Match]:
            found = await kith.find(person, query_for(facts))  # noqa: B023 - awaited within the round
            return [match for match in found.matches if match.name.family_name == family]

        assert len(await eventually(children)) == 1
        for agency in agencies[:2]:
            own = await kith.get(agency, next(iter(ids[agency.id])))
            assert own.facts.names[0].family_name == facts.names[0].family_name
