"""One click says that an entry is still correct; who may, and what owners and editors see (issue 7, no. 4)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import grpc
import pytest
import pytest_asyncio

from kith.directory.v1 import quality_service_pb2 as pb
from kith.directory.v1.entry_pb2 import Entry
from kith.directory.v1.quality_pb2 import Finding, Review
from kith.directory.v1.quality_service_pb2_grpc import QualityServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer, refusal, until
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Metadata
from tests.service.directory.quality.shelf import Shelf


@pytest_asyncio.fixture
async def shelf(directory: ServiceProcess) -> AsyncIterator[Shelf]:
    """Entries of the running directory, written a hundred days ago."""
    connection = await asyncpg.connect(directory.database.app_dsn)
    try:
        yield Shelf(connection, datetime.now(UTC) - timedelta(days=100))
    finally:
        await connection.close()


@pytest.fixture
def quality(directory: ServiceProcess) -> QualityServiceStub:
    return QualityServiceStub(directory.channel)


@pytest.fixture
def editor(issuer: Issuer) -> Metadata:
    return bearer(issuer.token(sub="editor", org=str(uuid4()), scope="directory.edit directory.approve"))


def person(issuer: Issuer, organisation_id: UUID, sub: str = "person-1") -> Metadata:
    return bearer(issuer.token(sub=sub, org=str(organisation_id), scope="directory.edit"))


def click(entry_id: UUID, revision: int = 1) -> pb.ConfirmEntryRequest:
    confirmed = pb.ConfirmedRevision(entry_id=str(entry_id), revision=revision)
    return pb.ConfirmEntryRequest(confirmed=confirmed, request_id=str(uuid4()))


async def looked_at(
    quality: QualityServiceStub,
    entry_id: UUID,
    metadata: Metadata,
    state: Review.State = Review.STATE_CURRENT,
) -> pb.GetEntryQualityResponse:
    """The quality of an entry, once rounds have looked at it and its review stands so."""
    found: list[pb.GetEntryQualityResponse] = []

    async def known() -> bool:
        request = pb.GetEntryQualityRequest(entry_id=str(entry_id))
        try:
            found[:] = [await quality.GetEntryQuality(request, metadata=metadata)]
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
            return False
        return found[0].review.state == state

    await until(known)
    return found[0]


async def test_a_click_is_public_at_once_changes_no_revision_and_is_kept(
    quality: QualityServiceStub, shelf: Shelf, issuer: Issuer
) -> None:
    owner = await shelf.organisation(email="desk@borough.example")
    service = await shelf.service(owner)
    metadata = person(issuer, owner)
    before = await shelf.entry(service)
    assert "assured_date" not in (await shelf.public(service) or {})
    done = await quality.ConfirmEntry(click(service), metadata=metadata)
    assert (done.confirmation.revision, done.confirmation.confirmer) == (1, "person-1")
    after = await shelf.entry(service)
    assert (after.latest_revision, after.published_revision) == (1, 1)
    assert after.etag != before.etag
    said = await shelf.public(service)
    assert said is not None
    assert said["assured_date"] == datetime.now(UTC).date().isoformat()
    # The organisation's address, never that of who clicked.
    assert said["assurer_email"] == "desk@borough.example"
    listed = await quality.ListConfirmations(
        pb.ListConfirmationsRequest(entry_id=str(service)), metadata=metadata
    )
    assert list(listed.confirmations) == [done.confirmation]


async def test_a_click_that_comes_twice_counts_once(
    quality: QualityServiceStub, shelf: Shelf, issuer: Issuer
) -> None:
    owner = await shelf.organisation()
    request, metadata = click(owner), person(issuer, owner)
    first = await quality.ConfirmEntry(request, metadata=metadata)
    assert await quality.ConfirmEntry(request, metadata=metadata) == first
    assert (
        await shelf.connection.fetchval("SELECT count(*) FROM confirmation WHERE entry_id = $1", owner) == 1
    )


async def test_several_are_confirmed_at_once_all_or_none(
    quality: QualityServiceStub, shelf: Shelf, issuer: Issuer
) -> None:
    owner = await shelf.organisation()
    services = [await shelf.service(owner) for _ in range(3)]
    await shelf.revise(services[2], name="Something else")
    metadata = person(issuer, owner)

    def batch(*revisions: int) -> pb.BatchConfirmEntriesRequest:
        chosen = [
            pb.ConfirmedRevision(entry_id=str(one), revision=revision)
            for one, revision in zip(services, revisions, strict=True)
        ]
        return pb.BatchConfirmEntriesRequest(confirmed=chosen, request_id=str(uuid4()))

    refused = await refusal(quality.BatchConfirmEntries(batch(1, 1, 1), metadata=metadata))
    assert (refused.code, refused.reason) == ("ABORTED", "REVISION_CHANGED")
    assert refused.metadata == {"entry_id": str(services[2])}
    assert (await shelf.entry(services[0])).assured_time is None
    done = await quality.BatchConfirmEntries(batch(1, 1, 2), metadata=metadata)
    assert [one.entry_id for one in done.confirmations] == [str(one) for one in services]
    assert all([(await shelf.entry(one)).assured_time for one in services])
    services[1] = services[0]
    twice = await refusal(quality.BatchConfirmEntries(batch(1, 1, 2), metadata=metadata))
    assert twice.fields == {"confirmed": "must not name an entry twice"}


async def test_owners_confirm_what_is_theirs_and_editors_everything(
    quality: QualityServiceStub, shelf: Shelf, issuer: Issuer, editor: Metadata, reader: Metadata
) -> None:
    owner = await shelf.organisation()
    service = await shelf.service(owner)
    stranger = person(issuer, uuid4())
    report = pb.GetQualityReportRequest(organisation_id=str(owner))
    for metadata in (stranger, reader):
        calls: list[Any] = [
            quality.ConfirmEntry(click(service), metadata=metadata),
            quality.ConfirmEntry(click(uuid4()), metadata=metadata),
            quality.ListConfirmations(pb.ListConfirmationsRequest(entry_id=str(service)), metadata=metadata),
            quality.GetEntryQuality(pb.GetEntryQualityRequest(entry_id=str(service)), metadata=metadata),
            quality.ListReviews(pb.ListReviewsRequest(organisation_id=str(owner)), metadata=metadata),
            quality.ListFindings(pb.ListFindingsRequest(organisation_id=str(owner)), metadata=metadata),
            quality.GetQualityReport(report, metadata=metadata),
            quality.GetHiding(pb.GetHidingRequest(), metadata=metadata),
            quality.AllowHiding(
                pb.AllowHidingRequest(allowed_count=1, request_id=str(uuid4())), metadata=metadata
            ),
        ]
        assert {(await refusal(call)).code for call in calls} == {"PERMISSION_DENIED"}
    own = await quality.GetQualityReport(pb.GetQualityReportRequest(), metadata=stranger)
    assert own.current.entry_count == 0
    done = await quality.ConfirmEntry(click(service), metadata=editor)
    assert done.confirmation.confirmer == "editor"
    await looked_at(quality, service, editor)
    assert (await quality.GetQualityReport(pb.GetQualityReportRequest(), metadata=editor)).current.entry_count


@pytest.mark.parametrize("state", [Entry.STATE_WITHDRAWN, Entry.STATE_DRAFT])
async def test_what_is_not_public_is_not_confirmed(
    quality: QualityServiceStub, shelf: Shelf, issuer: Issuer, state: Entry.State
) -> None:
    owner = await shelf.organisation()
    service = await shelf.service(owner)
    await shelf.change(service, state=state)
    refused = await refusal(quality.ConfirmEntry(click(service), metadata=person(issuer, owner)))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "NOT_TO_BE_CONFIRMED")


async def test_the_owner_sees_what_to_confirm_what_to_fix_and_what_is_missing(
    quality: QualityServiceStub, shelf: Shelf, issuer: Issuer
) -> None:
    owner = await shelf.organisation()
    services = [await shelf.service(owner, name=f"Service {n}", status="defunct") for n in range(3)]
    refuge = await shelf.service(owner, name="Refuge", kith={"kind": "KIND_DOMESTIC_ABUSE"})
    metadata = person(issuer, owner)
    # Written a hundred days ago, and to be confirmed every ninety-one.
    found = await looked_at(quality, refuge, metadata, Review.STATE_ASKED)
    assert "Say for which ages it is." in {part.advice for part in found.missing_parts}
    assert 0 < found.review.completeness < 100
    for one in services:
        await looked_at(quality, one, metadata)
    asked = await quality.ListReviews(pb.ListReviewsRequest(), metadata=metadata)
    assert [review.entry_id for review in asked.reviews] == [str(refuge)]

    # Soonest first, page by page; the refuge's is overdue.
    listed, token = [], ""
    while True:
        request = pb.ListReviewsRequest(days_ahead=365, page_size=2, page_token=token)
        page = await quality.ListReviews(request, metadata=metadata)
        listed += list(page.reviews)
        token = page.next_page_token
        if not token:
            break
    assert listed[0].display_name == "Refuge"
    assert {review.entry_id for review in listed} == {str(owner), str(refuge), *map(str, services)}
    days = [(review.due_date.year, review.due_date.month, review.due_date.day) for review in listed]
    assert days == sorted(days)

    wrong, token = [], ""
    while True:
        asking = pb.ListFindingsRequest(page_size=2, page_token=token)
        found_page = await quality.ListFindings(asking, metadata=metadata)
        wrong += list(found_page.findings)
        token = found_page.next_page_token
        if not token:
            break
    assert {one.entry_id for one in wrong} == set(map(str, services))
    assert {one.sentence for one in wrong} == {"It is public and says that it is no longer active."}
    only = pb.ListFindingsRequest(kind=Finding.KIND_PHONE_MALFORMED)
    assert not (await quality.ListFindings(only, metadata=metadata)).findings

    report = await quality.GetQualityReport(
        pb.GetQualityReportRequest(organisation_id=str(owner)), metadata=metadata
    )
    assert (report.current.entry_count, report.current.assured_count) == (5, 4)
    assert [(one.kind, one.count) for one in report.current.findings] == [(Finding.KIND_NOT_ACTIVE, 3)]


async def test_hiding_that_does_not_wait_is_not_allowed_anything(
    quality: QualityServiceStub, editor: Metadata
) -> None:
    state = await quality.GetHiding(pb.GetHidingRequest(), metadata=editor)
    assert not state.hiding.held
    request = pb.AllowHidingRequest(allowed_count=5, request_id=str(uuid4()))
    refused = await refusal(quality.AllowHiding(request, metadata=editor))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "HIDING_NOT_HELD")


async def test_bad_input_names_its_fields(quality: QualityServiceStub, editor: Metadata) -> None:
    confirmed = pb.ConfirmEntryRequest(confirmed=pb.ConfirmedRevision(entry_id="x"), request_id="y")
    found = await refusal(quality.ConfirmEntry(confirmed, metadata=editor))
    assert set(found.fields) == {"confirmed.entry_id", "confirmed.revision", "request_id"}
    token = pb.ListReviewsRequest(page_token="made up")
    assert set((await refusal(quality.ListReviews(token, metadata=editor))).fields) == {"page_token"}
