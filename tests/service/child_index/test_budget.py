"""The daily budget of different children holds also for searches sent at once (S17), on a real database."""

import asyncio
from uuid import uuid4

import pytest

from kith.access.v1 import access_pb2
from services.chassis import access, database
from services.chassis.caller import Caller, Kind
from services.child_index.disclosure import Disclosures
from services.child_index.refusals import BudgetSpent
from tests.fixtures.postgres import ServiceDatabases

_AT_ONCE = 20
_SHOWN = 50
_LIMIT = 60


@pytest.mark.asyncio(loop_scope="session")
async def test_s17_searches_at_once_do_not_each_overspend(service_database: ServiceDatabases) -> None:
    """A call that begins below the limit is answered in full, so one may go beyond it: not twenty."""
    made = await service_database("child_index")
    caller = Caller(
        Kind.PERSON, "somebody", str(uuid4()), "service-gateway", frozenset({"test"}), frozenset()
    )
    decision = access.authorise("/test", access_pb2.Rule(scope="test"), caller, None)
    disclosures = Disclosures(_LIMIT, _LIMIT)
    async with database.pool(made.app_url_file, name="test", max_size=_AT_ONCE) as pool:

        async def search() -> bool:
            async with pool.connection() as connection:
                try:
                    await disclosures.record(connection, decision, [uuid4() for _ in range(_SHOWN)])
                except BudgetSpent:
                    return False
                return True

        answered = await asyncio.gather(*(search() for _ in range(_AT_ONCE)))
        async with pool.connection() as connection:
            counted = await connection.fetchval("SELECT count(*) FROM disclosure")
    assert sum(answered) == 2
    assert counted == 2 * _SHOWN


@pytest.mark.asyncio(loop_scope="session")
async def test_s17_a_system_is_counted_again_and_again_though_not_at_every_call(
    service_database: ServiceDatabases,
) -> None:
    """What one replica did not look at, the next does; a system overspends by seconds, not by days."""
    made = await service_database("child_index")
    caller = Caller(Kind.SYSTEM, "system", str(uuid4()), "system", frozenset({"test"}), frozenset())
    decision = access.authorise("/test", access_pb2.Rule(scope="test"), caller, None)
    first, second = (Disclosures(3, 3, looked_seconds=3600) for _ in range(2))
    async with (
        database.pool(made.app_url_file, name="test") as pool,
        pool.connection() as connection,
    ):
        for _ in range(5):
            await first.record(connection, decision, [uuid4()])
        for _ in range(2):
            with pytest.raises(BudgetSpent):
                await second.record(connection, decision, [uuid4()])
        assert await connection.fetchval("SELECT count(*) FROM disclosure") == 5
        assert await connection.fetchval("SELECT count(*) FROM chassis.audit_outbox") == 5
