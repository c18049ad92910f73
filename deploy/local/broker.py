"""`python -m deploy.local.broker --port PORT`: the embedded Kafka broker on 127.0.0.1:PORT.

When a member leaves a group or is killed, the group gets its next assignment only after the session time-out of its
members; a fresh group gets its first one at once.

It is the mock cluster of librdkafka (`mock_cluster`) behind a forwarder, because the cluster can't be told
its port. So a restarted broker is found where it was, empty: nothing depends on Kafka keeping data (DESIGN
section 5, no. 15).
"""

import argparse
import asyncio
import contextlib
import signal
import sys

from deploy.local.mock_cluster import MockCluster

_CHUNK = 256 * 1024


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def _serve(port: int) -> None:
    listens_on = asyncio.get_running_loop().create_future()
    connections: set[asyncio.Task[None]] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(*await listens_on)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(forward(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    # The port first: it is refused before anything is made, and it may be 0.
    server = await asyncio.start_server(connected, "127.0.0.1", port)
    port = server.sockets[0].getsockname()[1]
    listens_on.set_result(MockCluster(port).listens_on)
    print(f"broker: 127.0.0.1:{port}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.broker")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    try:
        asyncio.run(_serve(options.port))
    except OSError as error:
        sys.exit(f"broker: {error.strerror or error}")


if __name__ == "__main__":
    main()
