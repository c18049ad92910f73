"""Fetches from addresses that others wrote down: links in entries, feeds of publishers (no SSRF: issue 7, no. 6).

    async with SafeClient(Bounds(seconds=10)) as client, client.open("GET", url) as answer:
        async for chunk in answer.chunks():
            ...

Only http and https, only public addresses. The name is resolved once for a connection, every address it has is
checked, and the connection goes to an address that was checked: a name that answers differently the second time
(DNS rebinding) gains nothing. Each redirect begins at the first check again. No proxy, cookie or password of ours is
ever sent along. Time and size are bounded, what a compressed answer unfolds to as well.
"""

import asyncio
import contextlib
import re
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal, Self

import httpcore2
import httpx2

Resolve = Callable[[str], Awaitable[Collection[str]]]
"""Returns the addresses of a host name; raises OSError when it has none."""

USER_AGENT: Final = "Kith-Directory/1"
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LONGEST_URL: Final = 2000
_HOST: Final = re.compile(r"[a-z0-9._:-]{1,253}")
_ADDRESSES_TRIED: Final = 3
_UNFOLDED_AT_ONCE: Final = 64 * 1024
# What `is_global` of the standard library lets through and is no single machine on the internet.
_NOT_PUBLIC: Final = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4")))
# The one block of IPv6 given out so far; within it what carries an IPv4 address inside, is for documents or tests.
_GIVEN_OUT: Final = IPv6Network("2000::/3")
_NOT_GIVEN: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


class Fault(StrEnum):
    """Why nothing, or not all, was fetched."""

    ADDRESS_REFUSED = "address_refused"
    """Not http(s), a password in it, a port or host not allowed, or not a public address."""
    NAME_UNKNOWN = "name_unknown"
    UNREACHABLE = "unreachable"
    """Refused or broken connection, or a certificate that does not hold."""
    SLOW = "slow"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    NOT_HTTP = "not_http"
    """What came is not an HTTP answer that can be read."""


class OutboundFailed(Exception):
    """Nothing, or not all, could be fetched. Carries the fault alone: no address, no text of the other side."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one fetch may take, redirects and reading included."""

    seconds: float = 20.0
    connect_seconds: float = 5.0
    bytes: int = 1_000_000
    """Of the body, unfolded."""
    redirects: int = 4


class Answer:
    """An answer whose body has not been read yet.

    `url` is where it came from after redirects; header names are lower case.
    """

    def __init__(self, url: str, response: httpcore2.Response, most: int) -> None:
        self.url = url
        self.status: int = response.status
        self.headers: Mapping[str, str] = _headers(response.headers)
        self._response = response
        self._most = most

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the body, unfolded, in pieces of some 64 KiB. Raises OutboundFailed."""
        length = self.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most:
            raise OutboundFailed(Fault.TOO_LARGE)
        pieces = _raw(self._response)
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            pieces = _unfolded(pieces)
        elif encoding not in {"identity", ""}:
            raise OutboundFailed(Fault.NOT_HTTP)
        read = 0
        async for piece in pieces:
            read += len(piece)
            if read > self._most:
                raise OutboundFailed(Fault.TOO_LARGE)
            yield piece

    async def read(self) -> bytes:
        """Return the whole body. Raises OutboundFailed."""
        return b"".join([chunk async for chunk in self.chunks()])


async def system_resolve(host: str) -> Collection[str]:
    """Return the addresses that the machine's resolver gives."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class SafeClient:
    """Fetches as the module says. Use as `async with`."""

    def __init__(
        self,
        bounds: Bounds | None = None,
        *,
        hosts: Collection[str] | None = None,
        inside: Collection[str] = (),
        resolve: Resolve = system_resolve,
        dial: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        """`hosts`: the only ones allowed, `name` or `name:port`; None for any.

        `inside` are `name:port` that may have a private address: an operator's own publishers, never taken from data.
        `resolve` and `dial` stand for the network in tests.
        """
        self._bounds = bounds or Bounds()
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._inside = frozenset(host.lower() for host in inside)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=5.0,
            network_backend=_CheckedNetwork(resolve, dial or httpcore2.AnyIOBackend(), self._inside),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    @contextlib.asynccontextmanager
    async def open(
        self, method: Literal["GET", "HEAD"], url: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Answer]:
        """Fetch `url`, following redirects; the body is read inside the block, within the same bounds.

        `headers` go to the host of `url` alone, not where it redirects to. Raises OutboundFailed.
        """
        limit = asyncio.timeout(self._bounds.seconds)
        try:
            async with limit, contextlib.AsyncExitStack() as stack:
                yield await self._follow(stack, method, self._checked(url), dict(headers or {}))
        except TimeoutError:
            # The caller's own time-outs stay what they are.
            if limit.expired():
                raise OutboundFailed(Fault.SLOW) from None
            raise

    async def _follow(
        self,
        stack: contextlib.AsyncExitStack,
        method: str,
        url: httpx2.URL,
        headers: dict[str, str],
    ) -> Answer:
        for _ in range(self._bounds.redirects + 1):
            async with contextlib.AsyncExitStack() as attempt:
                with _faults():
                    response = await attempt.enter_async_context(self._sent(method, url, headers))
                target = _headers(response.headers).get("location")
                if response.status not in _REDIRECTS or target is None:
                    stack.push_async_exit(attempt.pop_all())
                    return Answer(str(url), response, self._bounds.bytes)
            following = self._checked(target, url)
            if (following.scheme, following.raw_host, following.port) != (url.scheme, url.raw_host, url.port):
                headers = {}
            url = following
        raise OutboundFailed(Fault.TOO_MANY_REDIRECTS)

    def _sent(
        self, method: str, url: httpx2.URL, headers: Mapping[str, str]
    ) -> contextlib.AbstractAsyncContextManager[httpcore2.Response]:
        bounds = self._bounds
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers}
        return self._pool.stream(
            method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(name.encode(), value.encode()) for name, value in sent.items()],
            extensions={
                "timeout": {
                    "connect": bounds.connect_seconds,
                    "read": bounds.seconds,
                    "write": bounds.seconds,
                    "pool": bounds.seconds,
                }
            },
        )

    def _checked(self, text: str, base: httpx2.URL | None = None) -> httpx2.URL:
        """Return the address if its form and host are allowed; which machine it leads to is checked at connection."""
        try:
            if len(text) > _LONGEST_URL:
                raise OutboundFailed(Fault.ADDRESS_REFUSED)
            url = httpx2.URL(text) if base is None else base.join(text)
            host = url.raw_host.decode("ascii")
        except (httpx2.InvalidURL, ValueError):
            raise OutboundFailed(Fault.ADDRESS_REFUSED) from None
        usual = _PORTS.get(url.scheme)
        if usual is None or not _HOST.fullmatch(host) or url.userinfo:
            raise OutboundFailed(Fault.ADDRESS_REFUSED)
        place = f"{host}:{url.port or usual}"
        named = self._inside if self._hosts is None else self._hosts | self._inside
        anywhere = self._hosts is None or host in self._hosts
        if place not in named and not (anywhere and url.port in {None, *_PORTS.values()}):
            raise OutboundFailed(Fault.ADDRESS_REFUSED)
        return url


