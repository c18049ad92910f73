"""A publisher's feed, fetched page by page within bounds: at no moment more than a page of it is held."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from kith.directory.v1.import_run_pb2 import ImportRun
from services.directory.importing import json_text
from services.directory.importing.feed_page import NotAPage, Page, detail_url, page_of, page_url
from services.directory.importing.json_text import Unreadable
from services.directory.importing.run import RunFailed
from services.directory.importing.source import LONGEST_PUBLISHER_ID, Source
from services.directory.outbound import Bounds, Fault, OutboundFailed, SafeClient

MOST_PAGE_BYTES: Final = 16 * 1024 * 1024
_PAGE_BOUNDS: Final = Bounds(seconds=30.0, bytes=MOST_PAGE_BYTES)
_DETAIL_BOUNDS: Final = Bounds(seconds=15.0, bytes=2 * 1024 * 1024)
_PAGE_SECONDS: Final = 300.0
"""For a page with all its services."""
_AT_ONCE: Final = 5
"""Services asked for at the same time: publishers are small."""
_MOST_ITEMS: Final = 20_000
"""Of one page: a publisher without pages sends all it has."""
_OK, _NO_CONTENT, _NOT_FOUND, _GONE, _TOO_MANY, _SERVER_ERROR = 200, 204, 404, 410, 429, 500
_ACCEPT: Final[Mapping[str, str]] = {"accept": "application/json"}
_FAILURES: Final[Mapping[Fault, ImportRun.Failure]] = {
    Fault.ADDRESS_REFUSED: ImportRun.FAILURE_ADDRESS_REFUSED,
    Fault.TOO_MANY_REDIRECTS: ImportRun.FAILURE_ADDRESS_REFUSED,
    Fault.NAME_UNKNOWN: ImportRun.FAILURE_UNREACHABLE,
    Fault.UNREACHABLE: ImportRun.FAILURE_UNREACHABLE,
    Fault.SLOW: ImportRun.FAILURE_SLOW,
    Fault.TOO_LARGE: ImportRun.FAILURE_TOO_LARGE,
    Fault.NOT_HTTP: ImportRun.FAILURE_NOT_A_FEED,
}
# What may be gone a moment later.
_PASSING: Final = frozenset({Fault.UNREACHABLE, Fault.SLOW, Fault.NAME_UNKNOWN})


@dataclass(slots=True)
class Fetched:
    """A page with its services in full. `missing`: those that the list names and that are not to be had, with why."""

    items: list[Any]
    numbered: bool
    last: bool
    texts: list[bytes]
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes it took."""
        return sum(map(len, self.texts))


