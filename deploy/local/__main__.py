"""`python -m deploy.local`, which is `make run`: the whole of Kith on this machine until Ctrl-C."""

import argparse
import asyncio
import io
import os
import signal
import sys
import time
from pathlib import Path

from deploy.engines.fetch import EngineUnavailable
from deploy.local import demo, ports, state_lock
from deploy.local.fleet import Layout, table
from deploy.local.postgres import PostgresError
from deploy.local.process import ProcessFailed
from deploy.local.runner import Fleet

_FAILURES = (
    state_lock.StateInUse,
    state_lock.StateUnusable,
    ports.BadPort,
    EngineUnavailable,
    PostgresError,
    ProcessFailed,
    demo.DemoFailed,
)


async def _run(layout: Layout) -> None:
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, this.cancel if this else sys.exit)
    started = time.monotonic()
    rows = table(layout)
    print(f"Starting {len(rows)} processes; logs in {layout.home / 'log'}")
    async with Fleet(rows, layout.home, on_ready=lambda name: print(f"  {name}")) as fleet:
        print(f"Ready after {time.monotonic() - started:.1f} s.")
        loading = asyncio.create_task(_load(layout))
        try:
            # Watching never ends but by an error, which ends the loading too.
            await asyncio.gather(fleet.watch(), loading)
        finally:
            loading.cancel()
            await asyncio.gather(loading, return_exceptions=True)


async def _load(layout: Layout) -> None:
    await demo.load(layout)
    print(f"\n{demo.welcome(layout)}Kith is at {layout.gateway} (Ctrl-C stops it)")


def main() -> None:
    """Run until told to stop; exit 1 with one message for everything that can go wrong."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("--twins", action="store_true", help="start two of each service")
    parser.add_argument(
        "--engines", action="store_true", help="with real Kafka and OpenSearch (`make engines`)"
    )
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    home = Path(os.environ.get("KITH_HOME", ".kith")).resolve()
    try:
        with state_lock.held(home):
            engines = options.engines
            numbers = ports.configured(options.twins, engines)
            ports.require_free(numbers)
            asyncio.run(_run(Layout(home, numbers, options.twins, engines, engines)))
    except asyncio.CancelledError:
        print("Stopped.")
    except _FAILURES as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
