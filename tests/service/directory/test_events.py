"""What the directory tells others (DESIGN 5 no. 14, 15)."""

from kith.directory.v1 import directory_service_pb2 as pb
from kith.directory.v1.directory_events_pb2 import DirectoryEvent
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from tests.fixtures.eventually import eventually
from tests.service.chassis.answers import refusal
from tests.service.directory.conftest import Administrator, Metadata


async def _events(stub: DirectoryServiceStub, metadata: Metadata, page_size: int = 0) -> list[DirectoryEvent]:
    request, events = pb.ListChangesRequest(page_size=page_size), list[DirectoryEvent]()
    while True:
        answer = await stub.ListChanges(request, metadata=metadata)
        assert len(answer.events) <= (page_size or 500)
        events += answer.events
        if not answer.more:
            return events
        request.after = answer.next_after


async def test_each_change_is_told_once_with_the_next_version_and_nothing_of_what_it_says(
    stub: DirectoryServiceStub, administrator: Administrator, child_index: Metadata
) -> None:
    service = await administrator.service(await administrator.organisation(), "Canary service")
    practitioner = await administrator.practitioner(service, "Canary name")
    left = pb.RecordPractitionerLeftRequest(practitioner_id=practitioner.id)
    for _ in range(2):
        await stub.RecordPractitionerLeft(left, metadata=administrator.metadata)

    async def told() -> list[DirectoryEvent]:
        events = [
            event
            for event in await _events(stub, child_index, page_size=3)
            if event.key in {service.id, practitioner.id}
        ]
        assert len(events) >= 2
        return events

    # Events wait for transactions begun before theirs, of other tests too.
    events: list[DirectoryEvent] = await eventually(told)
    first, second = events
    assert (first.key, first.version, first.WhichOneof("event")) == (service.id, 1, "service_published")
    assert (second.key, second.version, second.WhichOneof("event")) == (
        practitioner.id,
        1,
        "practitioner_left",
    )
    assert first.event_id != second.event_id
    assert b"anary" not in first.SerializeToString() + second.SerializeToString()


async def test_only_child_index_may_list_changes(
    stub: DirectoryServiceStub, administrator: Administrator, reader: Metadata
) -> None:
    for metadata in (administrator.metadata, reader):
        assert (await refusal(stub.ListChanges(pb.ListChangesRequest(), metadata=metadata))).code == (
            "PERMISSION_DENIED"
        )


async def test_a_token_that_is_none_is_refused(stub: DirectoryServiceStub, child_index: Metadata) -> None:
    refused = await refusal(stub.ListChanges(pb.ListChangesRequest(after="1.x"), metadata=child_index))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"after"})
