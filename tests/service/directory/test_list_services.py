"""Services by name, page by page (AIP-158)."""

from uuid import uuid4

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Organisation
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Administrator, Metadata

NAMES = ["art club", "Breakfast club", "Breakfast club", "CAMHS", "Youth work", "éclair"]


async def _organisation(administrator: Administrator) -> Organisation:
    organisation = await administrator.organisation()
    for name in reversed(NAMES):
        await administrator.service(organisation, name)
    return organisation


async def test_pages_hold_each_service_once_by_name_whatever_its_case(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata
) -> None:
    organisation = await _organisation(administrator)
    request = pb.ListServicesRequest(organisation_id=organisation.id, page_size=2)
    names, ids, pages = [], set(), 0
    while True:
        page = await stub.ListServices(request, metadata=reader)
        names += [service.display_name for service in page.services]
        ids |= {service.id for service in page.services}
        pages += 1
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert names == NAMES
    assert (len(ids), pages) == (len(NAMES), 3)


async def test_without_an_organisation_all_are_listed(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata
) -> None:
    wanted = {(await administrator.service(await administrator.organisation())).id for _ in range(2)}
    request, found = pb.ListServicesRequest(page_size=100), set[str]()
    while not found >= wanted:
        page = await stub.ListServices(request, metadata=reader)
        found |= {service.id for service in page.services}
        assert page.next_page_token or found >= wanted
        request.page_token = page.next_page_token


async def test_a_token_is_good_for_its_query_and_its_caller_only(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata, issuer: Issuer
) -> None:
    organisation = await _organisation(administrator)
    request = pb.ListServicesRequest(organisation_id=organisation.id, page_size=2)
    token = (await stub.ListServices(request, metadata=reader)).next_page_token
    assert len(token) < 200
    somebody_else = bearer(issuer.token(scope="directory.read", sub="person-2"))
    attempts = [
        (pb.ListServicesRequest(page_token=token), reader),
        (pb.ListServicesRequest(organisation_id=str(uuid4()), page_token=token), reader),
        (pb.ListServicesRequest(organisation_id=organisation.id, page_token=token[:-4] + "AAAA"), reader),
        (pb.ListServicesRequest(organisation_id=organisation.id, page_token="x"), reader),
        (pb.ListServicesRequest(organisation_id=organisation.id, page_token=token), somebody_else),
    ]
    for attempt, metadata in attempts:
        refused = await refusal(stub.ListServices(attempt, metadata=metadata))
        assert refused.code == "INVALID_ARGUMENT"
        assert set(refused.fields) == {"page_token"}
