"""Publications one by one, in lists and all at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from kith.directory.v1 import publication_service_pb2 as pb
from services.directory.finding.store import PIECE_BYTES
from tests.fixtures.eventually import eventually
from tests.fixtures.publications import Organization, Table
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.issuer import Issuer
from tests.service.directory.finding.conftest import Reader

TERM, ORGANIZATION = pb.PUBLICATION_KIND_TAXONOMY_TERM, pb.PUBLICATION_KIND_ORGANIZATION


async def test_a_publication_has_an_etag_that_saves_its_json(table: Table, reads: Reader) -> None:
    thing = uuid4()
    etag = await table.put(ORGANIZATION, thing, {"id": str(thing), "name": "Trust"}, thing)
    request = pb.GetPublicationRequest(kind=ORGANIZATION, id=str(thing), if_none_match=["other", "another"])
    first = await reads.stub.GetPublication(request, metadata=reads.metadata)
    assert (first.publication.etag, first.not_modified) == (etag, False)
    assert '"Trust"' in first.publication.json
    request.if_none_match.append(etag)
    second = await reads.stub.GetPublication(request, metadata=reads.metadata)
    assert (second.not_modified, second.publication.json, second.publication.etag) == (True, "", etag)
    await table.put(ORGANIZATION, thing, {"id": str(thing), "name": "Trust anew"}, thing)
    third = await reads.stub.GetPublication(request, metadata=reads.metadata)
    assert (third.not_modified, "anew" in third.publication.json) == (False, True)


async def test_terms_are_listed_by_name_by_taxonomy_and_by_parent(table: Table, reads: Reader) -> None:
    taxonomy, parent = str(uuid4()), str(uuid4())
    for name, term_id, more in (
        ("Needs", parent, {}),
        ("zoo", str(uuid4()), {"parent_id": parent}),
        ("Autism", str(uuid4()), {"parent_id": parent}),
    ):
        await table.put(TERM, uuid4(), {"id": term_id, "name": name, "taxonomy_id": taxonomy, **more})

    async def listed(**asked: Any) -> list[str]:
        request = pb.ListPublicationsRequest(kind=TERM, taxonomy_id=taxonomy, **asked)
        page = await reads.stub.ListPublications(request, metadata=reads.metadata)
        assert page.total_items == len(page.publications)
        return [one.json.split('"name": "')[1].split('"')[0] for one in page.publications]

    async def all_there() -> bool:
        return len(await listed()) == 3

    await eventually(all_there)
    assert await listed() == ["Autism", "Needs", "zoo"]
    assert await listed(parent_id=parent) == ["Autism", "zoo"]
    assert await listed(top_only=True) == ["Needs"]
    assert await listed(text="autsim") == ["Autism"]


async def test_an_export_has_everything_once_whatever_its_pieces(table: Table, reads: Reader) -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    ids = [
        await table.service(f"Exported {n}", reads.organization, modified=moment + timedelta(days=n))
        for n in range(9)
    ]
    hidden = await table.service("Hidden", reads.organization)
    await table.hide(pb.PUBLICATION_KIND_SERVICE, hidden)
    await table.service("Somebody else's", Organization())
    for size in (1, 3, 4, 9, 10):
        pieces = await _export(reads, page_size=size)
        assert [len(piece) for piece in pieces][:-1] == [size] * (len(pieces) - 1)
        assert len(pieces) == -(-9 // size)
        assert sorted(one for piece in pieces for one in piece) == sorted(map(str, ids))
    since = await _export(reads, modified_after=moment + timedelta(days=7))
    assert sorted(since[0]) == sorted(map(str, ids[7:]))


async def test_a_piece_is_bounded_however_large_a_publication_is(table: Table, reads: Reader) -> None:
    text = "x" * (PIECE_BYTES // 2)
    ids = [await table.service("Large", reads.organization, description=text) for _ in range(4)]
    enormous = await table.service("Enormous", reads.organization, description=text * 5)
    pieces = await _export(reads, view=pb.PUBLICATION_VIEW_FULL)
    assert sorted(one for piece in pieces for one in piece) == sorted(map(str, [*ids, enormous]))
    assert max(map(len, pieces)) <= 2
    # Without the JSON they are small.
    assert len(await _export(reads, view=pb.PUBLICATION_VIEW_MINIMAL)) == 1


async def test_a_token_of_an_export_is_good_for_it_and_its_caller_only(
    table: Table, reads: Reader, issuer: Issuer
) -> None:
    for name in ("One", "Two"):
        await table.service(name, reads.organization)
    kind = pb.PUBLICATION_KIND_SERVICE
    request = pb.ExportPublicationsRequest(kind=kind, organization_id=str(reads.organization.id), page_size=1)
    piece = await reads.stub.ExportPublications(request, metadata=reads.metadata)
    assert piece.next_page_token
    request.page_token = piece.next_page_token
    other = bearer(issuer.token(scope="directory.read", sub="person-2"))
    assert (await refusal(reads.stub.ExportPublications(request, metadata=other))).code == "INVALID_ARGUMENT"
    request.kind = ORGANIZATION
    refused = await refusal(reads.stub.ExportPublications(request, metadata=reads.metadata))
    assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", ["page_token"])


async def _export(reads: Reader, **asked: Any) -> list[list[str]]:
    request = pb.ExportPublicationsRequest(
        kind=pb.PUBLICATION_KIND_SERVICE, organization_id=str(reads.organization.id), **asked
    )
    pieces = []
    while True:
        piece = await reads.stub.ExportPublications(request, metadata=reads.metadata)
        pieces.append([one.id for one in piece.publications])
        if not piece.next_page_token:
            return pieces
        request.page_token = piece.next_page_token
