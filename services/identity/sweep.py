"""Deletes what is over, once a minute, on every replica: a second one finds nothing to do."""

import asyncio
from typing import Final

from services.chassis import retention
from services.chassis.database import Database
from services.chassis.defects import failure_for
from services.chassis.errors import Internal, Unavailable
from services.chassis.telemetry import describe, log
from services.identity import store

_EVERY_SECONDS: Final = 60.0


async def run(database: Database) -> None:
    """Sweep for ever. A database that is away for a while is waited for; a defect is raised."""
    while True:
        try:
            async with database.connection() as connection:
                await store.sweep(connection)
                await retention.sweep(connection)
        except Unavailable:
            log.warning("not swept: the database is busy or away")
        except Exception as error:
            if isinstance(failure_for(error), Internal):
                raise
            log.warning("not swept", **describe(error))
        await asyncio.sleep(_EVERY_SECONDS)
