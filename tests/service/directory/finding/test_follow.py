"""The index has what is published, in every replica and after every restart, and nothing else (SD-1)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import grpc

from kith.directory.v1 import publication_service_pb2 as pb
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceStub
from tests.fixtures.eventually import eventually
from tests.fixtures.publications import Organization, Table, location
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.finding.conftest import WITHIN_SECONDS, Reader, not_ready

SERVICE = pb.PUBLICATION_KIND_SERVICE


@asynccontextmanager
async def replica(publishing: ServiceProcess, issuer: Issuer, folder: Path) -> AsyncIterator[ServiceProcess]:
    """Another directory over the same database."""
    async with service_process(publishing.database, issuer.url, folder) as running:
        yield running


def reader_of(running: ServiceProcess, issuer: Issuer, organization: Organization) -> Reader:
    metadata = bearer(issuer.token(scope="directory.read"))
    return Reader(PublicationServiceStub(running.channel), metadata, organization)


async def test_a_change_is_found_and_what_it_was_is_not(table: Table, reads: Reader) -> None:
    service_id = await table.service("Pottery", reads.organization)
    await reads.indexed(1)
    await table.put(SERVICE, service_id, {"id": str(service_id), "name": "Weaving"}, reads.organization.id)

    async def changed() -> bool:
        return await reads.names("weaving") == ["Weaving"] and await reads.names("pottery") == []

    await eventually(changed, WITHIN_SECONDS)


async def test_what_is_hidden_is_gone_at_once_and_comes_back(table: Table, reads: Reader) -> None:
    """An answer is read from the table, so that nobody sees what is hidden even before the index knows of it."""
    service_id = await table.service("Hidden", reads.organization, [location(53.8, -1.55)])
    await reads.indexed(1)
    await table.hide(SERVICE, service_id)
    assert await reads.names("hidden") == []
    await reads.indexed(0)
    assert await reads.names(postcode="LS1", proximity=50_000) == []
    get = pb.GetPublicationRequest(kind=SERVICE, id=str(service_id))
    refused = await refusal(reads.stub.GetPublication(get, metadata=reads.metadata))
    assert (refused.code, refused.reason, refused.domain) == (
        "NOT_FOUND",
        "PUBLICATION_NOT_FOUND",
        "directory.kith",
    )
    await table.put(SERVICE, service_id, {"id": str(service_id), "name": "Hidden"}, reads.organization.id)
    await reads.indexed(1)


async def test_a_change_that_commits_late_is_not_passed_over(
    publishing: ServiceProcess, table: Table, reads: Reader
) -> None:
    """It has a lower place than what was committed before it (RELIABILITY finding 2)."""
    slow = await asyncpg.connect(publishing.database.app_dsn)
    transaction = slow.transaction()
    await transaction.start()
    await Table(slow).service("Late", reads.organization)
    await table.service("Early", reads.organization)
    await transaction.commit()
    await slow.close()
    await reads.indexed(2)
    assert sorted(await reads.names()) == ["Early", "Late"]


async def test_a_row_that_is_no_hsds_object_keeps_no_other_from_being_found(
    table: Table, reads: Reader
) -> None:
    broken = UUID(int=1)
    await table.put(SERVICE, broken, {"id": str(broken)}, reads.organization.id)
    await table.connection.execute("UPDATE publication SET full_json = '[1]' WHERE id = $1", broken)
    await table.service("Whole", reads.organization)
    await reads.indexed(1)
    assert await reads.names() == ["Whole"]


async def test_killed_and_started_again_it_is_filled_anew(
    publishing: ServiceProcess, table: Table, reads: Reader, issuer: Issuer, tmp_path: Path
) -> None:
    names = {f"Lasting {number}" for number in range(20)}
    for name in names:
        await table.service(name, reads.organization)
    async with replica(publishing, issuer, tmp_path) as first:
        await reader_of(first, issuer, reads.organization).indexed(20)
        await first.process.kill()
    (tmp_path / "again").mkdir()
    async with replica(publishing, issuer, tmp_path / "again") as second:
        again = reader_of(second, issuer, reads.organization)

        async def filled() -> bool:
            # Until then it says that it cannot tell; it never gives a part.
            try:
                found = await again.search("lasting", per_page=100)
            except grpc.aio.AioRpcError as error:
                if not_ready(error):
                    return False
                raise
            assert found.total_items == len(names)
            return True

        await eventually(filled, WITHIN_SECONDS)


async def test_replicas_agree(
    publishing: ServiceProcess, table: Table, reads: Reader, issuer: Issuer, tmp_path: Path
) -> None:
    """One has followed many changes and one was filled at once: what they find is the same, in the same order."""
    for number in range(60):
        text = "music and drama " * (number % 5)
        await table.service(f"Group {number % 7}", reads.organization, [location(53.7 + number / 1000, -1.5)],
            description=text)  # fmt: skip
    gone = [await table.service("Music", reads.organization) for _ in range(20)]
    await reads.indexed(80)
    for one in gone:
        await table.hide(SERVICE, one)
    await reads.indexed(60)
    async with replica(publishing, issuer, tmp_path) as second:
        other = reader_of(second, issuer, reads.organization)
        await other.indexed(60)
        asked = pb.SearchServicesRequest.Order.values()
        for order in asked:
            for page in (1, 2):
                ours, theirs = [
                    [one.publication.id for one in (await each.search(
                        "music group", postcode="LS1", order=order, per_page=25, page=page)).results]
                    for each in (reads, other)
                ]  # fmt: skip
                assert ours == theirs
                assert ours
