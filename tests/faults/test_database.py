"""Sessions of the database ended under load, as a restart or a failover ends them (F3, F19; G1 to G5, G11)."""

import pytest

from tests.faults.departures import departure
from tests.faults.invariants import database, invariants
from tests.faults.stream import streaming
from tests.fixtures.partnership import Partnership

_TIMES, _BETWEEN = 3, 10


@pytest.mark.parametrize("service", ["child_index", "directory"])
async def test_ended_sessions_are_retried_with_one_effect(kith: Partnership, service: str) -> None:
    """All of a service's sessions at once, again and again: a caller that retries gets one effect each time."""
    leaving = await departure(kith)
    ended = 0
    async with streaming(kith) as stream:
        for _ in range(_TIMES):
            await stream.grown(_BETWEEN)
            async with database(kith.fleet, service) as connection:
                ended += await connection.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1",
                    f"kith_{service}_app",
                )
        await leaving.happens()
        await stream.grown(_BETWEEN)
    assert ended >= _TIMES
    await invariants(kith, stream.acknowledged)
    await leaving.had_its_effect_once()
