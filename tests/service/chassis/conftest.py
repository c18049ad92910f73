import io
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from joserfc.jwk import ECKey

from services.chassis import telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import ServiceSettings
from services.chassis.server import Server
from services.chassis.service_identity import ServiceIdentity
from tests.service.chassis.issuer import Issuer, running_issuer
from tests.service.chassis.things import Things, add_things_to_server

SETTINGS = ServiceSettings(local_mode=True)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@dataclass
class Fleet:
    """One server with its servicer, and a plain channel to it as an outsider would open."""

    things: Things
    server: Server
    channel: grpc.aio.Channel
    issuer: Issuer

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"


Start = Callable[..., AbstractAsyncContextManager[Fleet]]


@pytest.fixture
async def start(issuer: Issuer) -> Start:
    """Starts servers of the test service; each is drained at the end of its context."""

    @asynccontextmanager
    async def started(settings: ServiceSettings = SETTINGS, **more: Any) -> AsyncIterator[Fleet]:
        things = Things()
        async with TokenVerifier(issuer.url) as verifier:
            server = Server(
                "things",
                settings,
                [(add_things_to_server, things)],
                error_domain="things.kith",
                verifier=verifier,
                **more,
            )
            await server.start()
            try:
                async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
                    yield Fleet(things, server, channel, issuer)
            finally:
                await server.drain()

    return started


@pytest.fixture
async def fleet(start: Start) -> AsyncIterator[Fleet]:
    async with start() as running:
        yield running


@pytest.fixture
async def identity(issuer: Issuer, tmp_path: Path) -> AsyncIterator[ServiceIdentity]:
    """The identity of a service called search."""
    key = ECKey.generate_key("P-256", {"kid": "search-key"})
    path = tmp_path / "search.jwk"
    path.write_text(json.dumps(key.as_dict(private=True)))
    async with ServiceIdentity("search", path, issuer.url) as running:
        yield running


@dataclass
class Log:
    """What was logged during a test."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self, event: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.text.splitlines()) if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    """Logs as a service does, into a text; puts everything back afterwards."""
    written = io.StringIO()
    root = logging.getLogger()
    before = structlog.get_config(), list(root.handlers), root.level, sys.excepthook, threading.excepthook
    telemetry.start("things", SETTINGS, written)
    yield Log(written)
    configuration, root.handlers[:], level, sys.excepthook, threading.excepthook = before
    structlog.configure(**configuration)
    root.setLevel(level)
