"""Kafka: where it is, and clients with settings that survive its faults (RELIABILITY 1.1, findings 3 and 4).

The clients of aiokafka are used through `Writer` and `Reader` only, which drop them after any error and make
new ones.
"""

from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

# No request of ours takes long; this also bounds how long a dropped producer may still be sending.
REQUEST_SECONDS = 5.0
# A topic that does not exist yet, or has moved, is noticed within this.
_METADATA_SECONDS = 5.0
_SESSION_SECONDS = 10.0
# Joining a group is one request that waits until a member that is gone has lost its session.
_JOIN_SECONDS = _SESSION_SECONDS + REQUEST_SECONDS
# A handler may wait this long for what it needs before the group goes on without this consumer.
_POLL_SECONDS = 300.0
# Events are thin; a batch of one partition stays far below the broker's limit of 1 MiB.
_FETCH_BYTES = 256 * 1024


@dataclass(frozen=True)
class KafkaSettings:
    """The addresses of the brokers, or a file with them that is read again at every (re)connection."""

    bootstrap_servers: str | None = None
    bootstrap_servers_file: Path | None = None

    def bootstrap(self) -> str:
        """Return `host:port,host:port`. Raises KafkaConnectionError when they are not known (yet)."""
        if self.bootstrap_servers_file is not None:
            try:
                servers = self.bootstrap_servers_file.read_text(encoding="utf-8").strip()
            except OSError:
                servers = ""
        else:
            servers = self.bootstrap_servers or ""
        if not servers:
            raise KafkaConnectionError("no bootstrap servers are known")
        return servers


def make_producer(kafka: KafkaSettings, name: str) -> AIOKafkaProducer:
    """Make a producer that is not started: idempotent, every replica in step acknowledges."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap(),
        client_id=name,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=_ms(REQUEST_SECONDS),
        metadata_max_age_ms=_ms(_METADATA_SECONDS),
    )


def make_consumer(kafka: KafkaSettings, group: str) -> AIOKafkaConsumer:
    """Make a consumer that is not started: offsets are committed by hand, a lost one means from the start."""
    return AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap(),
        client_id=group,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=_ms(_JOIN_SECONDS),
        metadata_max_age_ms=_ms(_METADATA_SECONDS),
        session_timeout_ms=_ms(_SESSION_SECONDS),
        heartbeat_interval_ms=_ms(_SESSION_SECONDS / 5),
        max_poll_interval_ms=_ms(_POLL_SECONDS),
        max_partition_fetch_bytes=_FETCH_BYTES,
    )


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
