"""Answers without end in sight: one for each client at a time, and few altogether, so that they leave room for others.

A stream holds one piece of about 1 MB, and fetches the next only when the client has taken it. A client that takes
nothing is cut off (`chassis.http_protocol`).
"""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.open_directory.problems import TOO_MANY_REQUESTS, UNAVAILABLE, Problem
from services.gateway.open_directory.rate_limit import client_of

_MOST: Final = 16
_RETRY_AFTER: Final = {"Retry-After": "30"}


class Streams:
    """The streams that run."""

    def __init__(self) -> None:
        self._clients: set[str] = set()

    async def response(
        self, address: str, chunks: AsyncIterator[bytes], media_type: str, headers: dict[str, str]
    ) -> StreamingResponse:
        """Return the response for a client's address. Raises Problem, and what the first chunk raises."""
        client = client_of(address)
        if client in self._clients:
            raise Problem(TOO_MANY_REQUESTS, "One stream at a time, please.", headers=_RETRY_AFTER)
        if len(self._clients) >= _MOST:
            raise Problem(UNAVAILABLE, "Too many streams run at the moment.", headers=_RETRY_AFTER)
        self._clients.add(client)
        try:
            first = await anext(chunks, b"")
        except BaseException:
            self._clients.discard(client)
            raise
        return _Stream(self._clients, client, _chain(first, chunks), media_type, headers)


class _Stream(StreamingResponse):
    """Gives the client's place back at its end, however it ends."""

    def __init__(
        self,
        clients: set[str],
        client: str,
        chunks: AsyncIterator[bytes],
        media_type: str,
        headers: dict[str, str],
    ) -> None:
        super().__init__(chunks, media_type=media_type, headers=headers)
        self._clients = clients
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._clients.discard(self._client)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
