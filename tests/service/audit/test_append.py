"""Records go into the chain once, all or none, whoever writes at the same time (S14, S15)."""

import asyncio
from pathlib import Path

import asyncpg

from kith.audit.v1 import audit_service_pb2 as pb
from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from tests.fixtures.postgres import ServiceDatabase
from tests.fixtures.service_process import service_process
from tests.service.audit.conftest import Metadata, record, records
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer


async def test_a_record_is_kept_as_it_came(
    stub: AuditServiceStub, child_index: Metadata, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    request = records(3)
    await stub.AppendAccessRecords(request, metadata=child_index)
    rows = await superuser.fetch("SELECT sequence, record_id, record FROM access_record ORDER BY sequence")
    assert [row["sequence"] for row in rows] == [1, 2, 3]
    assert [AccessRecord.FromString(row["record"]) for row in rows] == list(request.records)
    assert [str(row["record_id"]) for row in rows] == [sent.id for sent in request.records]


async def test_a_batch_that_comes_again_changes_nothing(
    stub: AuditServiceStub, child_index: Metadata, auditor: Metadata
) -> None:
    request = records(3)
    await stub.AppendAccessRecords(request, metadata=child_index)
    head = await stub.GetChainHead(pb.GetChainHeadRequest(), metadata=auditor)
    request.records[0].subject = "somebody else"
    await stub.AppendAccessRecords(request, metadata=child_index)
    assert await stub.GetChainHead(pb.GetChainHeadRequest(), metadata=auditor) == head
    assert head.sequence == 3


async def test_only_what_is_new_in_a_batch_is_appended(
    stub: AuditServiceStub, child_index: Metadata, auditor: Metadata
) -> None:
    request = records(2)
    await stub.AppendAccessRecords(request, metadata=child_index)
    more = record()
    request.records.extend([more, more])
    await stub.AppendAccessRecords(request, metadata=child_index)
    verified = await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)
    assert (verified.whole, verified.record_count) == (True, 3)


async def test_six_writers_on_two_processes_leave_a_whole_chain(
    stub: AuditServiceStub,
    child_index: Metadata,
    auditor: Metadata,
    audit_database: ServiceDatabase,
    issuer: Issuer,
    tmp_path: Path,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """RELIABILITY finding 10: without a lock, 112 of 120 links were broken."""
    shared = records(5)

    async def write(through: AuditServiceStub) -> set[str]:
        written = {sent.id for sent in shared.records}
        for _ in range(10):
            request = records(2)
            written |= {sent.id for sent in request.records}
            # As after a lost answer: others have sent these too, at the same time.
            request.records.extend(shared.records)
            await through.AppendAccessRecords(request, metadata=child_index)
        return written

    async with service_process(audit_database, issuer.url, tmp_path) as twin:
        second = AuditServiceStub(twin.channel)
        written = await asyncio.gather(*(write(through) for through in (stub, second) * 3))
    verified = await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)
    assert (verified.whole, verified.record_count) == (True, 6 * 10 * 2 + 5)
    kept = await superuser.fetch("SELECT record_id FROM access_record")
    assert {str(row["record_id"]) for row in kept} == set().union(*written)


async def test_a_batch_with_a_bad_record_is_refused_whole(
    stub: AuditServiceStub, child_index: Metadata, auditor: Metadata
) -> None:
    request = records(2)
    request.records[1].subject = ""
    request.records[1].child_ids.append("canary")
    refused = await refusal(stub.AppendAccessRecords(request, metadata=child_index))
    assert refused.code == "INVALID_ARGUMENT"
    assert set(refused.fields) == {"records[1].subject", "records[1].child_ids[1]"}
    assert "canary" not in refused.everything
    assert (await stub.GetChainHead(pb.GetChainHeadRequest(), metadata=auditor)).sequence == 0


async def test_more_than_a_batch_is_refused(stub: AuditServiceStub, child_index: Metadata) -> None:
    for request in (records(501), records(0)):
        refused = await refusal(stub.AppendAccessRecords(request, metadata=child_index))
        assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"records"})
    await stub.AppendAccessRecords(records(500), metadata=child_index)


async def test_only_those_that_disclose_append(
    stub: AuditServiceStub, auditor: Metadata, issuer: Issuer
) -> None:
    search = issuer.service_token("search", "audit.append")
    person = issuer.token(scope="audit.append audit.read")
    attempts = [
        auditor,
        bearer(person),
        bearer(search, ("kith-service-authorization", f"Bearer {search}")),
    ]
    for metadata in attempts:
        refused = await refusal(stub.AppendAccessRecords(records(1), metadata=metadata))
        assert refused.code == "PERMISSION_DENIED"
    assert (await refusal(stub.AppendAccessRecords(records(1)))).code == "UNAUTHENTICATED"
