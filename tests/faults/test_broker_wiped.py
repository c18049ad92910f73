"""The broker killed with its data in the middle of a load and started again empty (DESIGN 5 no. 15; F9, F11, F12)."""

import shutil

from tests.faults.departures import departure
from tests.faults.invariants import invariants
from tests.faults.kill import killed
from tests.faults.stream import streaming
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import Partnership

_CHILDREN = 20


async def test_everything_still_converges(kith: Partnership, fleet: RunningFleet) -> None:
    """Kafka wakes, it is not the truth: what it forgot comes through ListChanges, each effect once, nothing is lost."""
    broker = fleet.processes.process("kafka")
    before, meanwhile, after = [await departure(kith) for _ in range(3)]
    async with streaming(kith) as stream:
        await stream.grown(_CHILDREN)
        await before.happens()
        async with killed(broker):
            shutil.rmtree(fleet.layout.home / "kafka", ignore_errors=True)
            # Nobody is refused for it.
            await meanwhile.happens()
            await stream.grown(_CHILDREN)
            # Nor does anybody wait for it: these have their effect with no broker at all.
            await before.had_its_effect_once()
            await meanwhile.had_its_effect_once()
        if fleet.kind == "engines":
            topics = fleet.processes.process("topics")
            topics.start()
            await topics.ready()
        await stream.grown(_CHILDREN)
        await after.happens()
    await after.had_its_effect_once()
    await invariants(kith, stream.acknowledged, broker_kept_data=False)
