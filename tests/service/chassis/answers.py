"""Reads what a refused call said, and waits for what must come about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from services.chassis.channel import status_of
from services.chassis.errors import error_info


class Refusal:
    """The code, reason, domain, metadata and field violations of a failed call."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        status = status_of(error)
        info = error_info(status)
        assert info is not None, "every refusal of Kith carries an ErrorInfo"
        self.code = error.code().name
        self.message = status.message
        self.reason, self.domain, self.metadata = info.reason, info.domain, dict(info.metadata)
        self.fields: dict[str, str] = {}
        self.everything = f"{error.details()} {status} {error.trailing_metadata()}"
        for detail in status.details:
            request = error_details_pb2.BadRequest()
            if detail.Unpack(request):
                self.fields = {found.field: found.description for found in request.field_violations}


async def refusal(call: Awaitable[Any]) -> Refusal:
    """Await a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return Refusal(raised.value)


def bearer(token: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Metadata with a token and whatever else."""
    return (("authorization", f"Bearer {token}"), *more)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, for at most 20 s."""
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - other processes and gRPC's own threads set no event
            await asyncio.sleep(0.01)
