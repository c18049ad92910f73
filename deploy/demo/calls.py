"""Calls that go on until they are answered: what may pass is tried again, with the same request id."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from random import Random
from typing import Any, Final, TypeVar

from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError, UnaryUnaryMultiCallable
from grpc_status import rpc_status

from deploy.demo.agency_client import AgencyClient, IssuerUnreachable, TokenRefused

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Item = TypeVar("Item")
T = TypeVar("T")

_PASSING: Final = {
    StatusCode.UNAVAILABLE,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.ABORTED,
}
_AT_ONCE: Final = 16
_TIMEOUT_SECONDS: Final = 10.0
_GIVE_UP_SECONDS: Final = 60.0
_FIRST_WAIT_SECONDS: Final = 0.05
_LONGEST_WAIT_SECONDS: Final = 3.0


class Refused(Exception):
    """A call was answered with an error that will not pass.

    The text is the method, the code and the reason, and nothing of what was sent.
    """


class Calls:
    """Makes calls for clients. The purpose of a call is given by its wire name, such as `provide-service`."""

    def __init__(self) -> None:
        self.tried_again = 0
        """How many tries had to be repeated."""
        self._random = Random()  # spreads the repeats; nothing rests on it

    async def make(
        self,
        method: UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        client: AgencyClient,
        purpose: str = "",
    ) -> Response:
        """Returns the answer. Raises Refused, also when what should pass has not passed for a minute."""
        give_up = time.monotonic() + _GIVE_UP_SECONDS
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                metadata = await client.metadata(purpose)
                return await method(request, metadata=metadata, timeout=_TIMEOUT_SECONDS)
            except AioRpcError as error:
                if error.code() not in _PASSING or time.monotonic() > give_up:
                    raise Refused(_described(type(request).__name__, error)) from None
            except IssuerUnreachable:
                if time.monotonic() > give_up:
                    raise Refused("the issuer was not reached") from None
            except TokenRefused as error:
                raise Refused(f"token: {error}") from None
            self.tried_again += 1
            await asyncio.sleep(wait * self._random.uniform(0.5, 1.5))
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)


async def each(work: Callable[[Item], Awaitable[T]], items: Iterable[Item]) -> list[T]:
    """Does the work for each item, 16 at a time. Raises the first error."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def placed(item: Item) -> T:
        async with places:
            return await work(item)

    return await asyncio.gather(*map(placed, items))


def _described(request: str, error: AioRpcError) -> str:
    method, code = request.removesuffix("Request"), error.code().name
    return " ".join([method, code, *_reason(error)])


def _reason(error: AioRpcError) -> list[str]:
    carrier: Any = error  # the helper takes the error itself, whatever its type says
    status: status_pb2.Status | None = rpc_status.from_call(carrier)
    info = error_details_pb2.ErrorInfo()
    details = status.details if status else ()
    return [info.reason for detail in details if detail.Unpack(info)]
