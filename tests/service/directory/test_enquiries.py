"""Capacity, and the wish to be rung back, which holds nothing about a child (SD-2, SD-8)."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import grpc
import pytest
import pytest_asyncio

from kith.directory.v1 import enquiry_pb2, people_service_pb2
from kith.directory.v1 import enquiry_service_pb2 as pb
from kith.directory.v1.enquiry_pb2 import Enquiry
from kith.directory.v1.entry_pb2 import Capacity
from tests.fixtures.eventually import eventually
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.agency import Agency, agency, ids
from tests.service.directory.conftest import Administrator


@pytest_asyncio.fixture(loop_scope="session")
async def school(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel)


@pytest_asyncio.fixture(loop_scope="session")
async def clinic(administrator: Administrator, issuer: Issuer, directory: ServiceProcess) -> Agency:
    return await agency(administrator, issuer, directory.channel, "Clinic")


def _request(asker: Any, service: Any) -> pb.CreateEnquiryRequest:
    return pb.CreateEnquiryRequest(
        service_id=service.id,
        practitioner_id=asker.id,
        topic=Enquiry.TOPIC_REFERRAL,
        preferred_time=Enquiry.TIME_MORNING,
        channel=Enquiry.CHANNEL_PHONE,
    )


async def _ask(school: Agency, asker: Any, service: Any) -> Enquiry:
    made: Enquiry = (await school.call(school.enquiries.CreateEnquiry, _request(asker, service))).enquiry
    return made


async def _listed(agency: Agency, **asked: Any) -> list[Enquiry]:
    request = pb.ListEnquiriesRequest(**asked)
    return list((await agency.call(agency.enquiries.ListEnquiries, request)).enquiries)


def test_an_enquiry_has_no_words() -> None:
    """What has no text cannot name a child: ids, choices and times are all that there is."""
    texts = {
        field.name
        for message in (Enquiry, pb.CreateEnquiryRequest, pb.DeclineEnquiryRequest)
        for field in message.DESCRIPTOR.fields
        if field.type == field.TYPE_STRING and not field.name.endswith("id")
    }
    assert texts == set()
    assert enquiry_pb2.Enquiry.DESCRIPTOR.fields_by_name["topic"].enum_type is not None


async def test_asked_seen_answered(school: Agency, clinic: Agency) -> None:
    asker = await school.practitioner()
    asked = await _ask(school, asker, clinic.service)
    assert (asked.state, asked.organisation_id) == (Enquiry.STATE_ASKED, school.organisation.id)
    assert await _listed(clinic) == await _listed(school, sent=True) == [asked]
    assert await _listed(school) == []
    for _ in range(2):
        request = pb.RecordEnquirySeenRequest(enquiry_id=asked.id)
        seen = (await clinic.call(clinic.enquiries.RecordEnquirySeen, request)).enquiry
        assert seen.state == Enquiry.STATE_SEEN
    assert [one.state for one in await _listed(school, sent=True)] == [Enquiry.STATE_SEEN]
    answer = pb.AnswerEnquiryRequest(enquiry_id=asked.id)
    await clinic.call(clinic.enquiries.AnswerEnquiry, answer)
    assert await _listed(clinic) == []
    assert [one.state for one in await _listed(clinic, include_closed=True)] == [Enquiry.STATE_ANSWERED]
    again = pb.RecordEnquirySeenRequest(enquiry_id=asked.id)
    refused = await refusal(clinic.call(clinic.enquiries.RecordEnquirySeen, again))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "ENQUIRY_CLOSED")


async def test_answered_and_declined_at_once_one_counts(school: Agency, clinic: Agency) -> None:
    asked = await _ask(school, await school.practitioner(), clinic.service)
    answers = await asyncio.gather(
        clinic.call(clinic.enquiries.AnswerEnquiry, pb.AnswerEnquiryRequest(enquiry_id=asked.id)),
        clinic.call(
            clinic.enquiries.DeclineEnquiry,
            pb.DeclineEnquiryRequest(enquiry_id=asked.id, reason=Enquiry.DECLINE_REASON_CLOSED),
        ),
        return_exceptions=True,
    )
    (refused,) = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION


async def test_an_enquiry_is_between_two_organisations(
    school: Agency, clinic: Agency, administrator: Administrator, issuer: Issuer, directory: ServiceProcess
) -> None:
    third = await agency(administrator, issuer, directory.channel, "Third")
    asked = await _ask(school, await school.practitioner(), clinic.service)
    assert await _listed(third, include_closed=True) == await _listed(third, sent=True) == []
    for other in (third, school):
        request = pb.AnswerEnquiryRequest(enquiry_id=asked.id)
        refused = await refusal(other.call(other.enquiries.AnswerEnquiry, request))
        assert (refused.code, refused.reason) == ("NOT_FOUND", "ENQUIRY_NOT_FOUND")
    theirs = await clinic.practitioner()
    assert (await refusal(_ask(school, theirs, clinic.service))).code == "PERMISSION_DENIED"


async def test_it_expires_after_a_week_and_is_deleted_after_thirty_days(
    school: Agency, clinic: Agency, directory: ServiceProcess, days_later: Callable[[int], None]
) -> None:
    asker = await school.practitioner()
    asked = await _ask(school, asker, clinic.service)
    waiting = await refusal(_ask(school, asker, clinic.service))
    assert (waiting.code, waiting.reason) == ("ALREADY_EXISTS", "ENQUIRY_WAITING")
    days_later(8)
    assert await _listed(clinic) == []
    assert [one.state for one in await _listed(clinic, include_closed=True)] == [Enquiry.STATE_EXPIRED]
    again = await _ask(school, asker, clinic.service)
    days_later(31)

    async def deleted() -> bool:
        return ids(await _listed(clinic, include_closed=True)) == [again.id]

    await eventually(deleted)
    connection = await asyncpg.connect(directory.database.owner_dsn)
    try:
        assert await connection.fetch("SELECT FROM enquiry WHERE id = $1", asked.id) == []
    finally:
        await connection.close()


async def test_nobody_floods_the_services_however_it_is_sent(
    school: Agency, administrator: Administrator, clinic: Agency
) -> None:
    asker = await school.practitioner()
    services = [await administrator.service(clinic.organisation, f"Service {n}") for n in range(13)]
    answers = await asyncio.gather(
        *(_ask(school, asker, service) for service in services), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert len(refused) == 3
    assert {one.code() for one in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert (await _ask(school, await school.practitioner("Somebody Else"), services[0])).id


async def test_whoever_left_asks_nothing(school: Agency, clinic: Agency) -> None:
    asker = await school.practitioner()
    left = people_service_pb2.RecordPractitionersLeftRequest(practitioner_ids=[asker.id])
    await school.call(school.people.RecordPractitionersLeft, left)
    assert (await refusal(_ask(school, asker, clinic.service))).reason == "PRACTITIONER_LEFT"


async def _capacity(agency: Agency, service_id: str) -> Capacity | None:
    request = pb.BatchGetCapacitiesRequest(service_ids=[service_id])
    found: dict[str, Capacity] = dict(
        (await agency.call(agency.enquiries.BatchGetCapacities, request)).capacities
    )
    return found.get(service_id)


async def _public(directory: ServiceProcess, service_id: str) -> str:
    """What everybody may read of a service."""
    connection = await asyncpg.connect(directory.database.owner_dsn)
    try:
        found: str = await connection.fetchval("SELECT full_json FROM publication WHERE id = $1", service_id)
        return found
    finally:
        await connection.close()


async def test_capacity_counts_at_once_and_not_for_ever(
    school: Agency, clinic: Agency, directory: ServiceProcess, days_later: Callable[[int], None]
) -> None:
    assert await _capacity(school, clinic.service.id) is None
    request = pb.SetCapacityRequest(
        service_id=clinic.service.id, state=Capacity.STATE_WAITING, waiting_weeks=6
    )
    said = (await clinic.call(clinic.enquiries.SetCapacity, request)).capacity
    assert await _capacity(school, clinic.service.id) == said
    assert (said.state, said.waiting_weeks) == (Capacity.STATE_WAITING, 6)
    assert "capacity-waiting" in await _public(directory, clinic.service.id)
    days_later(57)
    assert await _capacity(school, clinic.service.id) is None

    async def forgotten() -> bool:
        return "capacity-waiting" not in await _public(directory, clinic.service.id)

    await eventually(forgotten)
    again = pb.SetCapacityRequest(service_id=clinic.service.id, state=Capacity.STATE_OPEN)
    await clinic.call(clinic.enquiries.SetCapacity, again)
    found = await _capacity(school, clinic.service.id)
    assert found is not None
    assert found.state == Capacity.STATE_OPEN


@pytest.mark.parametrize(
    ("state", "weeks"),
    [(Capacity.STATE_WAITING, 0), (Capacity.STATE_OPEN, 3), (Capacity.STATE_UNSPECIFIED, 0)],
)
async def test_capacity_says_weeks_where_one_waits(clinic: Agency, state: Capacity.State, weeks: int) -> None:
    request = pb.SetCapacityRequest(service_id=clinic.service.id, state=state, waiting_weeks=weeks)
    assert (await refusal(clinic.call(clinic.enquiries.SetCapacity, request))).code == "INVALID_ARGUMENT"


async def test_capacity_is_the_owners_to_say(school: Agency, clinic: Agency) -> None:
    request = pb.SetCapacityRequest(service_id=clinic.service.id, state=Capacity.STATE_CLOSED)
    assert (await refusal(school.call(school.enquiries.SetCapacity, request))).code == "PERMISSION_DENIED"
