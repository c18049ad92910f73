"""Pages, streams and conditional requests of the open API."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.requests import Request

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.gateway.open_directory import answers, conditions
from services.gateway.open_directory.problems import Problem

TIME = Timestamp(seconds=1_790_000_000, nanos=5_000_000)


def publication(number: int, *, full: bool = True) -> publication_pb2.Publication:
    found = publication_pb2.Publication(id=f"id-{number}", etag=f"e{number}", modified_time=TIME)
    if full:
        found.json = json.dumps({"id": f"id-{number}", "name": "Café"})
    return found


@pytest.mark.parametrize(
    ("total", "number", "size", "expected"),
    [
        (0, 1, 0, (0, 0, 1, 0, True, True, True)),
        (5, 1, 2, (5, 3, 1, 2, True, False, False)),
        (5, 3, 1, (5, 3, 3, 1, False, True, False)),
        (2, 1, 2, (2, 1, 1, 2, True, True, False)),
    ],
)
def test_the_envelope(total: int, number: int, size: int, expected: tuple[Any, ...]) -> None:
    items = [answers.item(publication(one)) for one in range(size)]
    page = json.loads(answers.page(items, total=total, number=number, per_page=2))
    contents = page.pop("contents")
    assert tuple(page.values()) == expected
    assert [one["id"] for one in contents] == [f"id-{one}" for one in range(size)]


@pytest.mark.parametrize(("total", "number"), [(0, 2), (5, 4)])
def test_a_page_past_the_last_is_not_found(total: int, number: int) -> None:
    with pytest.raises(Problem) as caught:
        answers.page([], total=total, number=number, per_page=2)
    assert caught.value.kind.status == 404


async def _pieces(*sizes: int, full: bool = True) -> AsyncIterator[Sequence[publication_pb2.Publication]]:
    number = 0
    for size in sizes:
        yield [publication(number + one, full=full) for one in range(size)]
        number += size


async def _all(chunks: AsyncIterator[bytes]) -> str:
    return "".join([chunk.decode() async for chunk in chunks])


@pytest.mark.parametrize("sizes", [(), (0,), (0, 2), (2, 0, 3)])
def test_one_page_of_everything_is_json_and_counts(sizes: tuple[int, ...]) -> None:
    page = json.loads(asyncio.run(_all(answers.one_page(_pieces(*sizes, full=False)))))
    assert page["total_items"] == page["size"] == len(page["contents"]) == sum(sizes)
    assert (page["total_pages"], page["last_page"], page["empty"]) == (
        min(sum(sizes), 1),
        True,
        not sum(sizes),
    )
    assert all(one["modified_date"] == "2026-09-21T14:13:20.005Z" for one in page["contents"])


@pytest.mark.parametrize("sizes", [(), (0,), (0, 2), (2, 0, 3)])
def test_an_organization_with_services_is_json(sizes: tuple[int, ...]) -> None:
    whole = json.loads(asyncio.run(_all(answers.with_services('{"id":"org"}', _pieces(*sizes)))))
    assert whole["id"] == "org"
    assert [one["id"] for one in whole["services"]] == [f"id-{number}" for number in range(sum(sizes))]


def test_a_stream_has_an_object_in_every_line() -> None:
    text = asyncio.run(_all(answers.lines(_pieces(2, 0, 1))))
    assert [json.loads(line)["id"] for line in text.splitlines()] == ["id-0", "id-1", "id-2"]
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({}, False),
        ({"if-none-match": '"abc"'}, True),
        ({"if-none-match": 'W/"abc"'}, True),
        ({"if-none-match": '"x", "abc"'}, True),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": "abc"}, False),
        ({"if-none-match": '"abcd"'}, False),
        ({"if-none-match": ""}, False),
        ({"if-modified-since": "Mon, 21 Sep 2026 14:13:20 GMT"}, True),
        ({"if-modified-since": "Mon, 21 Sep 2026 14:13:19 GMT"}, False),
        ({"if-modified-since": "yesterday"}, False),
        ({"if-none-match": '"x"', "if-modified-since": "Mon, 21 Sep 2027 14:13:20 GMT"}, False),
    ],
)
def test_what_a_client_has_already(headers: dict[str, str], known: bool) -> None:
    """RFC 9110 13.2.2: If-Modified-Since counts only where there is no If-None-Match."""
    scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    assert conditions.is_known(Request(scope), "abc", TIME.ToDatetime(dt.UTC)) is known
