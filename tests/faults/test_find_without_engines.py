"""Finding while the engines are away: an honest error, never a short list; by an agency's own key it goes on (G10)."""

import secrets
from functools import partial

import grpc
import pytest
from grpc.aio import AioRpcError

from kith.childindex.v1 import child_index_service_pb2, child_pb2
from tests.faults.kill import killed
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Partnership, Person, new_child, query_for

_HONEST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_GONE = {
    "search": ("search",),
    "the search engine": ("opensearch",),
    "search and the search engine": ("search", "opensearch"),
    "the database": ("postgres",),
    "the database and the search engine": ("postgres", "opensearch"),
}


@pytest.mark.parametrize("gone", _GONE)
async def test_g10_an_error_or_the_whole_answer(fleet: RunningFleet, kith: Partnership, gone: str) -> None:
    school = await kith.organisation()
    person = await kith.person(school)
    facts, local_id = new_child(), secrets.token_hex(8)
    await kith.register(school, facts, local_id=local_id)
    # The embedded fleet has no search engine to lose.
    lost = [one for one in fleet.processes.processes if one.name.removesuffix("-2") in _GONE[gone]]
    by_key = child_index_service_pb2.GetChildRequest(
        child=child_index_service_pb2.ChildRef(
            local_key=child_index_service_pb2.LocalKey(system="files", local_id=local_id)
        )
    )
    async with killed(*lost):
        if {"search", "postgres"} & set(_GONE[gone]):
            with pytest.raises(AioRpcError) as refused:
                await kith.find(person, query_for(facts))
            assert refused.value.code() in _HONEST
        else:
            found = await eventually(partial(_found, kith, person, facts))
            assert found == [facts.names[0]]
        if "postgres" not in _GONE[gone]:
            known = await kith.call(school, kith.index.GetChild, by_key)
            assert known.child.facts.names[0] == facts.names[0]


async def _found(kith: Partnership, person: Person, facts: child_pb2.Facts) -> list[child_pb2.Name] | None:
    """The names found, never only some of them; None while search, killed by the case before, is not called again."""
    try:
        return [match.name for match in (await kith.find(person, query_for(facts))).matches]
    except AioRpcError as error:
        if error.code() not in _HONEST:
            raise
        return None
