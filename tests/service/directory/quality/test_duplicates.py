"""Entries of two publishers of the same thing: proposed, decided on, merged, and two again (issue 7, no. 4)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio

from kith.directory.v1 import duplicate_service_pb2 as pb
from kith.directory.v1.duplicate_pb2 import Duplicate
from kith.directory.v1.duplicate_service_pb2_grpc import DuplicateServiceStub
from services.directory.editing import store as entry_store
from services.directory.quality import duplicate_store
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer, refusal, until
from tests.service.chassis.issuer import Issuer
from tests.service.directory.conftest import Metadata
from tests.service.directory.quality.conftest import Round
from tests.service.directory.quality.shelf import Shelf

PLAYGROUP: dict[str, Any] = {
    "name": "Little Stars Playgroup",
    "description": "Play and music for two to four year olds, every morning of the week in term time, with snacks.",
    "phones": [{"number": "0161 496 0001"}],
}


async def pairs(shelf: Shelf, state: int = Duplicate.STATE_PROPOSED) -> set[frozenset[UUID]]:
    found = await duplicate_store.list_duplicates(shelf.connection, state, None, None, 100)
    return {frozenset((one.first_entry_id, one.second_entry_id)) for one in found}


async def test_the_same_service_of_two_publishers_is_proposed(shelf: Shelf, rounds: Round) -> None:
    council, charity = await shelf.organisation("Council"), await shelf.organisation("Charity of Stars")
    one = await shelf.service(council, **PLAYGROUP)
    other = await shelf.service(charity, **PLAYGROUP)
    await shelf.service(charity, name="Debt advice")
    await rounds.make()
    assert await pairs(shelf) == {frozenset((one, other))}


async def test_what_a_publisher_has_in_many_places_is_not_proposed(shelf: Shelf, rounds: Round) -> None:
    council = await shelf.organisation("Council")
    halls = [
        await shelf.location(
            council,
            addresses=[
                {
                    "address_1": "High Street",
                    "city": "Farnworth",
                    "postal_code": postcode,
                    "country": "GB",
                    "address_type": "physical",
                }
            ],
        )
        for postcode in ("BL4 7PQ", "BL1 1AA")
    ]
    for hall in halls:
        await shelf.service(council, **PLAYGROUP, service_at_locations=[{"location_id": str(hall)}])
    await rounds.make()
    assert await pairs(shelf) == set()


async def test_what_an_editor_decided_outlives_every_later_comparison(shelf: Shelf, rounds: Round) -> None:
    council, charity = await shelf.organisation("Council"), await shelf.organisation("Charity of Stars")
    one = await shelf.service(council, **PLAYGROUP)
    other = await shelf.service(charity, **PLAYGROUP)
    await rounds.make()
    [pair] = await duplicate_store.list_duplicates(
        shelf.connection, Duplicate.STATE_PROPOSED, None, None, 100
    )
    await duplicate_store.decide(shelf.connection, pair.id, Duplicate.STATE_DIFFERENT, "editor", shelf.now)
    await shelf.revise(one, email="stars@council.example")
    await rounds.make()
    assert await pairs(shelf) == set()
    assert await pairs(shelf, Duplicate.STATE_DIFFERENT) == {frozenset((one, other))}


async def test_a_proposal_goes_when_the_two_are_no_longer_alike(shelf: Shelf, rounds: Round) -> None:
    council, charity = await shelf.organisation("Council"), await shelf.organisation("Charity of Stars")
    await shelf.service(council, **PLAYGROUP)
    other = await shelf.service(charity, **PLAYGROUP)
    await rounds.make()
    assert await pairs(shelf)
    await shelf.revise(other, name="Big Moons", description="Football for teenagers on Saturdays.", phones=[])
    await rounds.make()
    assert await pairs(shelf) == set()


# Over the contract, on the running directory.


class Town:
    """Two playgroups of two publishers, and the editor who decides."""

    def __init__(self, shelf: Shelf, stub: DuplicateServiceStub, editor: Metadata) -> None:
        self.shelf = shelf
        self.stub = stub
        self.editor = editor
        self.one = self.other = self.council = UUID(int=0)

    async def open(self, **others: Any) -> Duplicate:
        """Publish the two, and return the pair that the machine proposes."""
        self.council = await self.shelf.organisation(f"Council {uuid4()}")
        charity = await self.shelf.organisation(f"Charity {uuid4()}")
        # A name of this test alone: other tests have playgroups too.
        name = f"Stars {uuid4().hex} Playgroup"
        self.one = await self.shelf.service(self.council, **(PLAYGROUP | {"name": name}))
        self.other = await self.shelf.service(charity, **(PLAYGROUP | {"name": name} | others))
        found: list[Duplicate] = []

        async def proposed() -> bool:
            request = pb.ListDuplicatesRequest(entry_id=str(self.one))
            listed = await self.stub.ListDuplicates(request, metadata=self.editor)
            both = {str(self.one), str(self.other)}
            found[:] = [
                pair for pair in listed.duplicates if {entry.entry_id for entry in pair.entries} == both
            ]
            return bool(found)

        await until(proposed)
        return found[0]

    async def decide(self, pair: Duplicate, state: Duplicate.State) -> Duplicate:
        request = pb.DecideDuplicateRequest(duplicate_id=pair.id, state=state, request_id=str(uuid4()))
        return (await self.stub.DecideDuplicate(request, metadata=self.editor)).duplicate

    def merging(
        self, pair: Duplicate, *taken: str, revisions: tuple[int, int] = (1, 1)
    ) -> pb.MergeEntriesRequest:
        return pb.MergeEntriesRequest(
            duplicate_id=pair.id,
            surviving_entry_id=str(self.one),
            taken_pointers=taken,
            revisions=revisions,
            request_id=str(uuid4()),
        )


@pytest_asyncio.fixture
async def town(directory: ServiceProcess, issuer: Issuer) -> AsyncIterator[Town]:
    connection = await asyncpg.connect(directory.database.app_dsn)
    editor = bearer(issuer.token(sub="editor", org=str(uuid4()), scope="directory.edit directory.approve"))
    try:
        yield Town(Shelf(connection, datetime.now(UTC)), DuplicateServiceStub(directory.channel), editor)
    finally:
        await connection.close()


async def test_two_are_made_one_with_the_parts_that_were_chosen_and_two_again(town: Town) -> None:
    pair = await town.open(email="stars@charity.example", phones=[{"number": "0161 496 0002"}])
    assert {reason.part for reason in pair.reasons} >= {"name", "phone"}
    shown = await town.stub.GetDuplicate(pb.GetDuplicateRequest(duplicate_id=pair.id), metadata=town.editor)
    assert {part.pointer for part in shown.differing_parts} == {"/email", "/phones"}
    await town.decide(pair, Duplicate.STATE_SAME)
    done = await town.stub.MergeEntries(town.merging(pair, "/phones"), metadata=town.editor)

    said = await town.shelf.public(town.one)
    assert said is not None
    assert [phone["number"] for phone in said["phones"]] == ["0161 496 0002"]
    assert "email" not in said
    assert await town.shelf.public(town.other) is None
    [revision] = await entry_store.published_revisions(town.shelf.connection, [town.one])
    assert revision.number == 2
    assert revision.provenance[""]["source"] == str(town.council)
    other = await town.shelf.entry(town.other)
    assert revision.provenance["/phones"]["source"] == str(other.organisation_id)

    undo = pb.UndoMergerRequest(merger_id=done.merger.id, request_id=str(uuid4()))
    undone = await town.stub.UndoMerger(undo, metadata=town.editor)
    assert undone.merger.undo_time.seconds
    said, again = await town.shelf.public(town.one), await town.shelf.public(town.other)
    assert said is not None
    assert again is not None
    assert [phone["number"] for phone in said["phones"]] == ["0161 496 0001"]
    assert [phone["number"] for phone in again["phones"]] == ["0161 496 0002"]
    undo.request_id = str(uuid4())
    twice = await refusal(town.stub.UndoMerger(undo, metadata=town.editor))
    assert twice.reason == "MERGER_BUILT_UPON"


async def test_a_merger_that_was_built_upon_is_not_undone(town: Town) -> None:
    pair = await town.decide(await town.open(), Duplicate.STATE_SAME)
    done = await town.stub.MergeEntries(town.merging(pair), metadata=town.editor)
    await town.shelf.revise(town.one, email="later@council.example")
    undo = pb.UndoMergerRequest(merger_id=done.merger.id, request_id=str(uuid4()))
    refused = await refusal(town.stub.UndoMerger(undo, metadata=town.editor))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "MERGER_BUILT_UPON")
    decide = pb.DecideDuplicateRequest(
        duplicate_id=pair.id, state=Duplicate.STATE_DIFFERENT, request_id=str(uuid4())
    )
    assert (
        await refusal(town.stub.DecideDuplicate(decide, metadata=town.editor))
    ).reason == "DUPLICATE_STATE"


async def test_only_what_was_decided_and_looked_at_is_merged(town: Town) -> None:
    pair = await town.open(email="stars@charity.example")
    refused = await refusal(town.stub.MergeEntries(town.merging(pair), metadata=town.editor))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "DUPLICATE_STATE")
    await town.decide(pair, Duplicate.STATE_SAME)
    same = await refusal(town.stub.MergeEntries(town.merging(pair, "/email", "/name"), metadata=town.editor))
    assert same.fields == {"taken_pointers[1]": "the two do not differ there"}
    stranger = town.merging(pair)
    stranger.surviving_entry_id = str(uuid4())
    found = await refusal(town.stub.MergeEntries(stranger, metadata=town.editor))
    assert set(found.fields) == {"surviving_entry_id"}
    await town.shelf.revise(town.other, email="new@charity.example")
    changed = await refusal(town.stub.MergeEntries(town.merging(pair), metadata=town.editor))
    assert (changed.code, changed.reason) == ("ABORTED", "REVISION_CHANGED")
    assert changed.metadata == {"entry_id": str(town.other)}


async def test_a_refuge_is_not_merged_into_an_entry_that_tells_where_it_is(town: Town) -> None:
    refuge = {"kind": "KIND_DOMESTIC_ABUSE"}
    pair = await town.open(kith=refuge, phones=[{"number": "0300 123 4567"}])
    await town.decide(pair, Duplicate.STATE_SAME)
    refused = await refusal(town.stub.MergeEntries(town.merging(pair), metadata=town.editor))
    assert refused.reason == "CONFIDENTIAL_PLACE"
    assert await town.shelf.public(town.other) is not None


async def test_an_organisation_that_services_name_is_not_merged_away(town: Town) -> None:
    number = [{"identifier_type": "Charity number", "identifier_scheme": "GB-CHC", "identifier": uuid4().hex}]
    name = f"Trust {uuid4().hex}"
    one = await town.shelf.organisation(name, organization_identifiers=number)
    other = await town.shelf.organisation(name, organization_identifiers=number)
    await town.shelf.service(other)
    found: list[Duplicate] = []

    async def proposed() -> bool:
        request = pb.ListDuplicatesRequest(entry_id=str(one))
        found[:] = (await town.stub.ListDuplicates(request, metadata=town.editor)).duplicates
        return bool(found)

    await until(proposed)
    await town.decide(found[0], Duplicate.STATE_SAME)
    town.one = one
    refused = await refusal(town.stub.MergeEntries(town.merging(found[0]), metadata=town.editor))
    assert (refused.reason, refused.metadata) == ("NAMED_BY_OTHERS", {"count": "1"})
    # The other way round nobody names it.
    town.one = other
    await town.stub.MergeEntries(town.merging(found[0]), metadata=town.editor)
    assert await town.shelf.public(one) is None


async def test_pairs_are_the_editors_alone(town: Town, issuer: Issuer) -> None:
    metadata = bearer(issuer.token(org=str(uuid4()), scope="directory.edit"))
    some = str(uuid4())
    calls: list[Any] = [
        town.stub.ListDuplicates(pb.ListDuplicatesRequest(), metadata=metadata),
        town.stub.GetDuplicate(pb.GetDuplicateRequest(duplicate_id=some), metadata=metadata),
        town.stub.DecideDuplicate(pb.DecideDuplicateRequest(), metadata=metadata),
        town.stub.MergeEntries(pb.MergeEntriesRequest(), metadata=metadata),
        town.stub.UndoMerger(pb.UndoMergerRequest(), metadata=metadata),
    ]
    assert {(await refusal(call)).code for call in calls} == {"PERMISSION_DENIED"}
    missing = pb.GetDuplicateRequest(duplicate_id=some)
    assert (
        await refusal(town.stub.GetDuplicate(missing, metadata=town.editor))
    ).reason == "DUPLICATE_NOT_FOUND"
    undo = pb.UndoMergerRequest(merger_id=some, request_id=some)
    assert (await refusal(town.stub.UndoMerger(undo, metadata=town.editor))).reason == "MERGER_NOT_FOUND"