class Feed:
    """The feed of one source. `pauses` are seconds before each further attempt at what failed for the moment."""

    def __init__(
        self, source: Source, pages: SafeClient, details: SafeClient, pauses: tuple[float, ...]
    ) -> None:
        self._source = source
        self._pages = pages
        self._details = details
        self._pauses = pauses

    async def page(self, number: int, modified_after: str) -> Fetched:
        """Fetch page `number`, from 1, of what changed from `modified_after` on (empty: of all). Raises RunFailed."""
        limit = asyncio.timeout(_PAGE_SECONDS)
        try:
            async with limit:
                return await self._page(number, modified_after)
        except TimeoutError:
            if limit.expired():
                raise RunFailed(ImportRun.FAILURE_SLOW) from None
            raise

    async def _page(self, number: int, modified_after: str) -> Fetched:
        url = page_url(self._source.base_url, number, modified_after)
        try:
            status, text = await self._text(self._pages, url)
        except OutboundFailed as failed:
            raise RunFailed(_FAILURES[failed.fault]) from None
        if status == _NO_CONTENT or (status in {_NOT_FOUND, _GONE} and number > 1):
            # Past the end, as some publishers say it.
            return Fetched([], numbered=True, last=True, texts=[])
        if status != _OK:
            raise RunFailed(ImportRun.FAILURE_PUBLISHER_ERROR)
        page = await asyncio.to_thread(_read, text, number)
        if page.complete:
            return Fetched(page.items, page.numbered, page.last, [text])
        return await self._in_full(page, text)

    async def _in_full(self, page: Page, text: bytes) -> Fetched:
        """Ask for each service on a page that has overviews alone."""
        fetched = Fetched(list(page.items), page.numbered, page.last, [text])
        places = asyncio.Semaphore(_AT_ONCE)

        async def ask(position: int, publisher_id: str) -> None:
            async with places:
                if fetched.size > MOST_PAGE_BYTES:
                    raise RunFailed(ImportRun.FAILURE_TOO_LARGE)
                found = await self._detail(publisher_id)
                if isinstance(found, str):
                    fetched.missing[publisher_id] = found
                    fetched.items[position] = None
                else:
                    fetched.items[position], detail = found
                    fetched.texts.append(detail)

        try:
            async with asyncio.TaskGroup() as group:
                for position, item in enumerate(page.items):
                    if publisher_id := _id(item):
                        group.create_task(ask(position, publisher_id))
        except* RunFailed as failed:
            raise failed.exceptions[0] from None
        fetched.items = [item for item in fetched.items if item is not None]
        if fetched.missing and not fetched.items:
            # Not a service that is missing but a publisher that does not answer.
            raise RunFailed(ImportRun.FAILURE_PUBLISHER_ERROR)
        return fetched

    async def _detail(self, publisher_id: str) -> tuple[Any, bytes] | str:
        """Return a service in full and its text, or why it is not to be had."""
        try:
            status, text = await self._text(self._details, detail_url(self._source.base_url, publisher_id))
            if status != _OK:
                return "detail_refused"
            value = json_text.parse(text)
        except OutboundFailed as failed:
            if failed.fault is Fault.ADDRESS_REFUSED:
                raise RunFailed(ImportRun.FAILURE_ADDRESS_REFUSED) from None
            return f"detail_{failed.fault.value}"
        except Unreadable as unreadable:
            return unreadable.fault.value
        if not isinstance(value, dict) or str(value.get("id")) != publisher_id:
            return "detail_of_another"
        return value, text

    async def _text(self, client: SafeClient, url: str) -> tuple[int, bytes]:
        """Fetch, and again after a pause what failed for the moment. Raises OutboundFailed."""
        for pause in (*self._pauses, None):
            try:
                async with client.open("GET", url, _ACCEPT) as answer:
                    text = await answer.read()
                if pause is None or (answer.status < _SERVER_ERROR and answer.status != _TOO_MANY):
                    return answer.status, text
            except OutboundFailed as failed:
                if pause is None or failed.fault not in _PASSING:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError


@asynccontextmanager
async def feed(source: Source, inside: tuple[str, ...], pauses: tuple[float, ...]) -> AsyncIterator[Feed]:
    """Open the feed of a source. Only its allowed hosts are asked, at public addresses but for those in `inside`."""
    # What an operator allows inside is no right of every source to go there.
    allowed = frozenset(source.allowed_hosts)
    own = tuple(place for place in inside if place in allowed)
    async with (
        SafeClient(_PAGE_BOUNDS, hosts=allowed, inside=own) as pages,
        SafeClient(_DETAIL_BOUNDS, hosts=allowed, inside=own) as details,
    ):
        yield Feed(source, pages, details, pauses)


def _read(text: bytes, number: int) -> Page:
    try:
        page = page_of(json_text.parse(text), number)
    except (Unreadable, NotAPage):
        raise RunFailed(ImportRun.FAILURE_NOT_A_FEED) from None
    if len(page.items) > _MOST_ITEMS:
        raise RunFailed(ImportRun.FAILURE_TOO_LARGE)
    return page


def _id(item: object) -> str:
    value = item.get("id") if isinstance(item, dict) else None
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if 0 < len(text) <= LONGEST_PUBLISHER_ID and json_text.storable(text) else ""
