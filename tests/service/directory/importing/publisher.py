"""Another publisher's API on the loopback address: real HTTP, with what it has, well or badly behaved."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.service.directory.loopback import serving

Behaviour = Callable[[str, asyncio.StreamWriter], Awaitable[bool]]
"""Answers a path by itself; returns False to leave it to the publisher."""
_OVERVIEW = ("id", "name", "description", "status", "url", "email", "last_modified", "organization")


@dataclass
class Publisher:
    """Serves `services` (HSDS, nested) page by page; in full at once, or overviews with each in full apart."""

    services: list[dict[str, Any]] = field(default_factory=list)
    per_page: int = 3
    full_list: bool = True
    behaviour: Behaviour | None = None
    asked: list[str] = field(default_factory=list)
    port: int = 0
    content_type: str = "application/json"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.place}/api"

    def reset(self) -> None:
        """Become a publisher that has nothing and behaves."""
        clean = Publisher(port=self.port)
        vars(self).update(vars(clean))

    def answer(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if parts.path == "/api/services":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return 200, json.dumps(self._page(query)).encode()
        found = [one for one in self.services if parts.path == f"/api/services/{one.get('id')}"]
        return (200, json.dumps(found[0]).encode()) if found else (404, b"{}")

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        number, after = int(query["page"]), query.get("modified_after", "")
        chosen = [one for one in self.services if one.get("last_modified", "9") >= after]
        pages = max(1, -(-len(chosen) // self.per_page))
        items = chosen[(number - 1) * self.per_page : number * self.per_page]
        if not self.full_list:
            items = [{name: one[name] for name in _OVERVIEW if name in one} for one in items]
        return {
            "total_items": len(chosen),
            "total_pages": pages,
            "page_number": number,
            "size": len(items),
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": not items,
            "contents": items,
        }

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path = head.split(" ", 2)[1]
                self.asked.append(path)
                if self.behaviour is not None and await self.behaviour(path, writer):
                    continue
                send(writer, *self.answer(path), content_type=self.content_type)
                await writer.drain()
        writer.close()


def send(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    *,
    content_type: str = "application/json",
    **headers: str,
) -> None:
    """Write an answer; `content_encoding="gzip"` becomes the header `content-encoding`."""
    sent = {"content-length": str(len(body)), "content-type": content_type}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in sent.items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


@contextlib.asynccontextmanager
async def running_publisher() -> AsyncIterator[Publisher]:
    """Start one on a free port."""
    publisher = Publisher()
    async with serving(publisher._connected) as publisher.port:
        yield publisher


def a_service(number: int, **changed: Any) -> dict[str, Any]:
    """A service in full, as a publisher of Open Referral UK sends it, with its organisation and a location."""
    return {
        "id": f"service-{number}",
        "name": f"Toddler group {number}",
        "description": "Songs and play for under fives.",
        "status": "active",
        "url": "https://example.org/groups",
        "email": "groups@example.org",
        "minimum_age": 0,
        "maximum_age": 5,
        "assured_date": "2026-01-05",
        "last_modified": "2026-01-05T10:00:00Z",
        "organization": {"id": "org-1", "name": "Riverside Playgroups", "description": "A charity."},
        "phones": [{"id": "p", "number": "020 7946 0018"}],
        "schedules": [
            {"id": "s", "freq": "WEEKLY", "byday": "MO,WE", "opens_at": "09:30", "closes_at": "11:30"}
        ],
        "service_at_locations": [
            {
                "id": f"sal-{number}",
                "location": {
                    "id": f"location-{number}",
                    "location_type": "physical",
                    "name": "Church hall",
                    "latitude": 51.5,
                    "longitude": -0.12,
                    "addresses": [
                        {
                            "id": "a",
                            "address_1": "12 Acacia Road",
                            "city": "Rivertown",
                            "postal_code": "AB1 2CD",
                            "country": "GB",
                            "address_type": "physical",
                        }
                    ],
                },
            }
        ],
        "attributes": [
            {
                "id": "at",
                "taxonomy_term": {"id": "t-1", "name": "Play", "taxonomy": "Riverside categories"},
            }
        ],
    } | changed
