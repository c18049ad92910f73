"""Apache Kafka 4.2 as one JVM process: broker and controller in one (KRaft), on 127.0.0.1.

`python -m deploy.engines.kafka FOLDER PORT` prepares FOLDER, the whole state of the broker, and becomes the
broker. Topics are made by `create_topics` and never by use, as in production.
"""

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy.engines.fetch import Engine
from deploy.local import health

ENGINE = Engine("kafka", java=17)
_JVM = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_LOGGING = Path(__file__).with_name("kafka.log4j2.properties")


def command(folder: Path, port: int) -> list[str]:
    """The command line of a broker with its state in `folder`. Raises EngineUnavailable."""
    ENGINE.java_command()
    return [sys.executable, "-m", "deploy.engines.kafka", str(folder), str(port)]


def serving(bootstrap: str) -> health.Health:
    """Ready when it answers for its cluster."""
    listening = health.listening(bootstrap)

    async def check() -> bool:
        if not await listening():
            return False
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
        try:
            await client.start()
            return bool((await client.describe_cluster())["brokers"])
        except KafkaError:
            return False
        finally:
            await client.close()

    return check


async def create_topics(bootstrap: str, names: Sequence[str], partitions: int) -> None:
    """Make the topics that are not there yet; raises KafkaError."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        answer = await client.create_topics([NewTopic(name, partitions, 1) for name in names])
    finally:
        await client.close()
    for _, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error


def _properties(folder: Path, port: int) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller = probe.getsockname()[1]
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": folder / "log",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        # A broker killed and started again is not let in before its former session has ended (default 9 s).
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def main() -> None:
    """Format the storage at first start, then become the broker."""
    folder, port = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text(_properties(folder, port))
    java = [*ENGINE.java_command(), *_JVM, f"-Dlog4j2.configurationFile={_LOGGING}"]
    if not (folder / "log" / "meta.properties").exists():
        cluster = uuid.uuid4().hex[:22]
        subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)], check=True
        )
    os.execv(java[0], [*java, "kafka.Kafka", str(properties)])


if __name__ == "__main__":
    main()
