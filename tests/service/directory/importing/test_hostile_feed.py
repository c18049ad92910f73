"""Feeds that are broken, huge or hostile: the run says why, nothing is lost, the directory goes on (issue 7 no. 7)."""

import asyncio
import gzip
import json
from typing import Any

import pytest
import pytest_asyncio

from kith.directory.v1.import_run_pb2 import ImportRecord, ImportRun, ImportSource
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.issuer import Issuer
from tests.service.directory.importing.conftest import Desk
from tests.service.directory.importing.publisher import Behaviour, Publisher, a_service, send


def body(content: bytes, status: int = 200, **headers: str) -> Behaviour:
    """Answer everything with this."""

    async def behave(_path: str, writer: asyncio.StreamWriter) -> bool:
        send(writer, status, content, **headers)
        await writer.drain()
        return True

    return behave


def page(items: list[Any], **envelope: Any) -> bytes:
    return json.dumps({"total_pages": 1, "contents": items} | envelope).encode()


async def hang_up(_path: str, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
    await writer.drain()
    writer.close()
    return True


async def no_http(_path: str, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()
    writer.close()
    return True


async def without_end(path: str, writer: asyncio.StreamWriter) -> bool:
    """Every page says that another follows, and is one of two."""
    number = int(path.split("page=")[1].split("&", maxsplit=1)[0])
    send(writer, 200, page([a_service(number % 2)], total_pages=10**9, last_page=False))
    await writer.drain()
    return True


BOMB = gzip.compress(b" " * 40_000_000)

FAILURES: dict[str, tuple[Behaviour, ImportRun.Failure]] = {
    "a page for people": (body(b"<html>Welcome", content_type="text/html"), ImportRun.FAILURE_NOT_A_FEED),
    "nothing at all": (body(b""), ImportRun.FAILURE_NOT_A_FEED),
    "JSON that is no page": (body(b'{"error": "no"}'), ImportRun.FAILURE_NOT_A_FEED),
    "a number": (body(b"7"), ImportRun.FAILURE_NOT_A_FEED),
    "half a page": (body(page([a_service(1)])[:-20]), ImportRun.FAILURE_NOT_A_FEED),
    "a million levels": (body(b"[" * 1_000_000), ImportRun.FAILURE_NOT_A_FEED),
    "a number of a million digits": (
        body(b'{"contents": [' + b"9" * 1_000_000 + b"]}"),
        ImportRun.FAILURE_NOT_A_FEED,
    ),
    "an error": (body(b"{}", 500), ImportRun.FAILURE_PUBLISHER_ERROR),
    "a refusal": (body(b"{}", 403), ImportRun.FAILURE_PUBLISHER_ERROR),
    "a bomb": (body(BOMB, content_encoding="gzip"), ImportRun.FAILURE_TOO_LARGE),
    "a page of 40 MB": (body(b" " * 40_000_000), ImportRun.FAILURE_TOO_LARGE),
    "a page of very many": (body(page([1] * 20_001)), ImportRun.FAILURE_TOO_LARGE),
    "an encoding nobody knows": (body(b"{}", content_encoding="zz"), ImportRun.FAILURE_NOT_A_FEED),
    "gzip that is none": (body(b"{}", content_encoding="gzip"), ImportRun.FAILURE_NOT_A_FEED),
    "half an answer": (hang_up, ImportRun.FAILURE_NOT_A_FEED),
    "another protocol": (no_http, ImportRun.FAILURE_NOT_A_FEED),
    "pages without end": (without_end, ImportRun.FAILURE_ENDLESS),
    "one page again and again": (body(page([a_service(1)], total_pages=5)), ImportRun.FAILURE_ENDLESS),
    "a way to the machine's neighbours": (
        body(b"", 302, location="http://169.254.169.254/latest/meta-data/"),
        ImportRun.FAILURE_ADDRESS_REFUSED,
    ),
    "a way to another host": (
        body(b"", 302, location="https://example.org/"),
        ImportRun.FAILURE_ADDRESS_REFUSED,
    ),
    "a way to a file": (body(b"", 302, location="file:///etc/passwd"), ImportRun.FAILURE_ADDRESS_REFUSED),
    "a way to itself": (body(b"", 302, location="/api/services"), ImportRun.FAILURE_ADDRESS_REFUSED),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def taken_in(importing: ServiceProcess, issuer: Issuer, publishers: Publisher) -> ImportSource:
    """A source with three services that are public."""
    publishers.reset()
    publishers.services = [a_service(number) for number in range(3)]
    desk = Desk(importing.channel, importing.database, issuer)
    source = await desk.source(publishers.base_url)
    await desk.take_in(source)
    return source


@pytest.mark.parametrize("name", FAILURES)
async def test_a_run_fails_and_says_why(
    desk: Desk, taken_in: ImportSource, publisher: Publisher, name: str
) -> None:
    publisher.behaviour, failure = FAILURES[name]
    run = await desk.fetch(taken_in)
    assert run.state == ImportRun.STATE_FAILED
    assert ImportRun.Failure.Name(run.failure) == ImportRun.Failure.Name(failure)
    # What was there is as it was.
    assert len(await desk.public(taken_in)) == 3


async def test_after_a_failure_the_next_run_begins_anew(
    desk: Desk, taken_in: ImportSource, publisher: Publisher
) -> None:
    publisher.behaviour = body(b"", 500)
    await desk.fetch(taken_in)
    publisher.behaviour = None
    publisher.services = [a_service(number) for number in range(3)]
    assert (await desk.fetch(taken_in)).counts.unchanged == 7


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"])
async def test_private_addresses_are_not_asked(desk: Desk, host: str) -> None:
    asked: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        run = await desk.fetch(await desk.source(f"http://{host}:{port}/api"))
    assert run.failure == ImportRun.FAILURE_ADDRESS_REFUSED
    assert asked == []


async def test_a_publisher_that_is_not_there_is_told_of(desk: Desk) -> None:
    run = await desk.fetch(await desk.source("https://no-such-host.invalid/api"))
    assert run.failure == ImportRun.FAILURE_UNREACHABLE


GOOD: dict[str, Behaviour] = {
    "says it is a page for people": body(page([a_service(1)]), content_type="text/html"),
    "begins with a BOM": body(b"\xef\xbb\xbf" + page([a_service(1)])),
    "is in Windows-1252": body(
        json.dumps([a_service(1, description="Café “Zoë”")], ensure_ascii=False).encode("cp1252")
    ),
    "is in UTF-16": body(json.dumps([a_service(1)]).encode("utf-16")),
    "is a list without pages": body(json.dumps([a_service(1)]).encode()),
    "ignores what page is asked for": body(page([a_service(1)], total_pages=None)),
    "has no pages in its envelope": body(json.dumps({"contents": [a_service(1)]}).encode()),
    "calls its list items": body(json.dumps({"items": [a_service(1)], "total_pages": 1}).encode()),
}


@pytest.mark.parametrize("name", GOOD)
async def test_a_feed_that_is_merely_odd_is_taken(desk: Desk, publisher: Publisher, name: str) -> None:
    publisher.behaviour = GOOD[name]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    assert list(await desk.public(source)) == ["Toddler group 1"]


async def test_one_record_that_cannot_be_used_leaves_the_others(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(1), a_service(2, minimum_age=9, maximum_age=3), a_service(3)]
    source = await desk.source(publisher.base_url)
    run = await desk.fetch(source)
    [invalid] = await desk.records(run, ImportRecord.OUTCOME_INVALID)
    assert [(one.field, one.reason) for one in invalid.problems if one.fatal] == [("/maximum_age", "ages")]
    await desk.approve(run)
    assert sorted(await desk.public(source)) == ["Toddler group 1", "Toddler group 3"]


async def test_a_service_that_the_list_has_and_nobody_gets_has_not_vanished(
    desk: Desk, publisher: Publisher
) -> None:
    publisher.services = [a_service(number) for number in range(3)]
    publisher.full_list = False
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)

    async def loses_one(path: str, writer: asyncio.StreamWriter) -> bool:
        if not path.endswith("/service-1"):
            return False
        send(writer, 500, b"")
        await writer.drain()
        return True

    publisher.behaviour = loses_one
    run = await desk.fetch(source)
    assert run.counts.vanished == 0
    [invalid] = await desk.records(run, ImportRecord.OUTCOME_INVALID)
    assert [one.reason for one in invalid.problems] == ["detail_refused"]


async def test_a_detail_of_another_service_is_not_taken(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(1), a_service(2)]
    publisher.full_list = False

    async def swaps(path: str, writer: asyncio.StreamWriter) -> bool:
        if not path.endswith("/service-1"):
            return False
        send(writer, 200, json.dumps(a_service(2)).encode())
        await writer.drain()
        return True

    publisher.behaviour = swaps
    run = await desk.fetch(await desk.source(publisher.base_url))
    [invalid] = await desk.records(run, ImportRecord.OUTCOME_INVALID)
    assert [one.reason for one in invalid.problems] == ["detail_of_another"]
