"""Puts answers together from JSON that the directory has rendered: it is passed on as it is, never read."""

import datetime as dt
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.gateway.open_directory.problems import NOT_FOUND, Problem

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
_Pieces = AsyncIterator[Sequence[publication_pb2.Publication]]


def modified(publication: publication_pb2.Publication) -> dt.datetime:
    """Return the time a publication last changed."""
    return publication.modified_time.ToDatetime(dt.UTC)


def item(publication: publication_pb2.Publication) -> str:
    """Return a publication as an item of a list; in the minimal view, which has no JSON, its id and time."""
    if publication.json:
        return publication.json
    when = publication.modified_time.ToJsonString()
    return json.dumps({"id": publication.id, "modified_date": when}, separators=(",", ":"))


def page(items: Sequence[str], *, total: int, number: int, per_page: int) -> bytes:
    """Return a page in the envelope of the profile. Raises Problem beyond the last page."""
    pages = -(-total // per_page)
    if number > max(pages, 1):
        raise Problem(NOT_FOUND, f"There is no such page: the last one is {max(pages, 1)}.")
    return "".join(_enveloped(items, _envelope(total, pages, number, len(items)))).encode()


async def lines(pieces: _Pieces) -> AsyncIterator[bytes]:
    """Return all items, one JSON object in a line."""
    async for piece in pieces:
        yield "".join(f"{item(one)}\n" for one in piece).encode()


async def one_page(pieces: _Pieces) -> AsyncIterator[bytes]:
    """Return all items as one page. Its members follow the items, since they are known only then."""
    total = 0
    # Goes out with the first items, so that an error before them is still told as one.
    before = '{"contents":['
    async for piece in pieces:
        if piece:
            yield f"{before}{','.join(map(item, piece))}".encode()
            before = ","
        total += len(piece)
    yield f"{'' if total else before}],{_envelope(total, min(total, 1), 1, total)[1:]}".encode()


async def with_services(organization: str, pieces: _Pieces) -> AsyncIterator[bytes]:
    """Return an organization with its services."""
    before = opening = f'{organization[:-1]},"services":['
    async for piece in pieces:
        if piece:
            yield f"{before}{','.join(map(item, piece))}".encode()
            before = ","
    yield f"{opening if before == opening else ''}]}}".encode()


def _envelope(total: int, pages: int, number: int, size: int) -> str:
    return json.dumps(
        {
            "total_items": total,
            "total_pages": pages,
            "page_number": number,
            "size": size,
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": size == 0,
        },
        separators=(",", ":"),
    )


def _enveloped(items: Iterable[str], envelope: str) -> Iterable[str]:
    return envelope[:-1], ',"contents":[', ",".join(items), "]}"
