import asyncio
import signal
import sys
import time
import uuid
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord
from prometheus_client import REGISTRY

from services.chassis import database, outbox
from services.chassis.database import Database
from services.chassis.kafka import KafkaSettings
from services.chassis.kafka_writer import BrokerUnavailable, Message, Writer
from services.chassis.outbox import Relay
from tests.fixtures.broker import Broker
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabase
from tests.service.chassis.data.ageing import age
from tests.service.chassis.data.background import background
from tests.service.chassis.data.effects import Effects, Source, decode, event
from tests.service.chassis.data.topic import messages


def _first_versions(records: list[ConsumerRecord]) -> dict[UUID, list[int]]:
    """Return, of each key, the versions in the order in which they first came."""
    versions: dict[UUID, list[int]] = {}
    for record in records:
        assert record.value is not None
        found = decode(record.value)
        assert record.key == found.key.bytes
        seen = versions.setdefault(found.key, [])
        if found.version not in seen:
            seen.append(found.version)
    return versions


async def _all_published(source: Source) -> bool:
    return await source.unpublished() == 0


async def test_events_are_published_in_order_with_their_key(pool: Database, broker: Broker) -> None:
    topic, source = await broker.topic(), Source(pool)
    keys = [uuid.uuid4() for _ in range(5)]
    relay = Relay(pool, topic, broker.settings, "relay")
    async with background(relay.run()):
        for version in range(1, 21):
            await source.write(*(event(key, version) for key in keys))
            relay.wake()
        await eventually(lambda: _all_published(source))
    records = await messages(broker, topic, 100)
    assert len(records) == 100
    assert _first_versions(records) == {key: list(range(1, 21)) for key in keys}


async def test_traceparent_is_a_header(pool: Database, broker: Broker) -> None:
    topic = await broker.topic()
    found = event(uuid.uuid4(), 1)
    traced = outbox.Event(found.event_id, found.key, 1, found.payload, f"00-{'a' * 32}-{'b' * 16}-01")
    await Source(pool).write(traced)
    async with background(Relay(pool, topic, broker.settings, "relay").run()):
        (record,) = await messages(broker, topic, 1)
    assert record.headers == (("traceparent", traced.traceparent.encode()),)


async def test_out_of_order_commits_are_all_published(pool: Database, broker: Broker) -> None:
    """F6: a transaction held open does not hold up the others, and is published when it commits."""
    topic, source = await broker.topic(), Source(pool)
    late, early = event(uuid.uuid4(), 1), event(uuid.uuid4(), 1)
    async with background(Relay(pool, topic, broker.settings, "relay").run()):
        async with pool.transaction() as slow:
            await outbox.write(slow, [late])
            await source.write(early)
            assert [decode(record.value or b"").key for record in await messages(broker, topic, 1)] == [
                early.key
            ]
        records = await messages(broker, topic, 2)
    assert {decode(record.value or b"").key for record in records} == {early.key, late.key}


async def test_two_relays_neither_lose_nor_reorder(
    home: ServiceDatabase, pool: Database, broker: Broker
) -> None:
    """F5: one leads; when it goes the other takes over, under way."""
    topic, source = await broker.topic(), Source(pool)
    keys = [uuid.uuid4() for _ in range(3)]
    async with database.pool(home.app_url_file, name="other") as other:
        relays = [Relay(pool, topic, broker.settings, "one"), Relay(other, topic, broker.settings, "two")]
        runs = [asyncio.create_task(relay.run()) for relay in relays]
        try:
            for version in range(1, 41):
                await source.write(*(event(key, version) for key in keys))
                if version == 20:
                    # Whichever leads: end the session that holds the lock.
                    async with pool.session() as session:
                        await eventually(lambda: session.fetchval(_HOLDER))
                        await session.execute(_END_HOLDER)
                if version == 30:
                    runs[0].cancel()
            await eventually(lambda: _all_published(source))
        finally:
            for run in runs:
                run.cancel()
            await asyncio.wait(runs)
    records = await messages(broker, topic, 120)
    assert _first_versions(records) == {key: list(range(1, 41)) for key in keys}


