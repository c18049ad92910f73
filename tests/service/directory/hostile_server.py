"""A server on the loopback address that answers as it is told to, well or badly, and keeps what it was asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.service.directory.loopback import serving

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
_HEAD_END = b"\r\n\r\n"


class HostileServer:
    """Answers each path by what stands in `pages`: the bytes of an answer, or something to do with the connection."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Behaviour] = {}
        self.asked: list[str] = []
        """The heads of the requests."""
        self.port = 0

    @property
    def place(self) -> str:
        """Its `name:port`."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        """Its address for a path."""
        return f"http://{self.place}{path}"

    @property
    def paths(self) -> list[str]:
        """The method and path of each request."""
        return [" ".join(head.split(" ", 2)[:2]) for head in self.asked]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(_HEAD_END)).decode()
            self.asked.append(head)
            page = self.pages.get(head.split(" ", 2)[1], answer(404))
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                await page(writer)
        writer.close()


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of an answer; `content_type="text/html"` becomes the header `content-type`."""
    sent = {"content-length": str(len(body)), "connection": "close"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in sent.items())]
    return "\r\n".join(lines).encode() + _HEAD_END + body


@contextlib.asynccontextmanager
async def hostile_server() -> AsyncIterator[HostileServer]:
    """Start one on a free port; its connections end with the block."""
    hostile = HostileServer()
    async with serving(hostile._answer) as hostile.port:
        yield hostile
