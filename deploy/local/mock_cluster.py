"""The mock Kafka cluster inside librdkafka, driven through its C interface (rdkafka_mock.h).

`confluent_kafka` can start one by configuration (`test.mock.num.brokers`), but then clients are sent to a
port that librdkafka chooses anew each time, and a consumer group waits 3 s for its first assignment. The C
interface sets both. The library is the one that the wheel confluent-kafka brings along.
"""

import ctypes
from pathlib import Path

import confluent_kafka

_PRODUCER = 0
_BROKER = 1


class MockCluster:
    """One broker, in memory, on a port of its own choice, that sends clients to `advertised_port`.

    Topics come into being at first use, with 4 partitions that keep about 5 MB each. Lives until the process
    ends.
    """

    def __init__(self, advertised_port: int) -> None:
        library = _library()
        refusal = ctypes.create_string_buffer(512)
        settings = library.rd_kafka_conf_new()
        # Without this it says on stderr that it has no brokers to connect to: it is the broker.
        library.rd_kafka_conf_set(settings, b"log_level", b"3", refusal, len(refusal))
        client = library.rd_kafka_new(_PRODUCER, settings, refusal, len(refusal))
        if not client:
            raise OSError(refusal.value.decode())
        cluster = library.rd_kafka_mock_cluster_new(client, 1)
        if not cluster:
            raise OSError("librdkafka made no mock cluster")
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
        library.rd_kafka_mock_broker_set_host_port(cluster, _BROKER, b"127.0.0.1", advertised_port)
        host, port = library.rd_kafka_mock_cluster_bootstraps(cluster).decode().split(":")
        self.listens_on: tuple[str, int] = (host, int(port))


def _library() -> ctypes.CDLL:
    wheel = Path(confluent_kafka.__file__).parent
    folders = (wheel.with_name("confluent_kafka.libs"), wheel / ".dylibs")
    library = ctypes.CDLL(str(next(path for folder in folders for path in folder.glob("librdkafka*"))))
    pointer, text, size, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int
    for name, result, *arguments in (
        ("rd_kafka_conf_new", pointer),
        ("rd_kafka_conf_set", number, pointer, text, text, text, size),
        ("rd_kafka_new", pointer, number, pointer, text, size),
        ("rd_kafka_mock_cluster_new", pointer, pointer, number),
        ("rd_kafka_mock_cluster_bootstraps", text, pointer),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, pointer, ctypes.c_int32),
        ("rd_kafka_mock_broker_set_host_port", None, pointer, ctypes.c_int32, text, number),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
