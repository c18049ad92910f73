"""A client of HTTP/1.1 that costs next to nothing: the processor is wanted for what is measured."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One kept connection; one request after the other."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host, self._reader, self._writer = host, reader, writer

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        """Connect."""
        return cls(f"{host}:{port}", *await asyncio.open_connection(host, port))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask and read all of the answer."""
        status, got = await self._ask(path, headers or {})
        if "transfer-encoding" in got:
            return Answer(status, got, b"".join([part async for part in self._chunks()]))
        return Answer(status, got, await self._reader.readexactly(int(got.get("content-length", "0"))))

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Ask and give the answer piece by piece as it comes; raises OSError if it is not 200."""
        status, _ = await self._ask(path, {})
        if status != 200:
            raise OSError(f"answered {status}")
        async for part in self._chunks():
            yield part

    async def _ask(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        lines = [
            f"GET {path} HTTP/1.1",
            f"host: {self._host}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in head[1:] if line)
        return int(head[0].split()[1]), {name.lower(): value.strip() for name, value in pairs}

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline(), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()


def at(path: str, **parameters: object) -> str:
    """Return the path with a query."""
    return f"{path}?{urlencode(parameters)}"
