"""CSV uploaded in pieces (DESIGN 7): all that a publisher has, each time."""

from uuid import uuid4

from kith.directory.v1 import import_service_pb2 as pb
from kith.directory.v1.import_run_pb2 import ColumnMapping, ImportRun
from tests.service.chassis.answers import bearer, refusal
from tests.service.directory.importing.conftest import Desk
from tests.service.directory.importing.publisher import Publisher

FILE = (
    "Ref,Group,Telephone,What we do\r\n"
    '1,Café “Zoë”,020 7946 0018,"Soup,\r\nand songs"\r\n'
    "2,Anchor,+44 20 7946 0018,=cmd|' /C calc'!A0\r\n"
    "3,Beacon\r\n"
).encode("cp1252")
COLUMNS = [
    ColumnMapping(heading=heading, field=field)
    for heading, field in {
        "Ref": "id",
        "Group": "name",
        "Telephone": "phone",
        "What we do": "description",
    }.items()
]


async def test_a_file_is_taken_in_and_again_changes_nothing(desk: Desk) -> None:
    source = await desk.source(column_mappings=COLUMNS)
    run = await desk.upload(source, FILE, piece=50)
    assert (run.state, run.counts.new, run.counts.invalid) == (ImportRun.STATE_IN_REVIEW, 3, 1)
    [invalid] = [one for one in await desk.records(run) if one.problems]
    assert (invalid.publisher_id, invalid.problems[0].reason) == ("row 4", "column_count")
    await desk.approve(run)
    public = await desk.public(source)
    assert sorted(public) == ["Anchor", "Café “Zoë”"]
    assert public["Café “Zoë”"]["description"] == "Soup,\nand songs"
    assert public["Anchor"]["phones"][0]["number"] == "+44 20 7946 0018"
    assert not public["Anchor"]["description"].startswith("=")
    # In pieces of another size it is the same file.
    again = await desk.upload(source, FILE, piece=7)
    assert (again.state, again.counts.unchanged, again.counts.vanished) == (ImportRun.STATE_COMPLETED, 3, 0)


async def test_a_row_that_is_gone_has_vanished(desk: Desk) -> None:
    source = await desk.source(column_mappings=COLUMNS, loss_limit_percent=60)
    await desk.approve(await desk.upload(source, FILE))
    without = b"\n".join(line for line in FILE.split(b"\n") if not line.startswith(b"2,"))
    run = await desk.upload(source, without)
    assert run.counts.vanished == 1


async def test_a_file_that_is_none_fails_where_it_does(desk: Desk) -> None:
    source = await desk.source(column_mappings=COLUMNS)
    run = await desk.upload(source, FILE + b'4,"' + b"x\n" * 100_000)
    assert (run.failure, run.failure_row) == (ImportRun.FAILURE_NOT_CSV, 5)
    assert await desk.public(source) == {}


async def test_pieces_come_in_order_and_stay_as_they_were(desk: Desk) -> None:
    source = await desk.source()
    begun = await desk.stub.BeginCsv(
        pb.BeginCsvRequest(source_id=source.id, request_id=str(uuid4())), metadata=desk.metadata
    )

    async def append(number: int, content: bytes) -> ImportRun:
        request = pb.AppendCsvRequest(run_id=begun.run.id, number=number, content=content)
        return (await desk.stub.AppendCsv(request, metadata=desk.metadata)).run

    async def commit(count: int) -> None:
        request = pb.CommitCsvRequest(run_id=begun.run.id, piece_count=count, request_id=str(uuid4()))
        await desk.stub.CommitCsv(request, metadata=desk.metadata)

    assert (await append(1, b"name\n")).page_count == 1
    # A retry of what arrived.
    assert (await append(1, b"name\n")).page_count == 1
    for call in (append(1, b"other\n"), append(3, b"Anchor\n"), commit(2)):
        refused = await refusal(call)
        assert (refused.reason, refused.metadata) == ("IMPORT_PIECE_OUT_OF_ORDER", {"next_number": "2"})
    await append(2, b"Anchor\n")
    await commit(2)
    run = await desk.at_rest(begun.run)
    assert run.counts.new == 2
    assert (await refusal(append(3, b"Beacon\n"))).reason == "IMPORT_RUN_STATE"


async def test_feeds_and_files_are_not_mixed_up(desk: Desk, publisher: Publisher) -> None:
    file, feed = await desk.source(), await desk.source(publisher.base_url)
    begin = pb.BeginCsvRequest(source_id=feed.id, request_id=str(uuid4()))
    assert (await refusal(desk.stub.BeginCsv(begin, metadata=desk.metadata))).reason == "IMPORT_SOURCE_KIND"
    assert (await refusal(desk.start(file))).reason == "IMPORT_SOURCE_KIND"


async def test_nobody_approves_what_they_uploaded(desk: Desk) -> None:
    """As with a revision; what a client of the platform uploads by night has no person who would look at it twice."""
    file = await desk.source(column_mappings=COLUMNS)
    run = await desk.upload(file, FILE, uploader=desk.metadata)
    assert (await refusal(desk.approve(run))).reason == "OWN_SUBMISSION"
    assert await desk.public(file) == {}
    request = pb.ApproveRunRequest(run_id=run.id, request_id=str(uuid4()))
    await desk.stub.ApproveRun(request, metadata=desk.uploader)
    await desk.at_rest(run)
    assert sorted(await desk.public(file)) == ["Anchor", "Café “Zoë”"]
    client = bearer(
        desk.issuer.token(kind="system", client_id="loader", sub="loader", org="", scope="directory.import")
    )
    file = await desk.source(column_mappings=COLUMNS)
    run = await desk.upload(file, FILE, uploader=client)
    request = pb.ApproveRunRequest(run_id=run.id, request_id=str(uuid4()))
    await desk.stub.ApproveRun(request, metadata=client)
    assert (await desk.at_rest(run)).state == ImportRun.STATE_COMPLETED


async def test_nobody_ends_what_another_uploads(desk: Desk) -> None:
    begin = pb.BeginCsvRequest(source_id=(await desk.source()).id, request_id=str(uuid4()))
    run = (await desk.stub.BeginCsv(begin, metadata=desk.metadata)).run
    append = pb.AppendCsvRequest(run_id=run.id, number=1, content=FILE)
    commit = pb.CommitCsvRequest(run_id=run.id, piece_count=1, request_id=str(uuid4()))
    for call in (
        desk.stub.AppendCsv(append, metadata=desk.uploader),
        desk.stub.CommitCsv(commit, metadata=desk.uploader),
    ):
        assert (await refusal(call)).code == "PERMISSION_DENIED"
