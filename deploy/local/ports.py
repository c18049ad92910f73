"""The ports of a fleet on one machine (DESIGN section 4).

They are keyed by what listens there: `search` (gRPC; the gateway's HTTP), `search health`, `search metrics`, and for
the second of a pair of twins `search-2`, `search-2 health`; further `issuer`, `issuer-2`, `kafka`, `opensearch` and
`opensearch transport`.
"""

import contextlib
import os
import random
import socket
from collections.abc import Iterator, Mapping

Ports = Mapping[str, int]

_DEFAULTS = {
    "gateway": 8080,
    "child_index": 50051,
    "directory": 50052,
    "consent": 50053,
    "search": 50054,
    "audit": 50055,
    "identity": 50056,
}
_SINGLE = {"kafka": 50092}
_OPENSEARCH = {"opensearch": 50093, "opensearch transport": 50094}
_ISSUER = 8081
_TWIN, _HEALTH, _METRICS = 100, 1000, 2000
_HIGHEST = 65535
# Below the ports of outgoing connections (Linux from 32768, macOS from 49152): one of those would be taken by
# chance, now and then, while the process it was meant for starts or has been killed.
_FOR_TESTS = range(10_000, 32_768)


class BadPort(Exception):
    """A port can't be used; the text says which, why, and which setting moves it."""


def configured(twins: bool, engines: bool) -> Ports:
    """The ports by KITH_<NAME>_PORT or by default; those of OpenSearch only with `engines`. Raises BadPort."""
    single = _SINGLE | (_OPENSEARCH if engines else {})
    ports = {name: _setting(name, default) for name, default in single.items()}
    for service, default in _DEFAULTS.items():
        first = _setting(service, default)
        for name, port in _instances(service, first, twins):
            ports |= {name: port, f"{name} health": port + _HEALTH, f"{name} metrics": port + _METRICS}
    ports |= _instances("issuer", _setting("issuer", _ISSUER), twins)
    return ports


def free(twins: bool) -> Ports:
    """The same names with ports that are free now, for tests."""
    candidates = iter(random.sample(_FOR_TESTS, len(_FOR_TESTS)))
    with contextlib.ExitStack() as stack:
        return {name: _bound(stack, candidates) for name in configured(twins, engines=True)}


def require_free(ports: Ports) -> None:
    """Raise BadPort for the first port on which somebody listens."""
    for name, port in ports.items():
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                moved = name.removesuffix(" health").removesuffix(" metrics").removesuffix("-2")
                variable = _variable(moved)
                raise BadPort(f"Port {port} ({name}): {error.strerror}. Set {variable} to move it.") from None


def _bound(stack: contextlib.ExitStack, candidates: Iterator[int]) -> int:
    """The first of the candidates that is free, held until the stack ends."""
    for port in candidates:
        listener = stack.enter_context(socket.socket())
        with contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise BadPort(f"No port from {_FOR_TESTS.start} to {_FOR_TESTS.stop - 1} is free.")


def _instances(name: str, port: int, twins: bool) -> list[tuple[str, int]]:
    return [(name, port), (f"{name}-2", port + _TWIN)] if twins else [(name, port)]


def _variable(name: str) -> str:
    return f"KITH_{name.upper().replace(' ', '_')}_PORT"


def _setting(name: str, default: int) -> int:
    text = os.environ.get(_variable(name), str(default))
    highest = _HIGHEST - _TWIN - _METRICS
    if not text.isdecimal() or not 0 < int(text) <= highest:
        raise BadPort(f"{_variable(name)} must be a number from 1 to {highest}.")
    return int(text)
