import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY

from services.chassis import consumer
from services.chassis.consumer import (
    Changes,
    DatabaseCheckpoint,
    InvalidEvent,
    MemoryCheckpoint,
    ReceivedEvent,
)
from services.chassis.database import Database
from services.chassis.kafka import KafkaSettings
from services.chassis.kafka_writer import Message, Writer
from services.chassis.outbox import Event, Relay
from tests.fixtures.broker import Broker, running
from tests.fixtures.eventually import eventually
from tests.service.chassis.data.background import background
from tests.service.chassis.data.effects import Effects, Source, event
from tests.service.chassis.data.topic import messages

NO_BROKER = KafkaSettings("127.0.0.1:1")


@pytest.fixture
def source(pool: Database) -> Source:
    return Source(pool)


@pytest.fixture
def effects(pool: Database) -> Effects:
    return Effects(pool)


async def _reach(effects: Effects, expected: dict[UUID, list[int]]) -> None:
    """Wait until there are so many effects, then compare: a wrong one fails at once, not by time."""

    async def enough() -> bool:
        found = sum(len(versions) for versions in (await effects.versions()).values())
        return found >= sum(len(versions) for versions in expected.values())

    await eventually(enough)
    assert await effects.versions() == expected


async def _send(broker: Broker, topic: str, *events: Event) -> None:
    """Put events into Kafka as a relay would, without any outbox."""
    writer = Writer(broker.settings, "test")
    await writer.send(topic, [Message(found.key.bytes, found.payload) for found in events])
    await writer.close()


def _dead_letters(topic: str) -> float:
    labels = {"topic": topic, "group": f"{topic}-effects"}
    return REGISTRY.get_sample_value("kith_dead_letter_total", labels) or 0.0


def _lag(topic: str) -> float | None:
    return REGISTRY.get_sample_value("kith_consumer_lag", {"topic": topic, "group": f"{topic}-effects"})


async def test_events_have_their_effects_in_order(broker: Broker, source: Source, effects: Effects) -> None:
    """G3, G4: through outbox, relay, Kafka, and inbox."""
    topic = await broker.topic()
    keys = [uuid.uuid4() for _ in range(4)]
    relay = Relay(source.database, topic, broker.settings, "relay")
    async with background(relay.run(), effects.consumer(broker.settings, topic, source).run()):
        for version in range(1, 26):
            await source.write(*(event(key, version) for key in keys))
            relay.wake()
        await _reach(effects, {key: list(range(1, 26)) for key in keys})


async def test_kafka_alone_brings_events(broker: Broker, source: Source, effects: Effects) -> None:
    """With a producer that lists nothing: so Kafka is not just along for the ride in the other tests."""
    topic, key = await broker.topic(), uuid.uuid4()
    async with background(
        effects.consumer(broker.settings, topic, source, list_changes=source.nothing).run()
    ):
        await _send(broker, topic, event(key, 1), event(key, 2))
        await _reach(effects, {key: [1, 2]})


async def test_without_any_broker_changes_bring_everything(source: Source, effects: Effects) -> None:
    """DESIGN 5 no. 15, F10: Kafka wakes, it is not the truth."""
    key = uuid.uuid4()
    await source.write(event(key, 1), event(key, 2))
    async with background(effects.consumer(NO_BROKER, "events", source).run()):
        await _reach(effects, {key: [1, 2]})
        await source.write(event(key, 3))
        await _reach(effects, {key: [1, 2, 3]})


@pytest.mark.faults
async def test_broker_down_at_start(own_broker: Broker, source: Source, effects: Effects) -> None:
    """F10: the consumer starts without, and takes Kafka up when it comes."""
    topic, key = await own_broker.topic("events"), uuid.uuid4()
    await own_broker.stop()
    async with background(
        effects.consumer(own_broker.settings, topic, source, list_changes=source.nothing).run()
    ):
        await eventually(lambda: source.asked > 1)
        await own_broker.start()
        await _send(own_broker, topic, event(key, 1))
        await _reach(effects, {key: [1]})


