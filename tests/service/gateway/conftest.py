"""Somebody who uses the pages without a browser: follows links and sends forms, and reads what comes."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2
import pytest
import pytest_asyncio

from tests.service.gateway.fixtures import Surroundings, gateway, running_gateway

__all__ = ["gateway", "running_gateway"]

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class _Reader(HTMLParser):
    """Collects links, hidden fields, field values, the title and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.checked: dict[str, str] = {}
        self.choices: dict[str, str] = {}
        self.title = ""
        self.words: list[str] = []
        self._href = ""
        self._open: list[str] = []
        self._radio = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._open.append(tag)
        if tag == "a":
            self._href = found.get("href", "")
        if tag == "input":
            name, value = found.get("name", ""), found.get("value", "")
            if found.get("type") == "hidden":
                self.hidden[name] = value
            elif found.get("type") == "radio":
                self._radio = value
                if "checked" in found:
                    self.checked[name] = value
            else:
                self.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = ""

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text:
            return
        if self._open and self._open[-1] == "title":
            self.title += text
        if self._href:
            self.links[text] = self._href
        if self._open and self._open[-1] == "label" and self._radio:
            self.choices[text] = self._radio
        self.words.append(text)


@dataclass
class Page:
    """An answer of the gateway, read."""

    response: httpx2.Response
    reader: _Reader = field(default_factory=_Reader)

    def __post_init__(self) -> None:
        self.reader.feed(self.response.text)

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def title(self) -> str:
        return self.reader.title

    @property
    def text(self) -> str:
        return html.unescape(" ".join(self.reader.words))

    @property
    def source(self) -> str:
        return self.response.text


class Visitor:
    """Keeps cookies and follows redirects, as a browser does."""

    def __init__(self, address: str) -> None:
        self.client = httpx2.AsyncClient(base_url=address, follow_redirects=True, trust_env=False)

    async def get(self, path: str) -> Page:
        return Page(await self.client.get(path))

    async def post(self, path: str, fields: dict[str, str]) -> Page:
        """Send a form with the token of a page of the session."""
        token = (await self.get("/")).reader.hidden["csrf"]
        return Page(await self.client.post(path, data={"csrf": token, **fields}))

    async def sign_in(self) -> Page:
        return await self.get("/login")

    async def search(self, **changed: str) -> Page:
        typed = {
            "given_name": "Aminah",
            "family_name": "Begum",
            "day": "3",
            "month": "march",
            "year": "2015",
            "postcode": "ZZ9 4AB",
            "purpose": "provide-service",
        }
        return await self.post("/find", typed | changed)

    async def open_child(self, results: Page | None = None) -> Page:
        page = results or await self.search()
        return await self.get(page.reader.links["View Amina Khan, born 3 March 2015 (1 of 2)"])


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(gateway: Surroundings) -> AsyncIterator[Visitor]:
    """Somebody who has not signed in."""
    visitor = Visitor(gateway.address)
    yield visitor
    await visitor.client.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(gateway: Surroundings) -> AsyncIterator[Visitor]:
    """Somebody who has signed in."""
    somebody = Visitor(gateway.address)
    await somebody.sign_in()
    yield somebody
    await somebody.client.aclose()


@pytest.fixture
def uuid_pattern() -> re.Pattern[str]:
    """What an id looks like."""
    return UUID
