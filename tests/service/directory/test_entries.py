"""What is put into the directory and read back from it (SD-1, SD-5, SD-7)."""

import asyncio
from uuid import uuid4

import pytest

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Organisation, Practitioner, Service
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.directory.conftest import Administrator, Metadata


async def test_an_organisation_reads_back_as_it_was_created(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata
) -> None:
    request = pb.CreateOrganisationRequest(
        display_name="Hillside School",
        kind=Organisation.KIND_SCHOOL,
        phone="020 7946 0001",
        information_sharing_adviser=pb.ContactDetails(
            display_name="Data lead", phone="020 7946 0002", email="data@school.example"
        ),
        request_id=str(uuid4()),
    )
    created = (await stub.CreateOrganisation(request, metadata=administrator.metadata)).organisation
    assert created.display_name == "Hillside School"
    assert created.information_sharing_adviser.email == "data@school.example"
    assert created.update_time.seconds
    asked = pb.BatchGetOrganisationsRequest(ids=[created.id])
    assert list((await stub.BatchGetOrganisations(asked, metadata=reader)).organisations) == [created]


async def test_an_organisation_without_adviser_shows_none(administrator: Administrator) -> None:
    assert not (await administrator.organisation()).HasField("information_sharing_adviser")


async def test_a_practitioner_belongs_to_the_organisation_of_the_service(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata
) -> None:
    organisation = await administrator.organisation()
    service = await administrator.service(organisation)
    request = pb.CreatePractitionerRequest(
        service_id=service.id,
        display_name="Worker Two",
        job_title="School nurse",
        phone="020 7946 0003",
        email="worker@health.example",
        request_id=str(uuid4()),
    )
    created = (await stub.CreatePractitioner(request, metadata=administrator.metadata)).practitioner
    assert (created.organisation_id, created.service_id) == (organisation.id, service.id)
    assert created.state == Practitioner.STATE_ACTIVE
    asked = pb.BatchGetPractitionersRequest(ids=[created.id])
    assert list((await stub.BatchGetPractitioners(asked, metadata=reader)).practitioners) == [created]


@pytest.mark.parametrize(
    ("kind", "sensitivity"),
    [
        (Service.KIND_SCHOOL_NURSING, Service.SENSITIVITY_STANDARD),
        (Service.KIND_DOMESTIC_ABUSE, Service.SENSITIVITY_SENSITIVE),
    ],
)
async def test_sensitivity_is_told_with_the_service(
    stub: DirectoryServiceStub,
    administrator: Administrator,
    reader: Metadata,
    kind: Service.Kind,
    sensitivity: Service.Sensitivity,
) -> None:
    created = await administrator.service(await administrator.organisation(), kind=kind)
    found = await stub.BatchGetServices(pb.BatchGetServicesRequest(ids=[created.id]), metadata=reader)
    assert found.services[0].sensitivity == created.sensitivity == sensitivity


async def test_what_does_not_exist_is_left_out(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata
) -> None:
    created = await administrator.organisation()
    asked = pb.BatchGetOrganisationsRequest(ids=[str(uuid4()), created.id, created.id])
    found = await stub.BatchGetOrganisations(asked, metadata=reader)
    assert [organisation.id for organisation in found.organisations] == [created.id]


async def test_a_practitioner_who_left_is_shown_as_left_and_leaves_once(
    stub: DirectoryServiceStub, administrator: Administrator
) -> None:
    practitioner = await administrator.practitioner(
        await administrator.service(await administrator.organisation())
    )
    request = pb.RecordPractitionerLeftRequest(practitioner_id=practitioner.id)
    first = await stub.RecordPractitionerLeft(request, metadata=administrator.metadata)
    second = await stub.RecordPractitionerLeft(request, metadata=administrator.metadata)
    assert first.practitioner.state == Practitioner.STATE_LEFT
    assert second == first


async def test_parents_that_do_not_exist_are_named(
    stub: DirectoryServiceStub, administrator: Administrator
) -> None:
    nobody, metadata = str(uuid4()), administrator.metadata
    service = pb.CreateServiceRequest(
        organisation_id=nobody, display_name="X", kind=Service.KIND_COMMUNITY, request_id=str(uuid4())
    )
    practitioner = pb.CreatePractitionerRequest(service_id=nobody, display_name="X", request_id=str(uuid4()))
    left = pb.RecordPractitionerLeftRequest(practitioner_id=nobody)
    refusals = [
        await refusal(stub.CreateService(service, metadata=metadata)),
        await refusal(stub.CreatePractitioner(practitioner, metadata=metadata)),
        await refusal(stub.RecordPractitionerLeft(left, metadata=metadata)),
    ]
    assert {found.code for found in refusals} == {"NOT_FOUND"}
    assert {found.domain for found in refusals} == {"directory.kith"}
    assert [found.reason for found in refusals] == [
        "ORGANISATION_NOT_FOUND",
        "SERVICE_NOT_FOUND",
        "PRACTITIONER_NOT_FOUND",
    ]


async def test_a_request_id_makes_one_service_however_often_it_comes(
    stub: DirectoryServiceStub, administrator: Administrator, child_index: Metadata
) -> None:
    organisation = await administrator.organisation()
    request = pb.CreateServiceRequest(
        organisation_id=organisation.id,
        display_name="Counselling",
        kind=Service.KIND_COMMUNITY,
        request_id=str(uuid4()),
    )
    answers = await asyncio.gather(
        *(stub.CreateService(request, metadata=administrator.metadata) for _ in range(6))
    )
    assert len({answer.service.id for answer in answers}) == 1
    request.display_name = "Something else"
    reused = await refusal(stub.CreateService(request, metadata=administrator.metadata))
    assert (reused.code, reused.reason) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")


async def test_bad_input_names_its_fields_and_repeats_no_value(
    stub: DirectoryServiceStub, administrator: Administrator
) -> None:
    request = pb.CreateOrganisationRequest(display_name="Q" * 201, request_id="not-an-id")
    request.information_sharing_adviser.email = "canary"
    found = await refusal(stub.CreateOrganisation(request, metadata=administrator.metadata))
    assert found.code == "INVALID_ARGUMENT"
    assert set(found.fields) == {"display_name", "kind", "information_sharing_adviser.email", "request_id"}
    assert "canary" not in found.everything


async def test_the_log_has_no_name_and_no_telephone_number(
    stub: DirectoryServiceStub, administrator: Administrator, directory: ServiceProcess
) -> None:
    organisation = await administrator.organisation("Canary House")
    await administrator.service(organisation, "Canary service")
    assert "CreateOrganisation" in directory.log
    assert "anary" not in directory.log
