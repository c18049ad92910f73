"""How the runner learns that a process is ready to serve: functions that make a check out of an address."""

import asyncio
import urllib.request
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

Health = Callable[[], Awaitable[bool]]
"""Says whether the process serves now. Must not raise for a process that is not there yet."""

_ATTEMPT = 1.0


async def _listening(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    try:
        async with asyncio.timeout(_ATTEMPT):
            _, writer = await asyncio.open_connection(host, int(port))
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    return True


def listening(address: str) -> Health:
    """Ready when `host:port` takes a connection."""

    async def check() -> bool:
        return await _listening(address)

    return check


def grpc_serving(address: str, service: str = "ready") -> Health:
    """Ready when grpc.health.v1 on the plaintext `host:port` says SERVING for `service`."""

    async def check() -> bool:
        # A channel opened before the server listens would wait a second before it tried again.
        if not await _listening(address):
            return False
        async with grpc.aio.insecure_channel(address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=_ATTEMPT)
            except grpc.aio.AioRpcError:
                return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return check


def http_ok(url: str) -> Health:
    """Ready when a GET of `url` answers 200."""

    def get() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=_ATTEMPT) as answer:  # noqa: S310 - the table's own address
                return bool(answer.status == HTTPStatus.OK)
        except OSError:  # HTTPError is one
            return False

    async def check() -> bool:
        return await asyncio.to_thread(get)

    return check


def file_present(path: Path) -> Health:
    """Ready when the process has written `path`."""

    async def check() -> bool:
        return await asyncio.to_thread(path.exists)

    return check
