"""What was done to the trail is found, even if done by somebody who may do everything (F38, S15)."""

import asyncpg
import pytest
import pytest_asyncio

from kith.audit.v1 import audit_service_pb2 as pb
from kith.audit.v1.access_record_pb2 import AccessRecord
from kith.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from services.audit.chain import EMPTY, Head, extend
from tests.fixtures.postgres import ServiceDatabase
from tests.service.audit.conftest import PURPOSE, Metadata, record, records
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer

COUNT = 6


@pytest_asyncio.fixture(loop_scope="session")
async def head(stub: AuditServiceStub, child_index: Metadata, auditor: Metadata) -> pb.GetChainHeadResponse:
    """The head of a chain of six, as an auditor kept it."""
    await stub.AppendAccessRecords(records(COUNT), metadata=child_index)
    return await stub.GetChainHead(pb.GetChainHeadRequest(), metadata=auditor)


def _against(head: pb.GetChainHeadResponse) -> pb.VerifyChainRequest:
    return pb.VerifyChainRequest(known_sequence=head.sequence, known_hash=head.hash)


async def test_the_head_of_an_empty_chain_is_nothing(stub: AuditServiceStub, auditor: Metadata) -> None:
    head = await stub.GetChainHead(pb.GetChainHeadRequest(), metadata=auditor)
    assert head == pb.GetChainHeadResponse()
    assert (await stub.VerifyChain(_against(head), metadata=auditor)).whole


async def test_an_untouched_chain_is_whole_and_goes_on_from_a_kept_head(
    stub: AuditServiceStub, child_index: Metadata, auditor: Metadata, head: pb.GetChainHeadResponse
) -> None:
    assert (head.sequence, len(head.hash), head.HasField("append_time")) == (COUNT, 32, True)
    await stub.AppendAccessRecords(records(2), metadata=child_index)
    verified = await stub.VerifyChain(_against(head), metadata=auditor)
    assert (verified.whole, verified.first_broken_sequence, verified.record_count) == (True, 0, COUNT + 2)


async def test_a_chain_of_several_batches_is_verified_to_its_end(
    stub: AuditServiceStub,
    child_index: Metadata,
    auditor: Metadata,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for _ in range(5):
        await stub.AppendAccessRecords(records(450), metadata=child_index)
    verified = await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)
    assert (verified.whole, verified.record_count) == (True, 2250)
    await superuser.execute("UPDATE access_record SET record = record || '\\x00' WHERE sequence = 2249")
    verified = await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)
    assert (verified.whole, verified.first_broken_sequence) == (False, 2249)


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        pytest.param("UPDATE access_record SET record = '\\x00' WHERE sequence = 3", 3, id="edited"),
        pytest.param(
            "UPDATE access_record SET hash = decode(repeat('00', 32), 'hex') WHERE sequence = 1",
            1,
            id="hash-edited",
        ),
        pytest.param(
            "UPDATE access_record SET record_id = gen_random_uuid() WHERE sequence = 5", 5, id="id-edited"
        ),
        pytest.param("DELETE FROM access_record WHERE sequence = 4", 4, id="deleted"),
        pytest.param("DELETE FROM access_record WHERE sequence = 1", 1, id="first-deleted"),
        pytest.param(
            "DELETE FROM access_record WHERE sequence = 2;"
            "UPDATE access_record SET sequence = sequence - 1 WHERE sequence > 2",
            2,
            id="deleted-and-closed-up",
        ),
        pytest.param(
            "UPDATE access_record SET sequence = 100 WHERE sequence = 2;"
            "UPDATE access_record SET sequence = 2 WHERE sequence = 4;"
            "UPDATE access_record SET sequence = 4 WHERE sequence = 100",
            2,
            id="reordered",
        ),
        pytest.param(
            "ALTER TABLE access_record DROP CONSTRAINT access_record_sequence;"
            "INSERT INTO access_record SELECT 0, gen_random_uuid(), record, hash FROM access_record LIMIT 1",
            1,
            id="inserted-before",
        ),
        pytest.param(
            "INSERT INTO access_record SELECT 7, gen_random_uuid(), record, hash FROM access_record LIMIT 1",
            7,
            id="appended-by-hand",
        ),
    ],
)
async def test_tampering_is_found_at_its_first_record(
    stub: AuditServiceStub,
    auditor: Metadata,
    head: pb.GetChainHeadResponse,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    tampering: str,
    broken: int,
) -> None:
    await superuser.execute(tampering)
    verified = await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)
    assert (verified.whole, verified.first_broken_sequence) == (False, broken)
    assert verified.record_count == broken - 1


