"""HTTP for pages, open API and token endpoints: who does not finish a request, or takes no answer, is cut off (F41)."""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS: Final = 10.0
"""A whole request, body included, has arrived by then: forms are small; a phone's slow line needs a second or two."""
TAKING_SECONDS: Final = 30.0
"""So long a client may leave an answer in our buffer (64 kB) without taking the most of it."""


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection on which no whole request has arrived in time, or whose client takes nothing of the answer.

    Between requests uvicorn's own limit holds.

    Without it some hundred connections that send half a header take every place there is, for as long as they like.
    """

    _limit: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._arrived()
        self._taken()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._wait()

    def on_message_complete(self) -> None:
        """Stop waiting: the request is whole."""
        self._arrived()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what is sent."""
        super().pause_writing()
        self._taken()
        # Not close: that would wait for the client again.
        self._taking = asyncio.get_running_loop().call_later(TAKING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting: the client has taken it."""
        self._taken()
        super().resume_writing()

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _wait(self) -> None:
        self._arrived()
        self._limit = asyncio.get_running_loop().call_later(REQUEST_SECONDS, self.transport.close)

    def _arrived(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
