"""The index follows the child index, whatever happens to it (G1, G4, G5, G11; F24 to F26)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from prometheus_client import REGISTRY

from kith.childindex.v1.projection_service_pb2 import Projection
from services.search import consumer, documents
from tests.fixtures.eventually import eventually
from tests.fixtures.opensearch import OpenSearch
from tests.service.search.children import Children
from tests.service.search.replica import Replica

pytestmark = pytest.mark.engine("opensearch")


async def test_g5_what_is_added_and_changed_is_found_by_its_new_keys_only(
    replica: Replica, children: Children
) -> None:
    ids = await children.add(30)
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        old_keys = await children.change(ids[0])
        await children.add(10)
        await eventually(lambda: replica.agrees(children))
        await eventually(lambda: replica.projector.in_step)
    assert await replica.named_by(old_keys) == []


async def test_g4_an_older_version_never_takes_a_child_back(replica: Replica, children: Children) -> None:
    (child_id,) = await children.add()
    name = await replica.filled()
    newer = [Projection(child_id=child_id, version=5, key_hashes=[7, -7])]
    older = [Projection(child_id=child_id, version=4, key_hashes=[8])]
    await replica.index.write(newer, [name])
    await replica.index.write(older, [name])
    assert await replica.in_index() == {child_id: 5}
    assert await replica.named_by([7]) == [child_id]
    assert await replica.named_by([8]) == []


async def test_a_child_without_keys_is_held_and_not_found(replica: Replica, children: Children) -> None:
    (child_id,) = await children.add()
    name = await replica.filled()
    await replica.index.write([Projection(child_id=child_id, version=2)], [name])
    assert await replica.in_index() == {child_id: 2}
    assert await replica.named_by(children.keys[child_id]) == []


async def test_nothing_but_hashes_and_numbers_is_kept_of_a_child(
    replica: Replica, children: Children, opensearch: OpenSearch
) -> None:
    """DESIGN 6: the mapping is strict, and the document itself is not kept."""
    await children.add()
    name = await replica.filled()
    mapping = (await opensearch.ask("GET", f"/{name}/_mapping"))[name]["mappings"]
    assert mapping["dynamic"] == "strict"
    assert mapping["_source"] == {"enabled": False}
    assert {field: one["type"] for field, one in mapping["properties"].items()} == {
        "keys": "keyword",
        "prefix": "short",
        "check": "long",
        "keys_hash": "long",
        "surplus_since": "long",
    }
    body = json.dumps({"name": "Zebrafinch"})
    bulk = f'{{"index":{{"_index":"{name}","_id":"1"}}}}\n{body}\n'
    answer = await replica.client.bulk(body=bulk)
    assert answer["items"][0]["index"]["error"]["type"] == "strict_dynamic_mapping_exception"


def test_a_document_is_what_a_serialiser_would_have_written() -> None:
    child_id = "0fe3b4a1-7d52-4c9e-9f00-2f6c3a1b9d55"
    one = Projection(child_id=child_id, version=3, key_hashes=[1, -1, 2**63 - 1, -(2**63)])
    action, document = documents.bulk_lines("kith-children-k1-s1-g000001", [one])[0].splitlines()
    assert json.loads(action) == {
        "index": {
            "_index": "kith-children-k1-s1-g000001",
            "_id": child_id,
            "version": 3,
            "version_type": "external_gte",
        }
    }
    assert json.loads(document) == {
        "keys": ["8000000000000000", "ffffffffffffffff", "0000000000000001", "7fffffffffffffff"],
        "prefix": 0x0FE,
        "check": 4_130_738_544,
        "keys_hash": documents.keys_hash([2**63 - 1, 1, -1, -(2**63)]),
    }


@pytest.mark.faults
async def test_g11_opensearch_restarted(replica: Replica, children: Children, opensearch: OpenSearch) -> None:
    """Killed and started again while changes go on: they arrive, nobody has to do anything."""
    await children.add(5)
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        await opensearch.process.kill()
        await children.add(5)
        await eventually(lambda: not replica.projector.in_step)
        await opensearch.start()
        await eventually(lambda: replica.agrees(children))
        await eventually(lambda: replica.projector.in_step)


async def test_f7_what_an_open_transaction_holds_back_is_lag(
    replica: Replica, children: Children, projections: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that is committed and not listed is not in the index: who asks is served elsewhere, not a short list."""
    monkeypatch.setattr(consumer, "_STALE_SECONDS", 2.0)
    await children.add(3)
    other = await asyncpg.connect(projections[1])
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        await eventually(lambda: replica.projector.in_step)
        try:
            async with other.transaction():
                await other.fetchval("SELECT pg_current_xact_id()")
                (child_id,) = await children.add()
                await eventually(lambda: not replica.projector.in_step)
                assert child_id not in await replica.in_index()
        finally:
            await other.close()
        await eventually(lambda: replica.projector.in_step)
        assert await replica.agrees(children)


