"""Somebody who uses the pages without a browser, and keeps every address that a browser would have seen."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape

import httpx2

from tests.fixtures.partnership import PURPOSE, Person

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_RECORD = re.compile(r'href="(/child/[^"]+)"')


class Visitor:
    """Keeps cookies, follows redirects, sends forms."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.addresses: list[str] = []

    async def seen(self, response: httpx2.Response) -> None:
        """Note the address of a page, and where it led."""
        self.addresses += [str(response.request.url), response.headers.get("location", "")]

    async def get(self, path: str) -> str:
        """Open a page; its source."""
        return (await self._http.get(path)).text

    async def send(self, page: str, path: str, fields: dict[str, str]) -> str:
        """Send the form on a page; the source of what comes."""
        return (await self._http.post(path, data=hidden(page) | fields)).text

    async def log_in(self, username: str, password: str) -> str:
        """Send the issuer's login form; the source of what comes."""
        page = await self._http.get("/login")
        address = str(page.url)
        sent = await self._http.post(
            address, data=hidden(page.text) | {"username": username, "password": password}
        )
        return sent.text

    async def find(self, **typed: str) -> str:
        """Send the search; the source of the matches, or of the form with what is wrong."""
        fields = dict.fromkeys(("given_name", "family_name", "day", "month", "year", "postcode"), "")
        return await self.send(await self.get("/find"), "/find", fields | {"purpose": PURPOSE} | typed)


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}


def record_links(page: str) -> list[str]:
    """The paths of the records that a page of matches leads to."""
    return [unescape(path) for path in _RECORD.findall(page)]


@asynccontextmanager
async def visiting(address: str, person: Person) -> AsyncIterator[Visitor]:
    """Somebody who has signed in at the gateway."""
    async with httpx2.AsyncClient(
        base_url=address, follow_redirects=True, trust_env=False, timeout=20
    ) as http:
        visitor = Visitor(http)
        http.event_hooks["response"] = [visitor.seen]
        page = await visitor.log_in(person.username, person.password)
        assert "Find a child" in page
        yield visitor
