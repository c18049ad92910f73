"""Who may do what in the directory (S1, S21)."""

from typing import Any

import asyncpg
import pytest

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1 import (
    enquiry_service_pb2,
    organisation_contacts_service_pb2,
    panel_service_pb2,
    people_service_pb2,
    team_service_pb2,
)
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.enquiry_service_pb2_grpc import EnquiryServiceStub
from kith.directory.v1.organisation_contacts_service_pb2_grpc import OrganisationContactsServiceStub
from kith.directory.v1.panel_service_pb2_grpc import PanelServiceStub
from kith.directory.v1.people_service_pb2_grpc import PeopleServiceStub
from kith.directory.v1.team_service_pb2_grpc import TeamServiceStub
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


SERVICES = [
    (people_service_pb2, PeopleServiceStub),
    (team_service_pb2, TeamServiceStub),
    (organisation_contacts_service_pb2, OrganisationContactsServiceStub),
    (panel_service_pb2, PanelServiceStub),
    (enquiry_service_pb2, EnquiryServiceStub),
]
METHODS = [
    (messages, stub, method.name)
    for messages, stub in SERVICES
    for service in messages.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
_ASKING = ("List", "BatchGet")


@pytest.mark.parametrize(("messages", "stub", "method"), METHODS, ids=lambda value: str(value)[:40])
async def test_of_people_a_reader_reads_what_all_may_and_changes_nothing(
    directory: ServiceProcess, issuer: Issuer, reader: Metadata, messages: Any, stub: Any, method: str
) -> None:
    call, request = getattr(stub(directory.channel), method), getattr(messages, f"{method}Request")()
    assert (await refusal(call(request))).code == "UNAUTHENTICATED"
    assert (await refusal(call(request, metadata=bearer(issuer.token(scope=""))))).code == "PERMISSION_DENIED"
    if not method.startswith(_ASKING):
        assert (await refusal(call(request, metadata=reader))).code == "PERMISSION_DENIED"


@pytest.mark.parametrize("method", WRITES)
async def test_a_reader_writes_nothing(stub: DirectoryServiceStub, reader: Metadata, method: str) -> None:
    request = getattr(pb, f"{method}Request")()
    assert (await refusal(getattr(stub, method)(request, metadata=reader))).code == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM practitioner",
        "TRUNCATE service",
        "UPDATE practitioner SET id = gen_random_uuid()",
        "UPDATE team SET organisation_id = gen_random_uuid()",
        "UPDATE panel SET organisation_id = gen_random_uuid()",
        "UPDATE absence SET cover_practitioner_id = NULL",
        "UPDATE enquiry SET topic = 1",
        "DELETE FROM team",
        "DELETE FROM panel",
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
