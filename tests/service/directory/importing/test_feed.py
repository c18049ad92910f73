"""A publisher's feed taken in: staged, looked at, approved, public; again and again (issue 7 no. 7, SD-1)."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from kith.directory.v1 import entry_service_pb2
from kith.directory.v1 import import_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Service
from kith.directory.v1.entry_pb2 import ENTRY_KIND_LOCATION, ENTRY_KIND_ORGANIZATION
from kith.directory.v1.entry_service_pb2_grpc import EntryServiceStub
from kith.directory.v1.import_run_pb2 import ColumnMapping, ImportRecord, ImportRun, ImportSource, TermMapping
from tests.fixtures.eventually import eventually
from tests.service.chassis.answers import bearer, refusal
from tests.service.directory.importing.conftest import Desk
from tests.service.directory.importing.publisher import Publisher, a_service


def names(records: list[ImportRecord]) -> list[str]:
    return sorted(record.display_name for record in records)


async def test_what_an_editor_approves_is_public_and_not_before(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(number) for number in range(7)]
    source = await desk.source(publisher.base_url)
    run = await desk.fetch(source)
    assert run.state == ImportRun.STATE_IN_REVIEW
    # Seven services, seven locations and their organisation.
    assert run.counts.new == run.counts.undecided == 15
    assert await desk.public(source) == {}
    run = await desk.approve(run)
    assert run.state == ImportRun.STATE_COMPLETED
    public = await desk.public(source)
    assert sorted(public) == [f"Toddler group {number}" for number in range(7)]
    one = public["Toddler group 3"]
    assert one["organization"]["name"] == "Riverside Playgroups"
    assert one["service_at_locations"][0]["location"]["addresses"][0]["postal_code"] == "AB1 2CD"
    said = "SELECT DISTINCT r.reviewer, r.provenance FROM revision AS r JOIN entry AS e ON e.id = r.entry_id"
    [revision] = await desk.query(said + " WHERE e.source_id = $1", source.id)
    assert revision["reviewer"] == "editor-1"
    assert json.loads(revision["provenance"])[""]["source"] == source.id
    # The publisher's word of when somebody last confirmed it.
    assert one["assured_date"] == "2026-01-05"


async def test_services_in_full_are_asked_for_where_the_list_has_overviews(
    desk: Desk, publisher: Publisher
) -> None:
    publisher.services = [a_service(number) for number in range(5)]
    publisher.full_list = False
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    public = await desk.public(source)
    assert [one["schedules"][0]["byday"] for one in public.values()] == ["MO,WE"] * 5
    assert sum(path.startswith("/api/services/") for path in publisher.asked) == 5


async def test_the_same_feed_changes_nothing_whatever_its_order(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(number) for number in range(8)]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    before = await desk.query(_STATE, source.id)
    publisher.services.reverse()
    publisher.per_page = 5
    again = await desk.fetch(source)
    # Nothing to decide: the editor is not asked.
    assert again.state == ImportRun.STATE_COMPLETED
    assert again.counts.unchanged == 17
    assert await desk.query(_STATE, source.id) == before


async def test_only_what_changed_is_asked_for_and_shown_field_by_field(
    desk: Desk, publisher: Publisher
) -> None:
    publisher.services = [a_service(number) for number in range(4)]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    publisher.services[2] |= {"description": "Now with a garden.", "last_modified": "2099-01-01T00:00:00Z"}
    publisher.asked.clear()
    run = await desk.fetch(source, ImportRun.SCOPE_UNSPECIFIED)
    assert run.scope == ImportRun.SCOPE_CHANGES
    assert all("modified_after=" in path for path in publisher.asked)
    # What a run of changes does not meet has not vanished.
    assert (run.counts.changed, run.counts.vanished) == (1, 0)
    [record] = await desk.records(run, ImportRecord.OUTCOME_CHANGED)
    assert [(change.field, change.before, change.after, change.conflict) for change in record.changes] == [
        ("/description", '"Songs and play for under fives."', '"Now with a garden."', False)
    ]
    await desk.approve(run)
    assert (await desk.public(source))["Toddler group 2"]["description"] == "Now with a garden."


async def test_a_vanished_service_is_marked_and_comes_back(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(number) for number in range(10)]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    gone = publisher.services.pop()
    run = await desk.fetch(source)
    assert names(await desk.records(run, ImportRecord.OUTCOME_VANISHED)) == ["Toddler group 9"]
    assert not run.loss_held
    await desk.approve(run)
    assert [row["vanished"] for row in await desk.query(_VANISHED, source.id)] == [True]
    # It is marked, not deleted.
    assert "Toddler group 9" in await desk.public(source)
    # Told once.
    assert (await desk.fetch(source)).counts.vanished == 0
    publisher.services.append(gone)
    run = await desk.fetch(source)
    assert names(await desk.records(run, ImportRecord.OUTCOME_RETURNED)) == ["Toddler group 9"]
    await desk.approve(run)
    assert await desk.query(_VANISHED, source.id) == []


async def test_a_feed_that_lost_much_marks_nothing_until_an_editor_confirms(
    desk: Desk, publisher: Publisher
) -> None:
    publisher.services = [a_service(number) for number in range(5)]
    source = await desk.source(publisher.base_url, loss_limit_percent=30)
    await desk.take_in(source)
    publisher.services = [a_service(0, name="Toddler group zero")]
    run = await desk.fetch(source)
    assert run.loss_held
    assert run.counts.vanished == 4
    # What changed is taken; the loss is left.
    run = await desk.approve(run)
    assert (run.state, run.loss_held) == (ImportRun.STATE_IN_REVIEW, True)
    assert await desk.query(_VANISHED, source.id) == []
    assert "Toddler group zero" in await desk.public(source)
    refused = await refusal(desk.approve(run))
    assert (refused.reason, refused.metadata) == ("IMPORT_LOSS_NOT_CONFIRMED", {"vanished": "4"})
    run = await desk.approve(run, loss_confirmed=True)
    assert run.state == ImportRun.STATE_COMPLETED
    assert len(await desk.query(_VANISHED, source.id)) == 4


async def test_an_editor_may_approve_some_and_what_they_need_comes_along(
    desk: Desk, publisher: Publisher
) -> None:
    publisher.services = [a_service(number) for number in range(3)]
    source = await desk.source(publisher.base_url)
    run = await desk.fetch(source)
    [chosen] = [one for one in await desk.records(run) if one.display_name == "Toddler group 1"]
    run = await desk.approve(run, chosen.id)
    assert run.state == ImportRun.STATE_IN_REVIEW
    assert list(await desk.public(source)) == ["Toddler group 1"]
    applied = [one for one in await desk.records(run) if one.decision == ImportRecord.DECISION_APPLIED]
    assert {one.kind for one in applied} > {ENTRY_KIND_ORGANIZATION, ENTRY_KIND_LOCATION}
    request = pb.RejectRunRequest(run_id=run.id, request_id=str(uuid4()))
    rejected = (await desk.stub.RejectRun(request, metadata=desk.metadata)).run
    assert rejected.state == ImportRun.STATE_REJECTED
    assert list(await desk.public(source)) == ["Toddler group 1"]
    # What was rejected is there to be decided on next time.
    assert (await desk.fetch(source)).counts.undecided == 4


@pytest.mark.parametrize("takes_published", [False, True])
async def test_a_local_edit_outranks_the_feed_and_is_shown(
    desk: Desk, publisher: Publisher, takes_published: bool
) -> None:
    publisher.services = [a_service(1)]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    await _edit(desk, (await desk.public(source))["Toddler group 1"]["id"], description="Ours is better.")
    publisher.services = [a_service(1, description="Theirs.", email="new@example.org")]
    run = await desk.fetch(source)
    assert run.counts.conflicting == 1
    [record] = await desk.records(run, ImportRecord.OUTCOME_CHANGED)
    met = {change.field: (change.before, change.after) for change in record.changes if change.conflict}
    assert met == {"/description": ('"Ours is better."', '"Theirs."')}
    conflicts = pb.ApproveRunRequest.CONFLICTS_TAKE_PUBLISHED if takes_published else 0
    await desk.approve(run, conflicts=conflicts)
    one = (await desk.public(source))["Toddler group 1"]
    assert one["email"] == "new@example.org"
    assert one["description"] == ("Theirs." if takes_published else "Ours is better.")
    # Decided: the same feed asks no more.
    assert (await desk.fetch(source)).state == ImportRun.STATE_COMPLETED


async def test_what_was_withdrawn_here_stays_withdrawn(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(1)]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    entry_id = (await desk.public(source))["Toddler group 1"]["id"]
    request = entry_service_pb2.WithdrawEntryRequest(entry_id=entry_id, request_id=str(uuid4()))
    await EntryServiceStub(desk.channel).WithdrawEntry(request, metadata=_editor(desk, "editor-2"))
    publisher.services = [a_service(1, description="Still here.")]
    run = await desk.fetch(source)
    assert run.state == ImportRun.STATE_COMPLETED
    assert await desk.public(source) == {}


async def test_terms_nobody_has_mapped_are_told_and_mapped_ones_are_ours(
    desk: Desk, publisher: Publisher
) -> None:
    publisher.services = [a_service(number) for number in range(3)]
    source = await desk.source(publisher.base_url)
    run = await desk.take_in(source)
    found = await desk.stub.ListUnknownTerms(
        pb.ListUnknownTermsRequest(run_id=run.id), metadata=desk.metadata
    )
    assert [(one.taxonomy, one.term, one.use_count) for one in found.unknown_terms] == [
        ("Riverside categories", "Play", 3)
    ]
    [term_id] = [row["id"] for row in await desk.query("SELECT id FROM entry WHERE kind = 5 LIMIT 1")]
    mapping = TermMapping(
        taxonomy="RIVERSIDE categories",
        term="play",
        taxonomy_term_id=str(term_id),
        service_kind=Service.KIND_FAMILY_SUPPORT,
    )
    request = pb.UpdateSourceRequest(
        source_id=source.id,
        term_mappings=pb.UpdateSourceRequest.TermMappings(term_mappings=[mapping]),
        request_id=str(uuid4()),
    )
    await desk.stub.UpdateSource(request, metadata=desk.metadata)
    # The publisher has changed nothing, and yet everything is asked for.
    run = await desk.fetch(source, ImportRun.SCOPE_UNSPECIFIED)
    assert (run.scope, run.counts.changed) == (ImportRun.SCOPE_FULL, 3)
    await desk.approve(run)
    one = (await desk.public(source))["Toddler group 1"]
    assert str(term_id) in {attribute["taxonomy_term"]["id"] for attribute in one["attributes"]}


async def test_a_service_here_from_elsewhere_is_hinted_at(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(1, name="The Only Anchor Café")]
    await desk.take_in(await desk.source(publisher.base_url))
    other = await desk.source(publisher.base_url)
    publisher.services = [a_service(1, name="THE ONLY anchor café!")]
    run = await desk.fetch(other)
    assert run.counts.duplicate == 1
    [record] = [one for one in await desk.records(run) if one.display_name == "THE ONLY anchor café!"]
    [first] = record.duplicate_ids
    # Two sources that use the same ids are told apart.
    assert first != record.id


async def test_a_source_is_asked_by_its_schedule_unless_it_is_paused(
    desk: Desk, publisher: Publisher, days_later: Callable[[int], None]
) -> None:
    publisher.services = [a_service(1)]
    source = await desk.source(publisher.base_url, interval_hours=24)
    first = await eventually(lambda: _runs(desk, source, 1))
    await desk.approve(await desk.at_rest(first[0]))
    days_later(2)
    runs = await eventually(lambda: _runs(desk, source, 2))
    assert (await desk.at_rest(runs[0])).state == ImportRun.STATE_COMPLETED
    request = pb.PauseSourceRequest(source_id=source.id, request_id=str(uuid4()))
    await desk.stub.PauseSource(request, metadata=desk.metadata)
    start = pb.StartRunRequest(source_id=source.id, request_id=str(uuid4()))
    assert (await refusal(desk.stub.StartRun(start, metadata=desk.metadata))).reason == "IMPORT_SOURCE_PAUSED"


async def test_what_was_sent_is_kept_sealed_and_not_for_ever(
    desk: Desk, publisher: Publisher, days_later: Callable[[int], None]
) -> None:
    publisher.services = [a_service(1, description="A quite remarkable description")]
    source = await desk.source(publisher.base_url)
    run = await desk.fetch(source)
    [raw] = await desk.query("SELECT sealed FROM import_raw WHERE run_id = $1", run.id)
    assert b"remarkable" not in raw["sealed"]
    days_later(31)
    kept = "SELECT 1 FROM import_raw WHERE run_id = $1"
    await eventually(lambda: _is_empty(desk, kept, run.id))


async def test_a_run_that_waits_gives_way_to_the_next(desk: Desk, publisher: Publisher) -> None:
    publisher.services = [a_service(1)]
    source = await desk.source(publisher.base_url)
    waiting = await desk.fetch(source)
    await desk.fetch(source)
    assert (await desk.get(waiting)).state == ImportRun.STATE_SUPERSEDED
    assert (await refusal(desk.approve(waiting))).reason == "IMPORT_RUN_STATE"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"base_url": "ftp://example.org/"}, "base_url"),
        ({"base_url": "https://user:secret@example.org/"}, "base_url"),
        ({"base_url": "https://example.org/?key=1"}, "base_url"),
        ({"base_url": "https://example.org/", "allowed_hosts": ["other.example"]}, "allowed_hosts"),
        ({"column_mappings": [ColumnMapping(heading="Name", field="title")]}, "column_mappings[0].field"),
    ],
)
async def test_a_source_that_could_not_work_is_refused(
    desk: Desk, changed: dict[str, Any], field: str
) -> None:
    refused = await refusal(desk.source(**changed))
    assert refused.code == "INVALID_ARGUMENT"
    assert list(refused.fields) == [field]


async def test_sources_are_listed_and_need_their_scope(desk: Desk) -> None:
    source = await desk.source("https://example.org/api")
    assert source.allowed_hosts == ["example.org"]
    listed: list[str] = []
    request = pb.ListSourcesRequest(page_size=2)
    while True:
        page = await desk.stub.ListSources(request, metadata=desk.metadata)
        listed += [one.id for one in page.sources]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert source.id in listed
    assert len(listed) == len(set(listed))
    without = bearer(desk.issuer.token(scope="directory.edit directory.read"))
    assert (await refusal(desk.stub.ListSources(request, metadata=without))).code == "PERMISSION_DENIED"


async def _runs(desk: Desk, source: ImportSource, number: int) -> list[ImportRun]:
    found = await desk.stub.ListRuns(pb.ListRunsRequest(source_id=source.id), metadata=desk.metadata)
    return list(found.runs) if len(found.runs) >= number else []


async def _is_empty(desk: Desk, statement: str, *arguments: Any) -> bool:
    return not await desk.query(statement, *arguments)


async def _edit(desk: Desk, entry_id: str, **changed: Any) -> None:
    """Change fields of a service as its owner does, with an editor's approval."""
    stub = EntryServiceStub(desk.channel)
    writer, editor = _editor(desk, "writer"), _editor(desk, "editor-2")
    found = await stub.GetEntry(entry_service_pb2.GetEntryRequest(entry_id=entry_id), metadata=writer)
    document = found.revision.document
    for name, value in changed.items():
        setattr(document.service, name, value)
    entry = (
        await stub.UpdateEntry(
            entry_service_pb2.UpdateEntryRequest(
                entry_id=entry_id, document=document, etag=found.entry.etag, request_id=str(uuid4())
            ),
            metadata=writer,
        )
    ).entry
    number = entry.latest_revision
    submit = entry_service_pb2.SubmitRevisionRequest(
        entry_id=entry_id, number=number, request_id=str(uuid4())
    )
    await stub.SubmitRevision(submit, metadata=writer)
    approve = entry_service_pb2.ApproveRevisionRequest(
        entry_id=entry_id, number=number, request_id=str(uuid4())
    )
    await stub.ApproveRevision(approve, metadata=editor)


def _editor(desk: Desk, subject: str) -> tuple[tuple[str, str], ...]:
    return bearer(desk.issuer.token(sub=subject, scope="directory.edit directory.approve"))


_STATE = """
SELECT e.id, e.latest_revision, e.update_time, p.etag, p.modified_time
  FROM entry AS e
  LEFT JOIN publication AS p ON p.entry_id = e.id
 WHERE e.source_id = $1
 ORDER BY e.id, p.id
"""
_VANISHED = "SELECT vanished_time IS NOT NULL AS vanished FROM entry WHERE source_id = $1 AND vanished_time IS NOT NULL"
