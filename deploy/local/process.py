"""One process of a fleet: its row in the table, and its life."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import tether
from deploy.local.health import Health

_POLL = 0.05
_TAIL_BYTES = 4000


@dataclass(frozen=True)
class Process:
    """A row of the table of processes."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    """Set on top of the runner's environment."""
    depends_on: Sequence[str] = ()
    """Names of rows that must be ready (one-shot: must have succeeded) before this one starts."""
    health: Health | None = None
    """None: ready as soon as it is started."""
    one_shot: bool = False
    """It does its work and exits with 0; health is not asked."""
    address: str = ""
    """Where others reach it, for tests and messages."""
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within: float = 60.0
    """Seconds."""
    stopped_within: float = 10.0
    """Seconds from `stop_signal` to SIGKILL."""


class ProcessFailed(Exception):
    """A process did not start, or ended by itself. The text names it and shows the end of its log."""


class RunningProcess:
    """A row and the process made of it, which ends with this one; start it from the main thread (`tether`)."""

    def __init__(self, row: Process, log_folder: Path) -> None:
        self.row = row
        self.log = log_folder / f"{row.name}.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._ended_by_us = True

    @property
    def name(self) -> str:
        """The name of its row."""
        return self.row.name

    @property
    def address(self) -> str:
        """The address in its row."""
        return self.row.address

    @property
    def pid(self) -> int:
        """The process id, the same from start to end; raises ProcessLookupError before the start."""
        if self._child is None:
            raise ProcessLookupError(self.name)
        return self._child.pid

    def start(self) -> None:
        """Start it and return at once; output goes to the end of its log."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                tether.command(list(self.row.command)),
                env=os.environ | self.row.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its own session: Ctrl-C in the terminal reaches the runner alone, which stops it in its turn.
                start_new_session=True,
            )
        self._ended_by_us = self.row.one_shot

    async def ready(self) -> None:
        """Wait until it serves, or a one-shot is done; raises ProcessFailed if it exits or takes too long."""
        deadline = time.monotonic() + self.row.ready_within
        while time.monotonic() < deadline:
            exit_code = self._exit_code()
            if self.row.one_shot and exit_code == 0:
                return
            if exit_code is not None:
                raise self._failed(f"exited with {exit_code} before it was ready")
            if not self.row.one_shot and (self.row.health is None or await self.row.health()):
                return
            await asyncio.sleep(_POLL)
        raise self._failed(f"was not ready within {self.row.ready_within:.0f} s")

    def check(self) -> None:
        """Raise ProcessFailed if it ended although nobody here ended it."""
        if not self._ended_by_us and not self.alive():
            raise self._failed(f"exited with {self._exit_code()}")

    def alive(self) -> bool:
        """Whether it runs (or is paused)."""
        return self._child is not None and self._exit_code() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, for instance SIGSTOP and SIGCONT for a process that hangs for a while."""
        if self.alive():
            os.kill(self.pid, number)

    async def stop(self) -> None:
        """Ask it to end; kill it when it has not within its time. Does nothing if it has ended."""
        await self._end(self.row.stop_signal)
        await self._end(signal.SIGKILL)

    async def kill(self) -> None:
        """End it as a crash would (SIGKILL), and wait until it is gone."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop it if it runs, start it again at the same address and wait until it is ready."""
        await self.stop()
        self.start()
        await self.ready()

    def log_tail(self) -> str:
        """The end of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return log.read().decode(errors="replace").strip()

    async def _end(self, number: signal.Signals) -> None:
        self._ended_by_us = True
        if self._child is not None and self.alive():
            self.send(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._child.wait, self.row.stopped_within)

    def _exit_code(self) -> int | None:
        return None if self._child is None else self._child.poll()

    def _failed(self, what: str) -> ProcessFailed:
        return ProcessFailed(f"{self.name} {what}. The end of {self.log}:\n{self.log_tail()}")