@pytest.mark.faults
async def test_broker_killed_with_its_data_in_the_middle(
    own_broker: Broker, source: Source, effects: Effects
) -> None:
    """G1, G3, G5: what Kafka lost comes through list_changes, and Kafka is used again afterwards."""
    topic = await own_broker.topic("events")
    keys = [uuid.uuid4() for _ in range(3)]
    relay = Relay(source.database, topic, own_broker.settings, "relay")
    async with background(relay.run(), effects.consumer(own_broker.settings, topic, source).run()):
        for version in range(1, 61):
            await source.write(*(event(key, version) for key in keys))
            relay.wake()
            if version == 20:
                await eventually(lambda: len(effects.delivered) > 0)
                await own_broker.kill_with_data()
            if version == 40:
                await own_broker.start()
                await own_broker.topic(topic)
        await _reach(effects, {key: list(range(1, 61)) for key in keys})

        async def published() -> bool:
            return await source.unpublished() == 0

        await eventually(published)


@pytest.mark.faults
async def test_consumer_reads_kafka_again_after_the_broker_lost_everything(
    own_broker: Broker, source: Source, effects: Effects
) -> None:
    """G11, F11: the new broker knows neither topic nor group."""
    topic, key = await own_broker.topic("events"), uuid.uuid4()
    async with background(
        effects.consumer(own_broker.settings, topic, source, list_changes=source.nothing).run()
    ):
        await _send(own_broker, topic, event(key, 1), event(key, 2), event(key, 3))
        await _reach(effects, {key: [1, 2, 3]})
        await own_broker.kill_with_data()
        await own_broker.start()
        await own_broker.topic(topic)
        await _send(own_broker, topic, event(key, 4))
        await _reach(effects, {key: [1, 2, 3, 4]})


async def test_duplicates_have_one_effect(broker: Broker, source: Source, effects: Effects) -> None:
    """F13, G3: each event a hundred times, and the whole topic again for a consumer that remembers nothing."""
    topic, key = await broker.topic(), uuid.uuid4()
    events = [event(key, version) for version in range(1, 6)]
    for _ in range(100):
        await _send(broker, topic, *events)
    last = event(key, 6)
    async with background(
        effects.consumer(broker.settings, topic, source, list_changes=source.nothing).run()
    ):
        await _send(broker, topic, last)
        await _reach(effects, {key: [1, 2, 3, 4, 5, 6]})
    # Another group begins at the start of the topic, with the same inbox.
    again = Effects(effects.database)
    replay = again.consumer(broker.settings, topic, source, list_changes=source.nothing)
    replay._reader._group = f"{topic}-replay"
    async with background(replay.run()):
        await eventually(lambda: len({found.event_id for found in again.delivered}) == 6)
    assert await effects.versions() == {key: [1, 2, 3, 4, 5, 6]}