@pytest.mark.parametrize("wiped", ["the index", "what is known of it", "everything"])
async def test_f26_wiped_while_it_is_followed(
    replica: Replica, children: Children, opensearch: OpenSearch, wiped: str
) -> None:
    """Deleted without a word: made anew from the child index, not by the next write, and without a restart."""
    ids = await children.add(20)
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        name = await replica.filled()
        if wiped != "what is known of it":
            await opensearch.ask("DELETE", f"/{name}")
        if wiped != "the index":
            await opensearch.ask("DELETE", "/kith-search-control")
        await children.change(ids[0])
        await eventually(lambda: replica.agrees(children))
        await eventually(lambda: replica.projector.in_step)
    assert await replica.filled() != name or wiped == "everything"


async def test_f26_an_index_of_another_form_is_made_anew(
    replica: Replica, children: Children, opensearch: OpenSearch
) -> None:
    """Somebody put an index of the same name there: its mapping is not ours, so nothing in it is believed."""
    await children.add(5)
    name = await replica.filled()
    await opensearch.ask("DELETE", f"/{name}")
    await opensearch.ask("PUT", f"/{name}", {"aliases": {replica.index.alias: {}}})
    assert await replica.filled() != name
    assert await replica.agrees(children)


async def test_an_alias_that_somebody_moved_is_put_back(
    replica: Replica, children: Children, opensearch: OpenSearch
) -> None:
    await children.add(5)
    name = await replica.filled()
    await opensearch.ask("DELETE", f"/{name}/_alias/{replica.index.alias}")
    await replica.keeper.look()
    assert await replica.generations.alias_points_to(name)
    assert await replica.agrees(children)


@asynccontextmanager
async def _read_only(opensearch: OpenSearch, name: str) -> AsyncIterator[None]:
    """What OpenSearch does by itself to every index of a node whose disk is full (flood stage)."""
    block = "index.blocks.read_only_allow_delete"
    await opensearch.ask("PUT", f"/{name}/_settings", {block: True})
    try:
        yield
    finally:
        await opensearch.ask("PUT", f"/{name}/_settings", {block: None})


async def test_f24_a_full_disk_stops_writes_and_nothing_is_lost(
    replica: Replica, children: Children, opensearch: OpenSearch
) -> None:
    """Read-only for a while: it is seen to lag, and agrees again when there is room."""
    await children.add(5)
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        before = dict(children.versions)
        async with _read_only(opensearch, f"{replica.index.alias}-*"):
            await children.add(5)
            await eventually(lambda: not replica.projector.in_step)
            assert await replica.in_index() == before
        await eventually(lambda: replica.agrees(children))


async def test_an_index_that_does_not_answer_for_long_is_made_anew(
    replica: Replica, children: Children, opensearch: OpenSearch
) -> None:
    """F25: as one whose shard is damaged; a node that restarts has its shards back before that."""
    await children.add(5)
    name = await replica.filled()
    await opensearch.ask("POST", f"/{name}/_close")
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
    assert await replica.filled() != name


async def test_how_long_a_change_takes_to_be_found_is_measured(replica: Replica, children: Children) -> None:
    """From the time of the event to the search that finds it, on what has been written and is being followed."""
    ids = await children.add(3)

    def measured() -> float:
        return REGISTRY.get_sample_value("kith_projection_lag_seconds_count") or 0.0

    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        before = measured()
        await children.change(ids[0])
        await eventually(lambda: measured() > before)
    behind = REGISTRY.get_sample_value("kith_projection_behind_seconds")
    assert behind is not None
    assert behind < 60
