"""The process runner: starts a table of processes in the order of their dependencies and stands over them.

Used by `make run` and by the tests alike:

    async with Fleet(table, folder) as fleet:
        await fleet.process("search").kill()
        await fleet.process("search").restart()

After letsencrypt/boulder, test/startservers.py (RELIABILITY R1): every process is waited for by its health,
any that ends early fails the run, and they are stopped in reverse order.
"""

import asyncio
from collections.abc import Callable, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.process import Process, ProcessFailed, RunningProcess

_CHECK_EVERY = 0.2


class Fleet:
    """The processes of `table`, with their logs in `folder`/log. Entering waits until all are ready.

    Entering raises ProcessFailed for the first process that does not come up, having stopped the others;
    leaving raises it for a process that ended by itself meanwhile. One killed through its RunningProcess does
    not count.
    """

    def __init__(
        self, table: Sequence[Process], folder: Path, on_ready: Callable[[str], None] = lambda _: None
    ) -> None:
        """`on_ready` is told the name of each process when it is ready."""
        self._on_ready = on_ready
        self._order = _in_order(table)
        self._log_folder = folder / "log"
        self._running = {row.name: RunningProcess(row, self._log_folder) for row in self._order}
        self._ready = {row.name: asyncio.Event() for row in self._order}

    def process(self, name: str) -> RunningProcess:
        """The process of that name; raises KeyError."""
        return self._running[name]

    @property
    def processes(self) -> list[RunningProcess]:
        """All of them, in the order of their dependencies."""
        return list(self._running.values())

    def check(self) -> None:
        """Raise ProcessFailed if a process ended that nobody ended."""
        for process in self._running.values():
            process.check()

    async def watch(self) -> None:
        """Never returns; raises ProcessFailed as soon as a process ends that nobody ended."""
        while True:
            self.check()
            await asyncio.sleep(_CHECK_EVERY)

    async def stop(self) -> None:
        """Stop them, each when those that depend on it have ended."""
        ended = {row.name: asyncio.Event() for row in self._order}

        async def stop(row: Process) -> None:
            for dependent in self._order:
                if row.name in dependent.depends_on:
                    await ended[dependent.name].wait()
            await self._running[row.name].stop()
            ended[row.name].set()

        await asyncio.gather(*map(stop, self._order))

    async def __aenter__(self) -> Self:
        self._log_folder.mkdir(parents=True, exist_ok=True)
        for process in self._running.values():
            process.log.unlink(missing_ok=True)
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self.watch())
                await asyncio.gather(*(group.create_task(self._bring_up(row)) for row in self._order))
                watch.cancel()
        except BaseException as error:
            await self.stop()
            if isinstance(error, BaseExceptionGroup) and (failed := error.subgroup(ProcessFailed)):
                raise failed.exceptions[0] from None
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.check()
        finally:
            await self.stop()

    async def _bring_up(self, row: Process) -> None:
        for name in row.depends_on:
            await self._ready[name].wait()
        process = self._running[row.name]
        process.start()
        await process.ready()
        self._ready[row.name].set()
        self._on_ready(row.name)


def _in_order(table: Sequence[Process]) -> list[Process]:
    """The rows, each after those it depends on.

    Raises ValueError for an unknown name, a doubled one, and for a circle.
    """
    rows = {row.name: row for row in table}
    if len(rows) != len(table):
        raise ValueError("two processes of the same name")
    for row in table:
        if unknown := [name for name in row.depends_on if name not in rows]:
            raise ValueError(f"{row.name} depends on {', '.join(unknown)}, which the table does not have")
    try:
        return [
            rows[name]
            for name in TopologicalSorter({row.name: row.depends_on for row in table}).static_order()
        ]
    except CycleError as error:
        raise ValueError(
            f"processes depend on each other in a circle: {' -> '.join(error.args[1])}"
        ) from None