async def test_poison_goes_to_the_dead_letter_topic(
    broker: Broker, source: Source, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F15: unreadable messages are put aside with their reason, the rest goes on, and nothing waits in the end."""
    monkeypatch.setattr(consumer, "_CATCH_UP_SECONDS", 0.2)
    topic, key = await broker.topic(), uuid.uuid4()
    good = [event(key, 1), event(key, 2)]
    huge = b"\xff" * 900_000
    poison = [
        (key.bytes, b"\xff\xff\xff"),
        (key.bytes, b""),
        (key.bytes, None),
        (key.bytes, huge),
        (None, good[0].payload),
        (uuid.uuid4().bytes, good[0].payload),
    ]
    writer = Writer(broker.settings, "test")
    before = _dead_letters(topic)
    async with background(
        effects.consumer(broker.settings, topic, source, list_changes=source.nothing).run()
    ):
        await _send(broker, topic, good[0])
        for bad_key, value in poison:
            await writer.send(topic, [Message(bad_key, value)])
        await writer.close()
        await _send(broker, topic, good[1])
        await _reach(effects, {key: [1, 2]})
        put_aside = await messages(broker, f"{topic}.dead-letter", len(poison))
        await eventually(lambda: _dead_letters(topic) - before == len(poison))
        await eventually(lambda: _lag(topic) == 0.0)
    values = [record.value for record in put_aside]
    assert sorted(len(value or b"") for value in values) == [
        0,
        0,
        3,
        len(good[0].payload),
        len(good[0].payload),
        512 * 1024,
    ]
    for record in put_aside:
        headers = dict(record.headers)
        assert headers["kith-source"].decode().startswith(f"{topic}/")
        assert headers["kith-group"].decode() == f"{topic}-effects"


async def test_the_log_says_where_poison_lies_and_not_what_it_says(
    broker: Broker,
    source: Source,
    effects: Effects,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F15, G7."""
    monkeypatch.setattr(consumer, "_CATCH_UP_SECONDS", 0.2)
    topic, key = await broker.topic(), uuid.uuid4()
    writer = Writer(broker.settings, "test")
    await writer.send(topic, [Message(key.bytes, b"Jane Doe 1 High St")])
    await writer.close()
    async with background(
        effects.consumer(broker.settings, topic, source, list_changes=source.nothing).run()
    ):
        await messages(broker, f"{topic}.dead-letter", 1)
        await eventually(lambda: _dead_letters(topic) == 1)
        await eventually(lambda: _lag(topic) == 0.0)
    written = capsys.readouterr().out
    assert "put aside as unreadable" in written
    assert "Jane" not in written


async def test_poison_in_the_changes_is_passed_over(source: Source, effects: Effects) -> None:
    """F15: a payload of the future stays with its producer; the events after it are not held up."""
    key = uuid.uuid4()
    await source.write(event(key, 1), Event(uuid.uuid4(), key, 2, b"\xff"), event(key, 3))
    async with background(effects.consumer(NO_BROKER, "future", source).run()):
        await _reach(effects, {key: [1, 3]})
    assert _dead_letters("future") == 1


async def test_a_transient_failure_keeps_the_order_and_puts_nothing_aside(
    broker: Broker, source: Source, effects: Effects
) -> None:
    """F16: "not now" is tried again in place, and holds up what comes after."""
    topic, key = await broker.topic(), uuid.uuid4()
    failures = 0

    async def handle(events: Sequence[ReceivedEvent]) -> None:
        nonlocal failures
        if failures < 5 and any(found.version == 2 for found in events):
            failures += 1
            raise ConnectionRefusedError
        await effects.handle(events)

    failing = effects.consumer(broker.settings, topic, source, list_changes=source.nothing, handle=handle)
    async with background(failing.run()):
        await _send(broker, topic, *(event(key, version) for version in range(1, 6)))
        await _reach(effects, {key: [1, 2, 3, 4, 5]})
    assert failures == 5
    assert _dead_letters(topic) == 0


async def test_a_handler_may_call_an_event_invalid(broker: Broker, source: Source, effects: Effects) -> None:
    """F16: one event that its handler can never take is put aside; those beside it have their effect."""
    topic, key = await broker.topic(), uuid.uuid4()

    async def handle(events: Sequence[ReceivedEvent]) -> None:
        if any(found.version == 2 for found in events):
            raise InvalidEvent
        await effects.handle(events)

    failing = effects.consumer(broker.settings, topic, source, list_changes=source.nothing, handle=handle)
    async with background(failing.run()):
        await _send(broker, topic, *(event(key, version) for version in range(1, 4)))
        await _reach(effects, {key: [1, 3]})
    assert _dead_letters(topic) == 1


async def test_a_gap_is_filled_before_what_follows_it(
    broker: Broker, source: Source, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 5 no. 15, G4: Kafka brings 1 and 3; 2 is fetched from the changes, and comes first."""
    monkeypatch.setattr(consumer, "_CATCH_UP_SECONDS", 3600)
    topic, key = await broker.topic(), uuid.uuid4()
    events = [event(key, version) for version in range(1, 4)]
    listing: Callable[[str, int], Awaitable[Changes]] = source.nothing

    async def list_changes(after: str, limit: int) -> Changes:
        return await listing(after, limit)

    async with background(effects.consumer(broker.settings, topic, source, list_changes=list_changes).run()):
        await _send(broker, topic, events[0])
        await _reach(effects, {key: [1]})
        await source.write(*events)
        listing = source.list_changes
        await _send(broker, topic, events[2])
        await _reach(effects, {key: [1, 2, 3]})


async def test_kafka_does_not_overtake_what_was_missed(
    broker: Broker, source: Source, effects: Effects
) -> None:
    """G4: at the start the producer cannot be asked for a while; what Kafka has waits for that."""
    topic, key = await broker.topic(), uuid.uuid4()
    events = [event(key, version) for version in range(1, 4)]
    await source.write(*events)
    await _send(broker, topic, events[2])
    asked = 0

    async def list_changes(after: str, limit: int) -> Changes:
        nonlocal asked
        asked += 1
        if asked < 6:
            raise ConnectionRefusedError
        return await source.list_changes(after, limit)

    async with background(effects.consumer(broker.settings, topic, source, list_changes=list_changes).run()):
        await _reach(effects, {key: [1, 2, 3]})


@pytest.mark.faults
async def test_a_broker_that_has_moved_is_followed(source: Source, effects: Effects, tmp_path: Path) -> None:
    """F9: the addresses are read again, although the former broker still answers."""
    key, topic, servers = uuid.uuid4(), "events", tmp_path / "servers"
    for name in ("former", "new"):
        (tmp_path / name).mkdir()
    async with (
        running("embedded", tmp_path / "former") as former,
        running("embedded", tmp_path / "new") as new,
    ):
        servers.write_text(former.address)
        settings = KafkaSettings(bootstrap_servers_file=servers)
        async with background(effects.consumer(settings, topic, source, list_changes=source.nothing).run()):
            await _send(former, topic, event(key, 1))
            await _reach(effects, {key: [1]})
            servers.write_text(new.address)
            await _send(new, topic, event(key, 2))
            await _reach(effects, {key: [1, 2]})


async def test_a_producer_that_cannot_be_asked_is_asked_again(source: Source, effects: Effects) -> None:
    asked = 0

    async def list_changes(after: str, limit: int) -> Changes:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise ConnectionRefusedError
        return await source.list_changes(after, limit)

    key = uuid.uuid4()
    await source.write(event(key, 1))
    async with background(effects.consumer(NO_BROKER, "events", source, list_changes=list_changes).run()):
        await _reach(effects, {key: [1]})
    assert asked >= 4


async def test_a_restarted_consumer_goes_on_where_it_was(source: Source, effects: Effects) -> None:
    """F8: the checkpoint is saved after the effect; what was handled is not asked for again."""
    key = uuid.uuid4()
    await source.write(*(event(key, version) for version in range(1, 4)))
    checkpoint = DatabaseCheckpoint(effects.database, "effects")
    async with background(effects.consumer(NO_BROKER, "events", source).run()):
        await _reach(effects, {key: [1, 2, 3]})
        await eventually(checkpoint.load)
    after = await checkpoint.load()
    assert (await source.list_changes(after, 10)).events == []
    delivered = len(effects.delivered)
    await source.write(event(key, 4))
    async with background(effects.consumer(NO_BROKER, "events", source).run()):
        await _reach(effects, {key: [1, 2, 3, 4]})
    assert len(effects.delivered) == delivered + 1


@pytest.mark.faults
async def test_offsets_are_committed_after_the_effect_and_not_before(
    broker: Broker, source: Source, effects: Effects
) -> None:
    """F8: what had no effect comes again to the next member of the group, what had one does not."""
    topic, key = await broker.topic(), uuid.uuid4()

    async def fail_on_second(events: Sequence[ReceivedEvent]) -> None:
        if any(found.version == 2 for found in events):
            failed.set()
            raise ConnectionRefusedError
        await effects.handle(events)

    failed = asyncio.Event()
    first = effects.consumer(
        broker.settings, topic, source, list_changes=source.nothing, handle=fail_on_second
    )
    async with background(first.run()):
        await _send(broker, topic, event(key, 1))
        await _reach(effects, {key: [1]})
        await _send(broker, topic, event(key, 2))
        await failed.wait()
    effects.delivered.clear()
    second = effects.consumer(broker.settings, topic, source, list_changes=source.nothing)
    async with background(second.run()):
        await _reach(effects, {key: [1, 2]})
    assert [found.version for found in effects.delivered] == [2]


async def test_a_consumer_without_a_database_starts_from_the_beginning(
    source: Source, effects: Effects
) -> None:
    key = uuid.uuid4()
    await source.write(event(key, 1), event(key, 2))
    seen: list[int] = []

    async def handle(events: Sequence[ReceivedEvent]) -> None:
        seen.extend(found.version for found in events)

    parts = {"handle": handle, "checkpoint": MemoryCheckpoint()}
    async with background(effects.consumer(NO_BROKER, "events", source, **parts).run()):
        await eventually(lambda: seen == [1, 2])


@pytest.mark.faults
async def test_two_consumers_share_the_partitions_and_each_event_has_one_effect(
    broker: Broker, source: Source, effects: Effects
) -> None:
    """F8: one of two replicas goes in the middle; the other takes over its partitions."""
    topic = await broker.topic()
    keys = [uuid.uuid4() for _ in range(8)]
    relay = Relay(source.database, topic, broker.settings, "relay")
    runs = [asyncio.create_task(effects.consumer(broker.settings, topic, source).run()) for _ in range(2)]
    try:
        async with background(relay.run()):
            for version in range(1, 31):
                await source.write(*(event(key, version) for key in keys))
                relay.wake()
                if version == 15:
                    await eventually(lambda: len(effects.delivered) > 0)
                    runs[0].cancel()

            async def all_there() -> bool:
                versions = await effects.versions()
                return sum(map(len, versions.values())) >= 8 * 30

            await eventually(all_there)
    finally:
        for run in runs:
            run.cancel()
        await asyncio.wait(runs)
    versions = await effects.versions()
    # Two replicas may overtake one another: that versions do not go back is then the effect's own matter.
    assert {key: sorted(found) for key, found in versions.items()} == {
        key: list(range(1, 31)) for key in keys
    }


async def test_a_storm_is_taken_in_bounded_batches(broker: Broker, source: Source, effects: Effects) -> None:
    """F17: many more events than fit one batch; none is lost and the memory of what was delivered is bounded."""
    topic = await broker.topic()
    keys = [uuid.uuid4() for _ in range(50)]
    sizes: list[int] = []

    async def handle(events: Sequence[ReceivedEvent]) -> None:
        sizes.append(len(events))
        await effects.handle(events)

    producer = AIOKafkaProducer(bootstrap_servers=broker.address)
    await producer.start()
    for version in range(1, 61):
        waiting = [
            await producer.send(topic, (e := event(key, version)).payload, key=e.key.bytes) for key in keys
        ]
        await asyncio.gather(*waiting)
    await producer.stop()
    failing = effects.consumer(broker.settings, topic, source, list_changes=source.nothing, handle=handle)
    async with background(failing.run()):
        await _reach(effects, {key: list(range(1, 61)) for key in keys})
    assert max(sizes) <= 500
