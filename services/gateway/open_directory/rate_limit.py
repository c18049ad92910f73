"""How often one client may ask: a bucket of tokens each, in memory that is bounded.

The generic cell rate algorithm: of each client only the time at which its bucket is full again. No library, since those
that are well kept either need a store of their own or keep an entry for every address ever seen.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_MOST_CLIENTS: Final = 50_000
"""About 8 MB; beyond it the client not seen for longest is forgotten, and has a full bucket when it comes back."""
_IPV6_NETWORK: Final = 64
"""One household or machine has so many bits for itself: it counts as one client."""
_MINUTE: Final = 60.0
_BURST_SECONDS: Final = 10


class RateLimit:
    """Admits `per_minute` requests of each client in the long run, and as many at once as in ten seconds."""

    def __init__(
        self,
        per_minute: int,
        *,
        most_clients: int = _MOST_CLIENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds_each = _MINUTE / per_minute
        self._tolerance = self._seconds_each * (max(1, per_minute * _BURST_SECONDS // 60) - 1)
        self._most_clients = most_clients
        self._clock = clock
        self._full_again: OrderedDict[str, float] = OrderedDict()

    def wait(self, address: str) -> float:
        """Count a request of a client; return 0, or the seconds until it may ask again: then it is not counted."""
        client, now = client_of(address), self._clock()
        full_again = max(self._full_again.get(client, now), now)
        wait = full_again - now - self._tolerance
        if wait > 0:
            return wait
        self._full_again[client] = full_again + self._seconds_each
        self._full_again.move_to_end(client)
        self._forget(now)
        return 0.0

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._full_again)

    def _forget(self, now: float) -> None:
        """Forget clients whose bucket is full, and those beyond the bound; the one seen least lately first."""
        while len(self._full_again) > self._most_clients or next(iter(self._full_again.values())) <= now:
            self._full_again.popitem(last=False)


def client_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, an IPv6 network; whatever is no address is one client."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
    return str(found)
