"""kill -9 of each service in turn during a stream of registrations (F1, F2, F4, F5, F8, F28, F29; G1 to G6, G11)."""

import asyncio

import pytest

from tests.faults.departures import departure
from tests.faults.invariants import invariants
from tests.faults.kill import killed
from tests.faults.stream import streaming
from tests.fixtures.partnership import Partnership

_BEFORE, _WHILE, _AFTER = 10, 5, 10

# One twin is enough to go on; without both of child_index, and without the issuer's address, nothing is acknowledged.
VICTIMS = [
    pytest.param(["child_index"], True, id="one child_index"),
    pytest.param(["child_index", "child_index-2"], False, id="both child_index"),
    pytest.param(["identity"], False, id="identity"),
    pytest.param(["directory"], True, id="directory"),
    pytest.param(["consent"], True, id="consent"),
    pytest.param(["audit"], True, id="audit"),
    pytest.param(["search"], True, id="search"),
    pytest.param(["gateway"], True, id="gateway"),
]


@pytest.mark.parametrize(("victims", "goes_on"), VICTIMS)
async def test_what_was_acknowledged_outlives_the_process(
    kith: Partnership, victims: list[str], goes_on: bool
) -> None:
    """After the restart every acknowledged registration is there once, found, told of, and accounted for."""
    processes = [kith.fleet.processes.process(name) for name in victims]
    leaving = await departure(kith)
    async with streaming(kith) as stream:
        await stream.grown(_BEFORE)
        async with killed(*processes):
            gone = asyncio.create_task(leaving.happens())
            if goes_on:
                await stream.grown(_WHILE)
        await gone
        await stream.grown(_AFTER)
    # The fault was felt where it had to be.
    assert goes_on or stream.sent_again
    await invariants(kith, stream.acknowledged)
    await leaving.had_its_effect_once()
