import uuid

import pytest

from services.chassis import audit_outbox, inbox, outbox, retention
from services.chassis.consumer import ReceivedEvent
from services.chassis.database import Database
from tests.fixtures.postgres import ServiceDatabase
from tests.service.chassis.data.ageing import age
from tests.service.chassis.data.effects import event

TIMES = {
    "outbox": "create_time",
    "audit_outbox": "create_time",
    "inbox": "receive_time",
    "idempotency": "create_time",
}


async def _fill(pool: Database) -> None:
    """Put two rows into each table; of the outboxes one has been sent."""
    async with pool.transaction() as connection:
        await outbox.write(connection, [event(uuid.uuid4(), 1), event(uuid.uuid4(), 1)])
        await audit_outbox.write(connection, [b"1", b"2"], [uuid.uuid4(), uuid.uuid4()])
        await inbox.claim(connection, "a", [ReceivedEvent(uuid.uuid4(), uuid.uuid4(), 1, None)] * 2)
        await inbox.claim(connection, "b", [ReceivedEvent(uuid.uuid4(), uuid.uuid4(), 1, None)])
        for _ in range(2):
            await connection.execute(
                "INSERT INTO chassis.idempotency VALUES ('a', gen_random_uuid(), '1', '', '')"
            )
        await connection.execute("UPDATE chassis.outbox SET publish_time = now() WHERE position = 1")
        await connection.execute("UPDATE chassis.audit_outbox SET ship_time = now() WHERE position = 1")


async def _counts(pool: Database) -> dict[str, int]:
    async with pool.connection() as connection:
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM chassis.{table}")  # noqa: S608 - from above
            for table in TIMES
        }


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (29, {"outbox": 2, "audit_outbox": 2, "inbox": 2, "idempotency": 2}),
        (31, {"outbox": 1, "audit_outbox": 1, "inbox": 2, "idempotency": 0}),
        # What was never sent is kept, however old.
        (36, {"outbox": 1, "audit_outbox": 1, "inbox": 0, "idempotency": 0}),
    ],
)
async def test_rows_go_when_their_time_is_over(
    home: ServiceDatabase, pool: Database, days: int, left: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S30; more rows than one statement takes."""
    monkeypatch.setattr(retention, "_ROWS_AT_ONCE", 1)
    await _fill(pool)
    for table, column in TIMES.items():
        await age(home, table, column, f"{days} days")
    async with pool.session() as connection:
        await retention.sweep(connection)
    assert await _counts(pool) == left
