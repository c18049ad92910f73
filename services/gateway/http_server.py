"""Runs the application: port, health and metrics as every service has them, and an end that cuts nobody off."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from services.chassis.health import Health
from services.chassis.http_protocol import ImpatientProtocol
from services.chassis.metrics_port import serve_metrics
from services.chassis.port import open_socket
from services.chassis.server import BackgroundEnded
from services.chassis.telemetry import describe, log
from services.gateway.config import Config

_GRACE_SECONDS = 10
_DRAIN_NOTICE_SECONDS = 5.0
_MOST_AT_ONCE = 500


class _Server(uvicorn.Server):
    """Leaves signals to `serve`, which decides when everything ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(
    app: ASGIApp,
    settings: Config,
    *,
    ready: Callable[[], Awaitable[None]],
    background: Callable[[], Awaitable[None]],
) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises PortTaken, or BackgroundEnded if `background` ends before."""
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    listener = open_socket(settings.listen_address, settings.port)
    stop_metrics = serve_metrics(settings.listen_address, settings.metrics_port)
    health = Health(ready)
    health_port = await health.start(settings.listen_address, settings.health_port)
    server = _server(app, settings.trusted_networks)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    working = asyncio.ensure_future(background())
    health.watch()
    log.info("taking calls", port=listener.getsockname()[1], health_port=health_port)
    stop = asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait({serving, working, stop}, return_when=asyncio.FIRST_COMPLETED)
    failed = not stop.done()
    if failed:
        error = working.exception() if working.done() else None
        log.error("background work ended", **(describe(error) if error else {}))
    await health.not_ready()
    if not settings.local_mode and not failed:
        await asyncio.sleep(_DRAIN_NOTICE_SECONDS)
    server.should_exit = True
    await serving
    working.cancel()
    stop.cancel()
    await asyncio.gather(working, stop, return_exceptions=True)
    stop_metrics()
    await health.stop()
    log.info("stopped")
    if failed:
        raise BackgroundEnded


def _server(app: ASGIApp, trusted_networks: list[str]) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            # Its lines have paths; ours (boundary.py) have the names of pages.
            access_log=False,
            server_header=False,
            lifespan="off",
            # Whoever connects is who they are, unless it is a proxy that was named: no other's headers are believed.
            proxy_headers=bool(trusted_networks),
            forwarded_allow_ips=trusted_networks,
            http=ImpatientProtocol,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
