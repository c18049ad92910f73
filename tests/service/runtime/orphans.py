"""`python -m tests.service.runtime.orphans FOLDER`: starts a fleet, says so, and waits to be killed."""

import asyncio
import sys
from pathlib import Path

from deploy.local import postgres
from deploy.local.runner import Fleet
from tests.service.runtime.processes import SERVE, toy


async def main() -> None:
    folder = Path(sys.argv[1])
    rows = [postgres.process("postgres", folder / "postgres"), toy("service", SERVE, folder, ["postgres"])]
    async with Fleet(rows, folder) as fleet:
        sys.stdout.write(" ".join(str(process.pid) for process in fleet.processes) + "\n")
        sys.stdout.flush()
        await fleet.watch()


if __name__ == "__main__":
    asyncio.run(main())