_HOLDER = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_END_HOLDER = f"SELECT pg_terminate_backend(pid) FROM ({_HOLDER}) AS holder"  # noqa: S608 - of the two above


async def test_relay_killed_between_produce_and_mark(
    home: ServiceDatabase, pool: Database, broker: Broker
) -> None:
    """F4, G3: what the dead relay sent comes twice through Kafka and has one effect."""
    topic, source, effects = await broker.topic(), Source(pool), Effects(pool)
    key = uuid.uuid4()
    await source.write(*(event(key, version) for version in range(1, 6)))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.service.chassis.data.relay_process"),
        *(str(home.app_url_file), topic, broker.address),
    )
    assert await process.wait() == -signal.SIGKILL
    assert await source.unpublished() == 5
    assert len(await messages(broker, topic, 5)) == 5
    async with background(
        Relay(pool, topic, broker.settings, "relay").run(),
        effects.consumer(broker.settings, topic, source, list_changes=source.nothing).run(),
    ):
        await eventually(lambda: _all_published(source))
        assert len(await messages(broker, topic, 10)) == 10
        await source.write(event(key, 6))

        async def six() -> bool:
            return (await effects.versions()).get(key) == [1, 2, 3, 4, 5, 6]

        await eventually(six)


async def test_without_a_broker_events_wait_and_the_relay_recovers(
    pool: Database, own_broker: Broker
) -> None:
    """F9, F10, finding 3: the relay starts without a broker, survives its loss, and loses nothing."""
    source = Source(pool)
    topic = await own_broker.topic("events")
    await own_broker.stop()
    key = uuid.uuid4()
    await source.write(event(key, 1))
    async with background(Relay(pool, topic, own_broker.settings, "relay").run()):
        await own_broker.start()
        await eventually(lambda: _all_published(source))
        await own_broker.kill()
        await source.write(event(key, 2))
        assert await source.unpublished() == 1
        await own_broker.start()
        await eventually(lambda: _all_published(source))
    # The embedded broker forgets what it had.
    at_least = 1 if own_broker.kind == "embedded" else 2
    records = await messages(own_broker, topic, at_least)
    assert _first_versions(records)[key][-1] == 2


async def test_a_send_has_its_own_deadline(own_broker: Broker) -> None:
    """Finding 3: with the broker gone neither the send nor letting go of the producer hangs."""
    topic = await own_broker.topic("events")
    writer = Writer(own_broker.settings, "writer", send_seconds=1.0)
    await writer.send(topic, [Message(b"k", b"1")])
    await own_broker.stop()
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(BrokerUnavailable):
            await writer.send(topic, [Message(b"k", b"2")])
    await writer.close()
    # aiokafka by itself would hang for ever; the bound is for that, not for speed.
    assert time.monotonic() - began < 30
    await own_broker.start()

    async def sent() -> bool:
        try:
            await writer.send(topic, [Message(b"k", b"3")])
        except BrokerUnavailable:
            return False
        return True

    await eventually(sent)
    assert (await messages(own_broker, topic, 1))[-1].value == b"3"
    await writer.close()


async def test_a_frozen_broker_is_given_up(pool: Database) -> None:
    """F20: an address that takes connections and says nothing."""
    connected: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, silent: connected.append(silent), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    writer = Writer(KafkaSettings(f"127.0.0.1:{port}"), "writer", send_seconds=0.5)
    with pytest.raises(BrokerUnavailable):
        await writer.send("events", [Message(b"k", b"v")])
    assert connected
    for silent in connected:
        silent.close()
    server.close()


async def test_the_age_of_what_is_not_sent_is_known(home: ServiceDatabase, pool: Database) -> None:
    """F7: without a broker, or without a leader, the age of the oldest event is there to alarm."""
    await Source(pool).write(event(uuid.uuid4(), 1))
    await age(home, "outbox", "create_time", "1 hour")
    async with background(Relay(pool, "unsent", KafkaSettings("127.0.0.1:1"), "relay").run()):
        await eventually(
            lambda: (
                (REGISTRY.get_sample_value("kith_outbox_oldest_unsent_seconds", {"topic": "unsent"}) or 0)
                >= 3600
            )
        )
