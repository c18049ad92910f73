"""Loading the demo town into a fresh fleet.

The loader is `python -m deploy.demo.load`, a client of the agencies' API like any other: it gets the addresses
(KITH_ISSUER, KITH_…_ADDRESS), KITH_OPERATOR_KEY_FILE and KITH_HOME. It shows its progress, and writes what a person at
the terminal should know (who can log in, what to try) to `demo/welcome.txt` in KITH_HOME. When the town is complete it
leaves `town.json` there.
"""

import asyncio
import os
import signal
import sys

from deploy.local import tether
from deploy.local.fleet import Layout

_LOADER = "deploy.demo.load"


class DemoFailed(Exception):
    """The loader ended with an error, which it has said itself."""


async def load(layout: Layout) -> None:
    """Load the town unless that has been done completely; raises DemoFailed. A cut-off load is done again."""
    if (layout.home / "town.json").exists():
        return
    environment = {"KITH_HOME": str(layout.home), "KITH_OPERATOR_KEY_FILE": str(layout.secrets.operator_key)}
    process = await asyncio.create_subprocess_exec(
        *tether.command([sys.executable, "-m", _LOADER]),
        env=os.environ | layout.addresses() | environment,
        start_new_session=True,
    )
    try:
        if await process.wait() != 0:
            raise DemoFailed("The demo town was not loaded.")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()


def welcome(layout: Layout) -> str:
    """What the loader has to say to the person at the terminal, empty if nothing."""
    text = layout.home / "demo" / "welcome.txt"
    return text.read_text(encoding="utf-8") if text.exists() else ""
