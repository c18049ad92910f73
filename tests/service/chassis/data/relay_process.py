"""`python -m tests.service.chassis.data.relay_process`: a relay that dies, as by kill -9, where it is told to."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from services.chassis import database
from services.chassis.kafka import KafkaSettings
from services.chassis.outbox import Relay


async def main(url_file: Path, topic: str, bootstrap: str) -> None:
    async with database.pool(url_file, name="dying-relay") as pool:
        relay = Relay(pool, topic, KafkaSettings(bootstrap), "dying-relay")

        async def die(_connection: database.Connection, _positions: list[int]) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        # After Kafka has acknowledged the batch, before it is marked.
        relay._mark = die  # type: ignore[method-assign, assignment]
        await relay.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
