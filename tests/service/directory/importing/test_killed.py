"""Killed in the middle, a run goes on where it was; two replicas work on a source one at a time (F1, F2, F5)."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kith.directory.v1.import_run_pb2 import ImportRun
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.issuer import Issuer
from tests.service.directory.importing.conftest import Desk
from tests.service.directory.importing.publisher import Publisher, a_service

SERVICES = 300


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own(
    service_database: ServiceDatabases,
    issuer: Issuer,
    publishers: Publisher,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceProcess]:
    """A directory that may be killed."""
    port, health_port = free_ports(2)
    settings = {
        "KITH_IMPORT_INSIDE_HOSTS": publishers.place,
        # The same after a restart.
        "KITH_PORT": str(port),
        "KITH_HEALTH_PORT": str(health_port),
    }
    folder = tmp_path_factory.mktemp("killed")
    async with service_process(await service_database("directory"), issuer.url, folder, settings) as running:
        yield running


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


async def test_what_was_staged_is_not_asked_for_again(
    own: ServiceProcess, issuer: Issuer, publisher: Publisher
) -> None:
    desk = Desk(own.channel, own.database, issuer)
    publisher.services = [a_service(number) for number in range(12)]
    publisher.per_page = 2
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def waits(path: str, _writer: asyncio.StreamWriter) -> bool:
        if "page=5&" in path and not go_on.is_set():
            reached.set()
            await go_on.wait()
        return False

    publisher.behaviour = waits
    run = await desk.start(await desk.source(publisher.base_url))
    await reached.wait()
    assert (await desk.get(run)).page_count == 4
    await own.process.kill()
    await own.process.restart()
    go_on.set()
    run = await desk.at_rest(run)
    assert (run.state, run.page_count, run.counts.new) == (ImportRun.STATE_IN_REVIEW, 6, 25)
    pages = Counter(path.split("page=")[1].split("&")[0] for path in publisher.asked)
    assert [pages[str(number)] for number in (1, 2, 3, 4, 6)] == [1, 1, 1, 1, 1]


async def test_each_approved_record_is_published_once(
    own: ServiceProcess, issuer: Issuer, publisher: Publisher
) -> None:
    desk = Desk(own.channel, own.database, issuer)
    publisher.services = [a_service(number) for number in range(SERVICES)]
    publisher.per_page = SERVICES
    source = await desk.source(publisher.base_url)
    run = await desk.fetch(source)
    approving = asyncio.create_task(desk.approve(run))
    applied = "SELECT 1 FROM import_record WHERE run_id = $1 AND decision = 3"

    async def begun() -> bool:
        return bool(await desk.query(applied, run.id))

    await eventually(begun)
    approving.cancel()
    await own.process.kill()
    await own.process.restart()
    run = await desk.at_rest(run)
    assert run.state == ImportRun.STATE_COMPLETED
    assert len(await desk.public(source)) == SERVICES
    revisions = "SELECT max(latest_revision) AS most, count(*) AS entries FROM entry WHERE source_id = $1"
    [found] = await desk.query(revisions, source.id)
    assert (found["most"], found["entries"]) == (1, 2 * SERVICES + 1)


async def test_two_replicas_work_on_a_source_one_at_a_time(
    desk: Desk, issuer: Issuer, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.services = [a_service(number) for number in range(20)]
    settings = {"KITH_IMPORT_INSIDE_HOSTS": publisher.place}
    async with service_process(desk.database, issuer.url, tmp_path, settings):
        await desk.fetch(await desk.source(publisher.base_url))
    assert max(Counter(publisher.asked).values()) == 1