async def test_a_cut_tail_is_found_by_the_kept_head(
    stub: AuditServiceStub,
    auditor: Metadata,
    head: pb.GetChainHeadResponse,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await superuser.execute("DELETE FROM access_record WHERE sequence > 4")
    assert (await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)).whole
    verified = await stub.VerifyChain(_against(head), metadata=auditor)
    assert (verified.whole, verified.first_broken_sequence) == (False, 5)


async def test_a_cut_tail_that_grew_again_is_found_by_the_kept_head(
    stub: AuditServiceStub,
    child_index: Metadata,
    auditor: Metadata,
    head: pb.GetChainHeadResponse,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await superuser.execute("DELETE FROM access_record WHERE sequence > 4")
    await stub.AppendAccessRecords(records(COUNT), metadata=child_index)
    verified = await stub.VerifyChain(_against(head), metadata=auditor)
    assert (verified.whole, verified.first_broken_sequence) == (False, COUNT)


async def test_a_chain_written_anew_is_found_by_the_kept_head(
    stub: AuditServiceStub,
    auditor: Metadata,
    head: pb.GetChainHeadResponse,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """By somebody who knows how the hashes are made."""
    rows = await superuser.fetch("SELECT record_id, record FROM access_record ORDER BY sequence")
    forged = record()
    forged.id = str(rows[1]["record_id"])
    kept = [(row["record_id"], row["record"]) for row in rows]
    kept[1] = (kept[1][0], AccessRecord.SerializeToString(forged))
    for link in extend(EMPTY, kept):
        await superuser.execute(
            "UPDATE access_record SET record = $2, hash = $3 WHERE sequence = $1",
            link.sequence,
            link.record,
            link.hash,
        )
    assert (await stub.VerifyChain(pb.VerifyChainRequest(), metadata=auditor)).whole
    verified = await stub.VerifyChain(_against(head), metadata=auditor)
    assert (verified.whole, verified.first_broken_sequence) == (False, COUNT)


@pytest.mark.parametrize("known", [Head(3, b""), Head(3, b"short"), Head(0, bytes(32))])
async def test_half_a_head_is_refused(stub: AuditServiceStub, auditor: Metadata, known: Head) -> None:
    request = pb.VerifyChainRequest(known_sequence=known.sequence, known_hash=known.hash)
    refused = await refusal(stub.VerifyChain(request, metadata=auditor))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"known_hash"})


async def test_reading_needs_scope_and_purpose(
    stub: AuditServiceStub, child_index: Metadata, issuer: Issuer
) -> None:
    for call in (
        lambda metadata: stub.GetChainHead(pb.GetChainHeadRequest(), metadata=metadata),
        lambda metadata: stub.VerifyChain(pb.VerifyChainRequest(), metadata=metadata),
    ):
        assert (await refusal(call(None))).code == "UNAUTHENTICATED"
        assert (await refusal(call((*child_index, PURPOSE)))).code == "PERMISSION_DENIED"
        without = await refusal(call(bearer(issuer.token(scope="audit.read"))))
        assert (without.code, set(without.fields)) == ("INVALID_ARGUMENT", {"kith-purpose"})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_record SET hash = hash",
        "UPDATE access_record SET append_time = now()",
        "DELETE FROM access_record",
        "TRUNCATE access_record",
        "ALTER TABLE access_record DROP CONSTRAINT access_record_hash",
        "DROP TABLE access_record",
        "CREATE TABLE more (id int)",
    ],
)
async def test_the_service_itself_cannot_change_what_it_wrote(
    stub: AuditServiceStub, audit_database: ServiceDatabase, statement: str
) -> None:
    """S15, S21."""
    connection = await asyncpg.connect(audit_database.app_dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
