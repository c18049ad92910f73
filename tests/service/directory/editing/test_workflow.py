"""Owners write, an editor approves, the last approved version stays public (issue 7 item 5; SD-1)."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import grpc
import pytest

from kith.directory.v1 import entry_pb2
from kith.directory.v1 import entry_service_pb2 as pb
from kith.directory.v1.entry_pb2 import Entry, Revision
from tests.service.chassis.answers import refusal
from tests.service.directory.editing.writer import Desk, document

ORGANIZATION, SERVICE, LOCATION, AT_LOCATION = 1, 2, 3, 6


def _service(organization: Entry, **changed: Any) -> entry_pb2.Document:
    value = {"organization_id": organization.id, "name": "Youth club", "status": "active", **changed}
    return document("service", {name: part for name, part in value.items() if part is not None})


async def test_nothing_is_public_until_an_editor_approves_it(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.owner.create(_service(organization))
    assert (entry.state, entry.published_revision, entry.latest_revision) == (Entry.STATE_DRAFT, 0, 1)
    assert await desk.public(SERVICE, entry.id) is None
    entry = await desk.owner.submit(entry)
    assert await desk.public(SERVICE, entry.id) is None
    entry = await desk.editor.approve(entry)
    assert (entry.state, entry.published_revision) == (Entry.STATE_PUBLISHED, 1)
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert (public["name"], public["organization"]["name"]) == ("Youth club", "Millbrook Young People")


async def test_the_last_approved_version_stays_public(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    entry = await desk.colleague.update(entry, _service(organization, name="Youth club and café"))
    for step in (desk.colleague.submit, desk.editor.reject):
        entry = await step(entry)
        public = await desk.public(SERVICE, entry.id)
        assert public is not None
        assert public["name"] == "Youth club"
    assert (entry.published_revision, entry.latest_revision) == (1, 2)
    entry = await desk.owner.update(entry, _service(organization, name="Café"))
    entry = await desk.editor.approve(await desk.owner.submit(entry))
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert public["name"] == "Café"


async def test_history_is_whole_and_is_compared_part_by_part(desk: Desk) -> None:
    organization = await desk.organization()
    phones = [{"number": "0300 123 4567"}]
    entry = await desk.published(_service(organization, phones=phones))
    await desk.owner.update(entry, _service(organization, name="Café", alert="Shut on Friday"), "a new name")
    listed = await desk.editor.entries.ListRevisions(
        pb.ListRevisionsRequest(entry_id=entry.id), metadata=desk.editor.metadata
    )
    assert [(one.number, one.state, one.note) for one in listed.revisions] == [
        (2, Revision.STATE_DRAFT, "a new name"),
        (1, Revision.STATE_APPROVED, ""),
    ]
    assert listed.revisions[1].author != listed.revisions[1].reviewer != ""
    first = (await desk.owner.get(entry.id, 1)).revision
    assert first.document.service.phones[0].number == "0300 123 4567"
    changes = await desk.owner.compare(entry.id)
    assert changes["/name"] == ('"Youth club"', '"Café"')
    assert changes["/alert"] == ("", '"Shut on Friday"')
    assert json.loads(changes["/phones"][0])[0]["number"] == "0300 123 4567"
    assert set(changes) == {"/name", "/alert", "/phones"}
    assert await desk.owner.compare(entry.id, 2, 2) == {}


async def test_nobody_approves_what_they_wrote_or_submitted(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.editor.create(_service(organization), organisation_id=desk.owner.organisation_id)
    entry = await desk.other_editor.submit(entry)
    for editor in (desk.editor, desk.other_editor):
        for decide in (editor.approve, editor.reject):
            found = await refusal(decide(entry))
            assert (found.code, found.reason) == ("PERMISSION_DENIED", "OWN_SUBMISSION")
    assert (await desk.operator.approve(entry)).state == Entry.STATE_PUBLISHED


async def test_others_learn_nothing_of_an_entry_and_change_nothing(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    said, stranger = _service(organization), desk.stranger
    for call in (
        stranger.update(entry, said),
        stranger.submit(entry),
        stranger.withdraw(entry),
        stranger.get(entry.id),
        stranger.compare(entry.id),
        stranger.get(str(uuid4())),
        # In the name of another organisation.
        stranger.create(said),
        stranger.create(said, organisation_id=desk.owner.organisation_id),
        desk.owner.approve(entry),
    ):
        assert (await refusal(call)).code == "PERMISSION_DENIED"
    assert (await refusal(desk.editor.get(str(uuid4())))).reason == "ENTRY_NOT_FOUND"
    found = await refusal(
        stranger.entries.ListEntries(
            pb.ListEntriesRequest(organisation_id=desk.owner.organisation_id), metadata=stranger.metadata
        )
    )
    assert found.code == "PERMISSION_DENIED"


async def test_whoever_read_an_older_state_does_not_overwrite(desk: Desk) -> None:
    """Two editors on one entry: one of two updates is taken, the other is told."""
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    calls = [
        writer.update(entry, _service(organization, name=f"Name {number}"))
        for number, writer in enumerate([desk.owner, desk.colleague, desk.editor, desk.other_editor])
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    taken = [one for one in answers if isinstance(one, Entry)]
    assert [one.latest_revision for one in taken] == [2]
    refused = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert {one.code() for one in refused} == {grpc.StatusCode.ABORTED}
    assert (await refusal(desk.owner.withdraw(entry, entry.etag))).reason == "ETAG_MISMATCH"


@pytest.mark.parametrize("round_", range(3))
async def test_an_approval_beside_a_withdrawal_ends_as_one_after_the_other(desk: Desk, round_: int) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    entry = await desk.owner.submit(await desk.owner.update(entry, _service(organization, name="New")))
    approved, withdrawn = await asyncio.gather(
        desk.editor.approve(entry), desk.owner.withdraw(entry), return_exceptions=True
    )
    assert isinstance(withdrawn, Entry)
    if isinstance(approved, BaseException):
        # Withdrawn first: what waited is superseded.
        assert isinstance(approved, grpc.aio.AioRpcError)
        assert approved.code() is grpc.StatusCode.FAILED_PRECONDITION
    after = (await desk.owner.get(entry.id)).entry
    assert after.state == Entry.STATE_WITHDRAWN
    assert await desk.public(SERVICE, entry.id) is None


async def test_one_of_two_decisions_counts(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.owner.submit(await desk.owner.create(_service(organization)))
    answers = await asyncio.gather(
        desk.editor.approve(entry), desk.other_editor.reject(entry), return_exceptions=True
    )
    assert sum(isinstance(one, Entry) for one in answers) == 1
    (refused,) = [one for one in answers if not isinstance(one, Entry)]
    assert isinstance(refused, grpc.aio.AioRpcError)
    assert refused.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_request_id_makes_one_entry_however_often_it_comes(desk: Desk) -> None:
    organization = await desk.organization()
    request = pb.CreateEntryRequest(document=_service(organization), request_id=str(uuid4()))
    stub, metadata = desk.owner.entries, desk.owner.metadata
    answers = await asyncio.gather(*(stub.CreateEntry(request, metadata=metadata) for _ in range(5)))
    assert len({answer.entry.id for answer in answers}) == 1
    update = pb.UpdateEntryRequest(
        entry_id=answers[0].entry.id,
        document=_service(organization, name="B"),
        etag=answers[0].entry.etag,
        request_id=str(uuid4()),
    )
    numbers = [(await stub.UpdateEntry(update, metadata=metadata)).entry.latest_revision for _ in range(2)]
    assert numbers == [2, 2]


async def test_a_withdrawn_entry_comes_back_by_a_new_revision(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    entry = await desk.owner.withdraw(entry)
    assert await desk.owner.withdraw(entry) == entry
    assert await desk.public(SERVICE, entry.id) is None
    assert (await refusal(desk.editor.approve(entry))).metadata == {"state": "APPROVED"}
    entry = await desk.owner.submit(await desk.owner.update(entry, _service(organization)))
    entry = await desk.editor.approve(entry)
    assert entry.state == Entry.STATE_PUBLISHED
    assert await desk.public(SERVICE, entry.id) is not None


async def test_a_closed_service_is_public_and_says_so(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    stub, metadata = desk.owner.entries, desk.owner.metadata
    close = pb.CloseTemporarilyRequest(entry_id=entry.id, request_id=str(uuid4()))
    closed = (await stub.CloseTemporarily(close, metadata=metadata)).entry
    assert closed.state == Entry.STATE_TEMPORARILY_CLOSED
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert public["status"] == "temporarily closed"
    # A closure lasts through a new revision.
    entry = await desk.owner.submit(await desk.owner.update(closed, _service(organization, name="B")))
    assert (await desk.editor.approve(entry)).state == Entry.STATE_TEMPORARILY_CLOSED
    reopen = pb.ReopenRequest(entry_id=entry.id, request_id=str(uuid4()))
    await stub.Reopen(reopen, metadata=metadata)
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert (public["status"], public["name"]) == ("active", "B")
    other = pb.CloseTemporarilyRequest(entry_id=organization.id, request_id=str(uuid4()))
    found = await refusal(stub.CloseTemporarily(other, metadata=metadata))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "ENTRY_STATE")


async def test_what_a_document_names_has_to_be_there(desk: Desk) -> None:
    organization, nobody = await desk.organization(), str(uuid4())
    said = _service(
        organization,
        service_at_locations=[{"location_id": nobody}],
        attributes=[{"taxonomy_term_id": nobody}, {"taxonomy_term_id": organization.id}],
    )
    found = await refusal(desk.owner.create(said))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "UNKNOWN_REFERENCE")
    for pointer in (
        "/service_at_locations/0/location_id",
        "/attributes/0/taxonomy_term_id",
        "/attributes/1/",
    ):
        assert pointer in found.everything
    assert (await refusal(desk.owner.create(_service(Entry(id=nobody))))).reason == "UNKNOWN_REFERENCE"


async def test_faults_are_named_by_pointer_and_repeat_nothing(desk: Desk) -> None:
    organization = await desk.organization()
    said = _service(
        organization, minimum_age=9, maximum_age=4, schedules=[{"freq": "WEEKLY", "byday": "canary"}]
    )
    found = await refusal(desk.owner.create(said))
    assert (found.code, found.reason) == ("INVALID_ARGUMENT", "DOCUMENT_INVALID")
    assert set(found.fields) == {"/maximum_age", "/schedules/0/byday"}
    assert "canary" not in found.everything
    other_kind = document("location", {"location_type": "virtual"})
    assert (await refusal(desk.owner.update(organization, other_kind))).reason == "DOCUMENT_INVALID"
    taken = document("organization", {"id": organization.id, "name": "X", "description": "Y"})
    assert (await refusal(desk.owner.create(taken))).reason == "ENTRY_EXISTS"


async def test_vocabularies_are_the_editors(desk: Desk) -> None:
    needs = document("taxonomy", {"name": "Needs", "description": "What a family may need."})
    assert (await refusal(desk.owner.create(needs))).code == "PERMISSION_DENIED"
    taxonomy = await desk.editor.create(needs)
    assert taxonomy.organisation_id == ""
    taxonomy = await desk.other_editor.approve(await desk.editor.submit(taxonomy))
    assert (await desk.owner.get(taxonomy.id)).entry == taxonomy
    assert (await refusal(desk.owner.withdraw(taxonomy))).code == "PERMISSION_DENIED"
    term = await desk.editor.create(
        document("taxonomy_term", {"name": "Play", "description": "To play.", "taxonomy_id": taxonomy.id})
    )
    term = await desk.other_editor.approve(await desk.editor.submit(term))
    organization = await desk.organization()
    entry = await desk.published(_service(organization, attributes=[{"taxonomy_term_id": term.id}]))
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert public["attributes"][0]["taxonomy_term"]["taxonomy"] == "Needs"
    # The name of a vocabulary stands in every service with a term of it.
    renamed = document("taxonomy", {"name": "What families need", "description": "It."})
    taxonomy = await desk.editor.update(taxonomy, renamed)
    await desk.other_editor.approve(await desk.editor.submit(taxonomy))
    public = await desk.public(SERVICE, entry.id)
    assert public is not None
    assert public["attributes"][0]["taxonomy_term"]["taxonomy"] == "What families need"


async def test_a_part_changes_wherever_it_stands(desk: Desk) -> None:
    organization = await desk.organization()
    location = await desk.published(
        document(
            "location",
            {"location_type": "physical", "name": "Old Library", "latitude": 53.8, "longitude": -1.7},
        )
    )
    # Nowhere yet is a service delivered there, so nobody is told of it.
    assert await desk.public(LOCATION, location.id) is None
    part = str(uuid4())
    at = [{"id": part, "location_id": location.id}]
    entry = await desk.published(_service(organization, service_at_locations=at))
    assert (await desk.public(LOCATION, location.id) or {})["name"] == "Old Library"
    assert (await desk.public(AT_LOCATION, part) or {})["location"]["name"] == "Old Library"
    moved = document(
        "location", {"location_type": "physical", "name": "New Library", "latitude": 53.8, "longitude": -1.7}
    )
    location = await desk.editor.approve(await desk.owner.submit(await desk.owner.update(location, moved)))
    assert (await desk.public(AT_LOCATION, part) or {})["location"]["name"] == "New Library"
    public = await desk.public(SERVICE, entry.id) or {}
    assert public["service_at_locations"][0]["location"]["name"] == "New Library"
    await desk.owner.withdraw(entry)
    assert await desk.public(AT_LOCATION, part) is None
    assert await desk.public(LOCATION, location.id) is None


async def test_an_organization_takes_its_services_with_it_and_brings_them_back(desk: Desk) -> None:
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    organization = await desk.owner.withdraw(organization)
    assert await desk.public(ORGANIZATION, organization.id) is None
    assert await desk.public(SERVICE, entry.id) is None
    said = document("organization", {"name": "Back again", "description": "Yes."})
    organization = await desk.owner.submit(await desk.owner.update(organization, said))
    await desk.editor.approve(organization)
    assert (await desk.public(SERVICE, entry.id) or {})["organization"]["name"] == "Back again"


@pytest.mark.parametrize("round_", range(3))
async def test_two_changes_at_once_both_show(desk: Desk, round_: int) -> None:
    """A service and the organization it names, approved at the same moment: nothing old stays in either."""
    organization = await desk.organization()
    entry = await desk.published(_service(organization))
    entry = await desk.owner.submit(
        await desk.owner.update(entry, _service(organization, name="New service"))
    )
    said = document("organization", {"name": "New organization", "description": "Yes."})
    organization = await desk.owner.submit(await desk.owner.update(organization, said))
    await asyncio.gather(desk.editor.approve(entry), desk.other_editor.approve(organization))
    public = await desk.public(SERVICE, entry.id) or {}
    assert (public["name"], public["organization"]["name"]) == ("New service", "New organization")


async def test_everything_approved_at_once_is_all_there(desk: Desk) -> None:
    """Nobody waits for each other in a ring, and nothing old stays in any of what hangs together."""
    organization = await desk.organization()
    place = {"location_type": "virtual", "name": "Old place"}
    location = await desk.published(document("location", place))
    at = [{"location_id": location.id}]
    first = [
        await desk.published(_service(organization, name=f"Old {number}", service_at_locations=at))
        for number in range(5)
    ]
    waiting = []
    for number, entry in enumerate(first):
        said = _service(organization, name=f"New {number}", service_at_locations=at)
        waiting.append(await desk.owner.submit(await desk.owner.update(entry, said)))
    said = document("organization", {"name": "New organization", "description": "Yes."})
    waiting.append(await desk.owner.submit(await desk.owner.update(organization, said)))
    said = document("location", place | {"name": "New place"})
    waiting.append(await desk.owner.submit(await desk.owner.update(location, said)))
    await asyncio.gather(*map(desk.editor.approve, waiting))
    for number, entry in enumerate(first):
        public = await desk.public(SERVICE, entry.id) or {}
        assert public["name"] == f"New {number}"
        assert public["organization"]["name"] == "New organization"
        assert public["service_at_locations"][0]["location"]["name"] == "New place"


async def test_entries_are_listed_page_by_page_with_what_waits(desk: Desk) -> None:
    organization = await desk.organization()
    drafts = [
        await desk.owner.create(_service(organization, name=f"Service {number}")) for number in range(4)
    ]
    await desk.owner.submit(drafts[0])
    request, ids = pb.ListEntriesRequest(kind=2, page_size=3), list[str]()  # type: ignore[arg-type]
    while True:
        page = await desk.owner.entries.ListEntries(request, metadata=desk.owner.metadata)
        ids += [entry.id for entry in page.entries]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert sorted(ids) == sorted(entry.id for entry in drafts)
    waiting = await desk.editor.entries.ListEntries(
        pb.ListEntriesRequest(organisation_id=desk.owner.organisation_id, submitted=True),
        metadata=desk.editor.metadata,
    )
    assert [(entry.id, entry.display_name) for entry in waiting.entries] == [(drafts[0].id, "Service 0")]
    published = await desk.owner.entries.ListEntries(
        pb.ListEntriesRequest(state=Entry.STATE_PUBLISHED), metadata=desk.owner.metadata
    )
    assert [entry.id for entry in published.entries] == [organization.id]
