"""Health on a port of its own, in plain text and without a token (grpc.health.v1).

Service "" says that the process lives: its event loop turns. Service "ready" says that it wants calls: what
it needs is there and it is not draining. Nothing else is said to whoever asks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.chassis import metrics
from services.chassis.port import PortTaken, listen
from services.chassis.telemetry import describe, log

LIVE: Final = ""
READY: Final = "ready"
_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_LAG_LIMIT_SECONDS: Final = 30.0
"""A loop this late has missed Kafka heartbeats and deadlines: better a new process."""
_CHECK_SECONDS: Final = 1.0
_FIRST_CHECKS_SECONDS: Final = 0.05


class Health:
    """The health server of one process."""

    def __init__(self, ready: Callable[[], Awaitable[None]] | None) -> None:
        """`ready` raises while something the service needs is not there; None if it needs nothing."""
        self._ready = ready
        self._servicer = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, address: str, port: int) -> int:
        """Begin to answer and return the port. Not ready until `watch` has found that it is. Raises PortTaken."""
        self._server = server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        try:
            bound = listen(server, address, port)
        except PortTaken:
            await server.stop(grace=None)
            raise
        await self._servicer.set(LIVE, _SERVING)
        await self._servicer.set(READY, _NOT_SERVING)
        await server.start()
        self._tasks.append(asyncio.create_task(self._watch_loop()))
        return bound

    def watch(self) -> None:
        """Begin to tell readiness: the service takes calls now."""
        self._tasks.append(asyncio.create_task(self._watch_ready()))

    async def not_ready(self) -> None:
        """Say from now on that no more calls are wanted; the process still lives."""
        await self._end_tasks()
        await self._servicer.set(READY, _NOT_SERVING)

    async def stop(self) -> None:
        """Stop answering. Without grace: one open `Watch` would use up all of it (RELIABILITY finding 5)."""
        await self._end_tasks()
        if self._server is not None:
            await self._server.stop(grace=None)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _watch_ready(self) -> None:
        was_ready = False
        while True:
            is_ready = await self._is_ready(was_ready=was_ready)
            if is_ready != was_ready:
                await self._servicer.set(READY, _SERVING if is_ready else _NOT_SERVING)
                was_ready = is_ready
            await asyncio.sleep(_CHECK_SECONDS if was_ready else _FIRST_CHECKS_SECONDS)

    async def _is_ready(self, *, was_ready: bool) -> bool:
        if self._ready is None:
            return True
        try:
            await self._ready()
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is: not ready
            if was_ready:
                log.warning("no longer ready", **describe(error))
            return False
        return True

    async def _watch_loop(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(_CHECK_SECONDS)
            lag = time.monotonic() - before - _CHECK_SECONDS
            metrics.LOOP_LAG_SECONDS.set(lag)
            if lag > _LAG_LIMIT_SECONDS:
                log.error("the event loop was blocked", lag_s=round(lag, 1))
                await self._servicer.set(LIVE, _NOT_SERVING)
