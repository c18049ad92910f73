"""OpenSearch 3.3 as one JVM process: a single node on 127.0.0.1, without the security plugin."""

from pathlib import Path

from deploy.engines.fetch import Engine
from deploy.local import health

ENGINE = Engine("opensearch", java=21, launcher="OpenSearchNode")
_JVM = ["-Xms512m", "-Xmx1g", "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"]


def command(folder: Path, port: int, transport_port: int) -> list[str]:
    """The command line of a node with its state in `folder` (made if absent). Raises EngineUnavailable."""
    return [
        *ENGINE.java_command(),
        *_JVM,
        "OpenSearchNode",
        str(folder.resolve()),
        str(port),
        str(transport_port),
    ]


def serving(url: str) -> health.Health:
    """Ready when the node has recovered its indices: every primary shard is there."""
    return health.http_ok(f"{url}/_cluster/health?wait_for_status=yellow&timeout=500ms")
