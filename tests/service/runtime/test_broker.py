"""The embedded Kafka broker: what aiokafka needs of it (DESIGN section 4)."""

import asyncio
import contextlib
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.local import health
from deploy.local.process import Process, ProcessFailed
from deploy.local.runner import Fleet


def row(port: int) -> Process:
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "deploy.local.broker", "--port", str(port)]
    return Process("kafka", command, health=health.listening(address), address=address)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with Fleet([row(free_port())], tmp_path) as started:
        yield started


@contextlib.asynccontextmanager
async def consumer(address: str, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(
        topic,
        bootstrap_servers=address,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        metadata_max_age_ms=500,
        session_timeout_ms=2000,
        heartbeat_interval_ms=500,
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def send(address: str, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        sent = [await producer.send(topic, value, key=value) for value in values]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def receive(reader: AIOKafkaConsumer, count: int) -> set[bytes]:
    received: set[bytes] = set()
    async with asyncio.timeout(60):
        while len(received) < count:
            batches = await reader.getmany(timeout_ms=200)
            received.update(record.value for records in batches.values() for record in records)
    return received


async def test_topic_comes_into_being_and_each_of_a_group_gets_its_share(fleet: Fleet) -> None:
    address, topic = fleet.process("kafka").address, str(uuid.uuid4())
    values = [b"%d" % number for number in range(1000)]
    await send(address, topic, values)
    async with consumer(address, topic, "readers") as one:
        assert await receive(one, 1000) == set(values)
        await one.commit()
    async with consumer(address, topic, "readers") as one:
        await send(address, topic, [b"later"])
        assert await receive(one, 1) == {b"later"}


async def test_killed_and_restarted_it_is_empty_and_where_it_was(fleet: Fleet) -> None:
    """DESIGN 5 no. 15: it forgets; the address stays, so nobody has to be told."""
    broker, topic = fleet.process("kafka"), str(uuid.uuid4())
    await send(broker.address, topic, [b"before"])
    await broker.kill()
    await broker.restart()
    await send(broker.address, topic, [b"after"])
    async with consumer(broker.address, topic, "fresh") as reader:
        assert await receive(reader, 1) == {b"after"}


async def test_sends_clients_to_its_own_address(fleet: Fleet) -> None:
    address = fleet.process("kafka").address
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    try:
        brokers = {f"{broker.host}:{broker.port}" for broker in producer.client.cluster.brokers()}
    finally:
        await producer.stop()
    assert brokers == {address}


async def test_port_in_use_is_one_line(fleet: Fleet, tmp_path: Path) -> None:
    port = int(fleet.process("kafka").address.split(":")[1])
    second = Process("second", row(port).command, one_shot=True)
    with pytest.raises(ProcessFailed, match="address already in use") as failed:
        await Fleet([second], tmp_path / "second").__aenter__()
    assert "Traceback" not in str(failed.value)
