"""Which web pages an entry names, and what it means that one was not found (issue 7, no. 4). Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from services.directory.outbound import Fault
from services.directory.quality import contact_details

_PAGES: Final = frozenset({"url", "website", "schedule_link", "referral_form_uri", "uri"})
# Their `uri` is the name of something, not a page.
_NAMED: Final = frozenset({"service_areas", "organization", "attributes", "metadata", "taxonomy_term"})
_MOST: Final = 30
BROKEN_AFTER: Final = 3
"""Looked for in vain so many times, on different days, before anybody is told."""
_FOUND_AGAIN: Final = timedelta(days=14)
_LOOKED_AGAIN: Final = timedelta(days=2)
_GONE: Final = frozenset({404, 410})
_SERVER_ERROR: Final = 500
# Faults of the page's own, as opposed to ours of reaching it.
_BROKEN: Final = frozenset(
    {Fault.NAME_UNKNOWN, Fault.UNREACHABLE, Fault.SLOW, Fault.TOO_MANY_REDIRECTS, Fault.NOT_HTTP}
)


@dataclass(frozen=True, slots=True)
class Link:
    """A page as it was last looked for."""

    url: str
    failures: int

    @property
    def broken(self) -> bool:
        """Whether its entries' owners are told."""
        return self.failures >= BROKEN_AFTER


def of(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (JSON pointer, address) of the pages a document names that could be looked for, at most 30."""
    found = [(pointer, url) for pointer, url in _pages(document, "") if contact_details.url(url)]
    return found[:_MOST]


def digest(url: str) -> bytes:
    """Return what a page is known by."""
    return hashlib.blake2b(url.encode(), digest_size=16).digest()


def host(url: str) -> str:
    """Return the host that is asked for a page."""
    return urlsplit(url).hostname or ""


def failed(answer: int | Fault) -> bool:
    """Whether a page was not found: by the status of the answer, or why there was none.

    Refused (401, 403, 429) is not gone: many sites turn away who is no browser.
    """
    if isinstance(answer, Fault):
        return answer in _BROKEN
    return answer in _GONE or answer >= _SERVER_ERROR


def next_look(answer: int | Fault, now: datetime) -> datetime:
    """Return when to look again."""
    return now + (_LOOKED_AGAIN if failed(answer) else _FOUND_AGAIN)


def _pages(part: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    for name, value in part.items():
        at = f"{pointer}/{name}"
        if isinstance(value, str):
            if name in _PAGES and (name != "uri" or pointer.startswith("/required_documents")):
                yield at, value.strip()
        elif name in _NAMED:
            continue
        elif isinstance(value, Mapping):
            yield from _pages(value, at)
        elif isinstance(value, Sequence):
            for number, inner in enumerate(value):
                if isinstance(inner, Mapping):
                    yield from _pages(inner, f"{at}/{number}")
