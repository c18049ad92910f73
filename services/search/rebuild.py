"""`python -m services.search.rebuild` asks for a new index; the replicas of search that run make it.

It can be asked for at any time: lookups are served by the index in use until the new one is complete. Returns at once;
with --wait when the new index is in use.
"""

import argparse
import asyncio
from typing import Final

from services.chassis import telemetry
from services.chassis.config import load
from services.chassis.keyring import Keyring
from services.chassis.server import run
from services.chassis.telemetry import log
from services.search import documents
from services.search.config import Config
from services.search.generations_store import GenerationsStore, Stored, Superseded
from services.search.projection import key_version
from services.search.store import opensearch

_LOOK_SECONDS: Final = 1.0


async def request(generations: GenerationsStore) -> str:
    """Ask for a new index and return its name, or that of the one being made. Raises IndexUnavailable."""
    while True:
        try:
            stored = await generations.load()
            stored = await generations.begin() if stored is None else await generations.request(stored)
        except Superseded:
            continue
        return stored.value.next


async def in_use(generations: GenerationsStore, name: str) -> None:
    """Return when the index is in use. Raises IndexUnavailable."""
    while True:
        stored: Stored | None = await generations.load()
        if stored is not None and stored.value.live == name:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _command(config: Config, *, wait: bool) -> None:
    telemetry.start("search", config)
    made_of = key_version(Keyring.load(config.keyring_file))
    async with opensearch(config.needed_opensearch_url()) as client:
        generations = GenerationsStore(client, documents.alias(made_of))
        name = await request(generations)
        log.info("a new index was asked for", index=name)
        if wait:
            await in_use(generations, name)
            log.info("a new index is in use", index=name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.search.rebuild", description=__doc__)
    parser.add_argument("--wait", action="store_true", help="return when the new index is in use")
    run(_command(load(Config), wait=parser.parse_args().wait))
