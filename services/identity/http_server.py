"""Runs an ASGI application beside the gRPC server, in the same loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from services.chassis.http_protocol import ImpatientProtocol

_GRACE_SECONDS = 5
_MOST_AT_ONCE = 500


class _Server(uvicorn.Server):
    """Leaves signals to the gRPC server, which decides when everything ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve_http(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until cancelled; then answer what has begun and close."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        # Whoever connects is who they are: headers of a proxy are not believed.
        proxy_headers=False,
        http=ImpatientProtocol,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
