"""What the steps of a run have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.directory.v1.import_run_pb2 import ImportRun
from services.chassis.database import Connection
from services.chassis.keyring import Keyring
from services.directory.importing import run_store, staging_store
from services.directory.importing.run import Run, RunStopped


@dataclass(frozen=True, slots=True)
class Work:
    """What a run is worked on with.

    `connection` holds the lock of the source: whoever loses the one loses the other. `inside` are hosts that may have
    private addresses, `pauses` seconds before each further attempt at what failed for the moment.
    """

    connection: Connection
    keyring: Keyring
    clock: Callable[[], datetime]
    inside: tuple[str, ...]
    pauses: tuple[float, ...]


async def require(connection: Connection, run_id: UUID, state: ImportRun.State) -> Run:
    """Return the run, locked, which has to be in `state`. Raises RunStopped."""
    run = await run_store.run(connection, run_id, lock=True)
    if run is None or run.state != state:
        raise RunStopped
    return run


async def settle(work: Work, run_id: UUID, state: ImportRun.State) -> None:
    """Let a run in `state` wait for an editor, or end it if there is nothing to decide. Raises RunStopped."""
    connection = work.connection
    async with connection.transaction():
        run = await require(connection, run_id, state)
        if await staging_store.undecided(connection, run_id):
            await run_store.enter(connection, run_id, ImportRun.STATE_IN_REVIEW)
        else:
            await run_store.end(connection, run_id, ImportRun.STATE_COMPLETED, work.clock())
            await run_store.taken_in(connection, run, full=run.scope == ImportRun.SCOPE_FULL)
