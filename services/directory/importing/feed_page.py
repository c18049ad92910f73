"""A page of a publisher's list of services: what is on it, and whether another follows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

PER_PAGE: Final = 100
MOST_PAGES: Final = 10_000
_ITEMS: Final = ("contents", "content", "items", "data", "results")
"""Where publishers put the list; `contents` is the standard's."""
_NESTED: Final = (
    "service_at_locations", "schedules", "contacts", "phones", "languages", "cost_options", "service_areas",
    "attributes", "eligibilitys", "funding", "required_documents",
)  # fmt: skip
"""What only a service in full has."""


@dataclass(frozen=True, slots=True)
class Page:
    """The items of a page, as sent.

    `complete`: they are services in full, so that none needs to be asked for. `numbered`: it says how many pages there
    are, or whether it is the last.
    """

    items: list[Any]
    complete: bool
    numbered: bool
    last: bool


class NotAPage(Exception):
    """The answer is neither a page nor a list."""


def page_of(value: object, number: int) -> Page:
    """Return the page that a parsed answer to page `number` (from 1) is. Raises NotAPage."""
    if isinstance(value, list):
        # A publisher without pages: all it has.
        return Page(value, _complete(value), numbered=False, last=True)
    if not isinstance(value, dict):
        raise NotAPage
    items = next((found for name in _ITEMS if isinstance(found := value.get(name), list)), None)
    if items is None:
        raise NotAPage
    numbered = isinstance(value.get("last_page"), bool) or isinstance(value.get("total_pages"), int)
    return Page(items, _complete(items), numbered, last=not items or _is_last(value, number))


def page_url(base_url: str, number: int, modified_after: str) -> str:
    """Return the address of page `number`; of what changed from `modified_after` (RFC 3339) on unless that is empty."""
    query = {"page": str(number), "per_page": str(PER_PAGE), "full": "true"}
    if modified_after:
        query["modified_after"] = modified_after
    return f"{base_url.rstrip('/')}/services?{urlencode(query)}"


def detail_url(base_url: str, publisher_id: str) -> str:
    """Return the address of one service in full."""
    return f"{base_url.rstrip('/')}/services/{quote(publisher_id, safe='')}"


def _complete(items: list[Any]) -> bool:
    return any(isinstance(item, dict) and any(name in item for name in _NESTED) for item in items)


def _is_last(page: Mapping[str, Any], number: int) -> bool:
    if isinstance(page.get("last_page"), bool):
        return bool(page["last_page"])
    total = page.get("total_pages")
    # Without either: until a page is empty or says nothing new.
    return isinstance(total, int) and number >= total
