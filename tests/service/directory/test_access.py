"""Who may do what in the directory (S1, S21)."""

import asyncpg
import pytest

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Metadata

WRITES = ["CreateOrganisation", "CreateService", "CreatePractitioner", "RecordPractitionerLeft"]
READS = ["BatchGetOrganisations", "BatchGetServices", "BatchGetPractitioners", "ListServices"]


@pytest.mark.parametrize("method", [*WRITES, *READS, "ListChanges"])
async def test_without_token_or_scope_nothing_is_answered(
    stub: DirectoryServiceStub, issuer: Issuer, method: str
) -> None:
    call, request = getattr(stub, method), getattr(pb, f"{method}Request")()
    assert (await refusal(call(request))).code == "UNAUTHENTICATED"
    assert (await refusal(call(request, metadata=bearer(issuer.token(scope=""))))).code == "PERMISSION_DENIED"


@pytest.mark.parametrize("method", WRITES)
async def test_a_reader_writes_nothing(stub: DirectoryServiceStub, reader: Metadata, method: str) -> None:
    request = getattr(pb, f"{method}Request")()
    assert (await refusal(getattr(stub, method)(request, metadata=reader))).code == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM practitioner",
        "TRUNCATE service",
        "UPDATE service SET kind = 1",
        "UPDATE practitioner SET display_name = 'X'",
        "CREATE TABLE more (id int)",
        "SELECT pg_read_file('/etc/hostname')",
        "DELETE FROM kith_migration",
    ],
)
async def test_the_role_of_the_service_can_do_no_more_than_it_needs(
    directory: ServiceProcess, statement: str
) -> None:
    connection = await asyncpg.connect(directory.database.app_dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