class _CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was checked, never to a name."""

    def __init__(self, resolve: Resolve, dial: httpcore2.AsyncNetworkBackend, inside: frozenset[str]) -> None:
        self._resolve = resolve
        self._dial = dial
        self._inside = inside

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, check and connect, all within `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(host, port)
                for address in addresses[:_ADDRESSES_TRIED]:
                    with contextlib.suppress(httpcore2.ConnectError):
                        return await self._dial.connect_tcp(
                            address, port, timeout, local_address, socket_options
                        )
        except TimeoutError:
            raise OutboundFailed(Fault.SLOW) from None
        raise OutboundFailed(Fault.UNREACHABLE)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = list(await self._resolve(host))
        except TimeoutError:
            raise
        except (OSError, UnicodeError):
            raise OutboundFailed(Fault.NAME_UNKNOWN) from None
        if not addresses:
            raise OutboundFailed(Fault.NAME_UNKNOWN)
        # One private address among public ones is enough to refuse: nobody honest has that.
        if f"{host}:{port}" not in self._inside and not all(map(public, addresses)):
            raise OutboundFailed(Fault.ADDRESS_REFUSED)
        return addresses


def public(address: str) -> bool:
    """Whether this is the address of a machine on the internet. Pure."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return public(str(found.ipv4_mapped))
        return found in _GIVEN_OUT and not any(found in network for network in _NOT_GIVEN)
    return found.is_global and not any(found in network for network in _NOT_PUBLIC)


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except httpcore2.TimeoutException:
        raise OutboundFailed(Fault.SLOW) from None
    except httpcore2.NetworkError:
        raise OutboundFailed(Fault.UNREACHABLE) from None
    except httpcore2.ProtocolError:
        raise OutboundFailed(Fault.NOT_HTTP) from None


async def _raw(response: httpcore2.Response) -> AsyncIterator[bytes]:
    with _faults():
        async for piece in response.aiter_stream():
            yield piece


async def _unfolded(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Unfold gzip a little at a time: a small answer may hold a gigabyte of noughts."""
    unfolding = zlib.decompressobj(wbits=31)
    try:
        async for piece in pieces:
            rest = piece
            while rest:
                if unfolding.eof:
                    unfolding = zlib.decompressobj(wbits=31)
                yield unfolding.decompress(rest, _UNFOLDED_AT_ONCE)
                rest = unfolding.unconsumed_tail or unfolding.unused_data
    except zlib.error:
        raise OutboundFailed(Fault.NOT_HTTP) from None
    if not unfolding.eof:
        raise OutboundFailed(Fault.NOT_HTTP)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
