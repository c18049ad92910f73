"""Whoever does not finish a request, or takes no answer, keeps nobody out (F41)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from services.chassis import http_protocol
from services.chassis.http_protocol import ImpatientProtocol
from tests.fixtures.eventually import eventually

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ended = asyncio.Event()


async def answer(request: Request) -> PlainTextResponse:
    """Longer than a request may take to arrive: an answer may."""
    await request.body()
    await asyncio.sleep(0.4)
    return PlainTextResponse("answered")


async def endless(_: Request) -> StreamingResponse:
    """A stream without end; says when nobody is asked for more of it."""

    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
                await asyncio.sleep(0)
        finally:
            ended.set()

    return StreamingResponse(chunks())


@pytest_asyncio.fixture(loop_scope="session")
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that waits 0.2 s for a request, and as long for an answer to be taken."""
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS", 0.2)
    monkeypatch.setattr(http_protocol, "TAKING_SECONDS", 0.2)
    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"]), Route("/endless", endless)])
    config = uvicorn.Config(app, port=0, http=ImpatientProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
    ],
    ids=["nothing", "half a header", "half a body"],
)
async def test_an_unfinished_request_is_cut_off(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    assert b"answered" not in await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def test_a_whole_request_is_answered_however_long_the_answer_takes(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(WHOLE)
        await writer.drain()
        assert b"answered" in await asyncio.wait_for(reader.readuntil(b"answered"), 10)
    writer.close()


async def test_whoever_takes_nothing_of_an_answer_is_cut_off(port: int) -> None:
    ended.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    await writer.drain()
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.wait_for(ended.wait(), 30)
    writer.close()
