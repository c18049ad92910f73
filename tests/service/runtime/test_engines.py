"""The real engines (DESIGN section 4): what Kith relies on in each, shown on the real one."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from opensearchpy import AsyncOpenSearch, ConflictError, NotFoundError

from deploy.engines import kafka, opensearch
from deploy.engines.fetch import Engine, EngineUnavailable
from deploy.local.process import Process, ProcessFailed
from deploy.local.runner import Fleet


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def runnable(engine: Engine) -> None:
    if reason := engine.unavailable():
        pytest.skip(reason)


@pytest.fixture
async def real_kafka(tmp_path: Path) -> AsyncIterator[Fleet]:
    runnable(kafka.ENGINE)
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    command = kafka.command(tmp_path / "kafka", port)
    async with Fleet(
        [Process("kafka", command, health=kafka.serving(address), address=address)], tmp_path
    ) as fleet:
        yield fleet


async def last_message(address: str, topic: str) -> bytes:
    reader = AIOKafkaConsumer(topic, bootstrap_servers=address, auto_offset_reset="earliest")
    await reader.start()
    try:
        record = await reader.getone()
    finally:
        await reader.stop()
    return bytes(record.value or b"")


@pytest.mark.faults
@pytest.mark.engine("kafka")
async def test_kafka_has_the_topics_it_was_told_and_keeps_them_over_kill_9(real_kafka: Fleet) -> None:
    broker = real_kafka.process("kafka")
    for _ in range(2):
        await kafka.create_topics(broker.address, ["told"], 3)
    producer = AIOKafkaProducer(bootstrap_servers=broker.address, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait("told", b"kept")
        assert producer.client.cluster.partitions_for_topic("told") == {0, 1, 2}
    finally:
        await producer.stop()
    await broker.kill()
    await broker.restart()
    assert await last_message(broker.address, "told") == b"kept"


@pytest.mark.faults
@pytest.mark.engine("kafka")
async def test_kafka_makes_no_topic_by_use(real_kafka: Fleet) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=real_kafka.process("kafka").address, request_timeout_ms=1000
    )
    await producer.start()
    try:
        with pytest.raises(KafkaError):
            await producer.send_and_wait("untold", b"lost")
    finally:
        await producer.stop()


@pytest.mark.faults
@pytest.mark.engine("opensearch")
async def test_opensearch_refuses_older_versions_and_makes_no_index_by_use(tmp_path: Path) -> None:
    """DESIGN section 6; RELIABILITY finding 7 and 1.1."""
    runnable(opensearch.ENGINE)
    port, transport = free_ports(2)
    url = f"http://127.0.0.1:{port}"
    command = opensearch.command(tmp_path / "opensearch", port, transport)
    row = Process("opensearch", command, health=opensearch.serving(url), address=url)
    async with Fleet([row], tmp_path) as fleet, AsyncOpenSearch(url) as client:
        with pytest.raises(NotFoundError):
            await client.index(index="untold", body={"key": 1})
        await client.indices.create(index="told")

        async def write(version: int) -> str:
            answer = await client.index(
                index="told", id="1", body={"key": version}, version=version, version_type="external_gte"
            )
            return str(answer["result"])

        assert await write(5) == "created"
        assert await write(5) == "updated"
        with pytest.raises(ConflictError):
            await write(4)
        await fleet.process("opensearch").kill()
        await fleet.process("opensearch").restart()
        assert (await client.get(index="told", id="1"))["_version"] == 5


@pytest.mark.faults
@pytest.mark.engine("opensearch")
async def test_opensearch_that_cannot_start_says_why(tmp_path: Path) -> None:
    runnable(opensearch.ENGINE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        (transport,) = free_ports(1)
        command = opensearch.command(tmp_path / "opensearch", port, transport)
        with pytest.raises(
            ProcessFailed,
            match=r"(?s)opensearch exited with 1.*did not start: .*BindException: Address already in use",
        ):
            await Fleet([Process("opensearch", command, one_shot=True)], tmp_path).__aenter__()


def test_engine_that_is_not_there_says_why() -> None:
    with pytest.raises(EngineUnavailable, match=r"future needs Java 999 or newer"):
        Engine("future", java=999).java_command()


def test_engine_that_is_not_fetched_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "java"
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="21.0.2"\n')
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setattr("deploy.engines.fetch._FETCHED", tmp_path)
    assert Engine("kafka", java=21).unavailable() == "kafka is not fetched; run `make engines`."
