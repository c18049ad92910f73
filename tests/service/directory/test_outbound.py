"""Fetching what others wrote down the address of (issue 7 no. 6: no SSRF, bounded in time and size)."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any

import httpcore2
import pytest
import pytest_asyncio

from services.directory.outbound import Bounds, Fault, OutboundFailed, SafeClient, public
from tests.service.directory.hostile_server import HostileServer, answer, hostile_server

SMALL = Bounds(seconds=0.5, connect_seconds=0.5, bytes=1000, redirects=3)
PUBLIC = "93.184.215.14"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


@contextlib.asynccontextmanager
async def known(server: HostileServer, bounds: Bounds = SMALL) -> AsyncIterator[SafeClient]:
    """A client whose operator has named the server as one inside the own network."""
    async with SafeClient(bounds, inside=[server.place]) as client:
        yield client


async def fetched(client: SafeClient, url: str, **headers: str) -> bytes:
    async with client.open("GET", url, headers) as found:
        return await found.read()


async def fault(client: SafeClient, url: str) -> Fault:
    with pytest.raises(OutboundFailed) as failed:
        await fetched(client, url)
    return failed.value.fault


class Dial(httpcore2.AsyncNetworkBackend):
    """Notes to which addresses a connection is wanted, and leads all of them to the server."""

    def __init__(self, server: HostileServer) -> None:
        self.wanted: list[str] = []
        self._server = server

    async def connect_tcp(
        self,
        host: str,
        port: int,  # noqa: ARG002 - the interface's
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.wanted.append(host)
        return await httpcore2.AnyIOBackend().connect_tcp(
            "127.0.0.1", self._server.port, timeout, local_address, socket_options
        )


async def test_an_answer_is_fetched_with_its_headers(server: HostileServer) -> None:
    server.pages["/feed"] = answer(body=b"[]", etag='"1"')
    async with known(server) as client, client.open("GET", server.url("/feed"), {"X-Key": "k"}) as found:
        assert (found.status, found.headers["etag"], await found.read()) == (200, '"1"', b"[]")
    assert "X-Key: k" in server.asked[0]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http://user:secret@example.org/",
        "http://example.org:22/",
        "http://example.org:6379/",
        "http://[::1/",
        "http://exa mple.org/",
        "https://example.org/" + "a" * 3000,
    ],
)
async def test_only_plain_web_addresses_are_asked(url: str) -> None:
    async with SafeClient(SMALL) as client:
        assert await fault(client, url) == Fault.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
async def test_this_machine_is_not_asked_however_it_is_written(host: str) -> None:
    async with SafeClient(SMALL) as client:
        assert await fault(client, f"http://{host}/") in {Fault.ADDRESS_REFUSED, Fault.NAME_UNKNOWN}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PUBLIC, True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("203.0.113.9", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("2001:0:7f00::1", False),
        ("2001:db8::1", False),
        ("2002:7f00:1::", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert public(address) == expected


async def test_a_name_with_one_private_address_is_refused(server: HostileServer) -> None:
    async def resolve(_: str) -> Collection[str]:
        return [PUBLIC, "10.0.0.1"]

    dial = Dial(server)
    async with SafeClient(SMALL, resolve=resolve, dial=dial) as client:
        assert await fault(client, "http://feed.example/") == Fault.ADDRESS_REFUSED
    assert dial.wanted == []


async def test_a_name_that_answers_differently_the_second_time_gains_nothing(server: HostileServer) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    async def resolve(_: str) -> Collection[str]:
        return next(answers)

    server.pages["/"] = answer(body=b"once")
    dial = Dial(server)
    async with SafeClient(SMALL, resolve=resolve, dial=dial) as client:
        assert await fetched(client, "http://feed.example/") == b"once"
        assert await fault(client, "http://feed.example/") == Fault.ADDRESS_REFUSED
    assert dial.wanted == [PUBLIC]
    assert "Host: feed.example" in server.asked[0]


async def test_only_the_hosts_named_are_asked(server: HostileServer) -> None:
    async def resolve(_: str) -> Collection[str]:
        return [PUBLIC]

    server.pages["/"] = answer(body=b"yes")
    hosts = ["feed.example", "other.example:8080"]
    async with SafeClient(SMALL, hosts=hosts, resolve=resolve, dial=Dial(server)) as client:
        assert await fetched(client, "http://FEED.example/") == b"yes"
        assert await fetched(client, "http://other.example:8080/") == b"yes"
        assert await fault(client, "http://other.example/") == Fault.ADDRESS_REFUSED
        assert await fault(client, "http://sub.feed.example/") == Fault.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "target", ["http://localhost:1/", "http://127.0.0.1/", "file:///etc/passwd", "ftp://x/"]
)
async def test_a_redirect_is_checked_like_an_address(server: HostileServer, target: str) -> None:
    server.pages["/"] = answer(302, location=target)
    async with known(server) as client:
        assert await fault(client, server.url()) == Fault.ADDRESS_REFUSED


async def test_redirects_are_followed_so_many_times(server: HostileServer) -> None:
    server.pages |= {f"/{n}": answer(301, location=f"{n + 1}") for n in range(9)}
    server.pages["/3"] = answer(body=b"there")
    async with known(server) as client:
        async with client.open("GET", server.url("/0")) as found:
            assert (found.url, await found.read()) == (server.url("/3"), b"there")
        assert await fault(client, server.url("/4")) == Fault.TOO_MANY_REDIRECTS


async def test_a_key_is_not_carried_to_where_a_redirect_leads(server: HostileServer) -> None:
    async with hostile_server() as other:
        server.pages["/"] = answer(307, location=other.url("/"))
        other.pages["/"] = answer()
        async with SafeClient(SMALL, inside=[server.place, other.place]) as client:
            await fetched(client, server.url(), Authorization="Bearer k")
        assert "Bearer k" in server.asked[0]
        assert "Bearer k" not in other.asked[0]


async def test_an_endless_body_is_cut(server: HostileServer) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 500)
            await writer.drain()

    server.pages["/"] = endless
    async with known(server) as client:
        assert await fault(client, server.url()) == Fault.TOO_LARGE


async def test_a_body_that_says_it_is_large_is_not_begun(server: HostileServer) -> None:
    server.pages["/"] = answer(content_length="100000000")
    async with known(server) as client:
        assert await fault(client, server.url()) == Fault.TOO_LARGE


async def test_a_compressed_body_is_unfolded_and_bounded_by_what_it_unfolds_to(server: HostileServer) -> None:
    server.pages["/good"] = answer(body=gzip.compress(b"a" * 900), content_encoding="gzip")
    server.pages["/bomb"] = answer(body=gzip.compress(b"\0" * 50_000_000, 9), content_encoding="gzip")
    server.pages["/cut"] = answer(body=gzip.compress(b"a" * 900)[:-9], content_encoding="gzip")
    server.pages["/lie"] = answer(body=b"plain", content_encoding="gzip")
    server.pages["/odd"] = answer(body=b"plain", content_encoding="br")
    async with known(server, Bounds(seconds=5, bytes=60_000)) as client:
        assert await fetched(client, server.url("/good")) == b"a" * 900
        assert await fault(client, server.url("/bomb")) == Fault.TOO_LARGE
        assert await fault(client, server.url("/cut")) == Fault.NOT_HTTP
        assert await fault(client, server.url("/lie")) == Fault.NOT_HTTP
        assert await fault(client, server.url("/odd")) == Fault.NOT_HTTP


async def test_a_server_that_says_nothing_or_a_byte_at_a_time_is_left(server: HostileServer) -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    server.pages |= {"/silent": silent, "/dripping": dripping}
    async with known(server) as client:
        assert await fault(client, server.url("/silent")) == Fault.SLOW
        assert await fault(client, server.url("/dripping")) == Fault.SLOW


async def test_a_resolver_that_does_not_answer_is_left(server: HostileServer) -> None:
    async def resolve(_: str) -> Collection[str]:
        await asyncio.Event().wait()
        return []

    async with SafeClient(SMALL, resolve=resolve, dial=Dial(server)) as client:
        assert await fault(client, "http://feed.example/") == Fault.SLOW


async def test_what_is_no_http_says_so(server: HostileServer) -> None:
    async def hangs_up(_: asyncio.StreamWriter) -> None:
        return

    server.pages |= {"/ssh": b"SSH-2.0-OpenSSH_9.9\r\n", "/gone": hangs_up}
    server.pages["/heads"] = b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n"
    server.pages["/short"] = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort"
    async with known(server) as client:
        for path in ("/ssh", "/gone", "/heads", "/short"):
            assert await fault(client, server.url(path)) == Fault.NOT_HTTP, path


async def test_a_name_without_addresses_and_a_closed_port_are_told_apart(server: HostileServer) -> None:
    async def nowhere(_: str) -> Collection[str]:
        raise OSError

    async with hostile_server() as other:
        closed = other.place
    async with SafeClient(SMALL, resolve=nowhere, dial=Dial(server)) as client:
        assert await fault(client, "http://feed.example/") == Fault.NAME_UNKNOWN
    async with SafeClient(SMALL, inside=[closed]) as client:
        assert await fault(client, f"http://{closed}/") == Fault.UNREACHABLE


async def test_the_callers_own_time_out_stays_what_it_is(server: HostileServer) -> None:
    server.pages["/"] = answer()
    async with known(server) as client:
        with pytest.raises(TimeoutError):
            async with client.open("GET", server.url()):
                raise TimeoutError
