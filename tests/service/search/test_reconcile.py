"""What is missing, stale, surplus or newer in the index is found, told and mended (G5; R12; F40)."""

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from kith.childindex.v1.projection_service_pb2 import Projection
from services.search import documents
from services.search import reconcile as reconcile_module
from services.search.reconcile import NotComparable
from tests.fixtures.eventually import eventually
from tests.fixtures.opensearch import OpenSearch
from tests.service.chassis.issuer import Issuer
from tests.service.search.children import Children
from tests.service.search.replica import Replica

pytestmark = pytest.mark.engine("opensearch")

NONE = {"missing": 0, "stale": 0, "surplus": 0, "newer": 0}


async def _put(replica: Replica, name: str, projection: Projection) -> None:
    """Put a document there as if it had always been that: older ones too."""
    held = await replica.index.versions([projection.child_id])
    await replica.index.remove(held, name)
    line = documents.bulk_lines(name, [projection])[0].replace(b"external_gte", b"external")
    await replica.client.indices.put_settings(index=name, body={"index": {"gc_deletes": "0s"}})
    await eventually(lambda: _taken(replica, line))


async def _taken(replica: Replica, line: bytes) -> bool:
    """Whether it is in: a deletion is remembered for a moment."""
    return (await replica.index._sent([line]))[0] < 300


async def test_an_index_that_agrees_is_said_to(replica: Replica, children: Children) -> None:
    await children.add(40)
    await replica.filled()
    assert (await replica.reconciler.reconcile()).counts == NONE
    assert (await replica.reconciler.reconcile(keys=True)).counts == NONE


async def test_g5_all_that_differs_is_told_by_kind_and_mended(replica: Replica, children: Children) -> None:
    ids = await children.add(40)
    for child_id in ids[:10]:
        await children.change(child_id)
    name = await replica.filled()
    missing, stale = ids[10:13], ids[:2]
    await replica.index.remove(await replica.index.versions(missing), name)
    for child_id in stale:
        await _put(replica, name, Projection(child_id=child_id, version=1, key_hashes=[1, 2]))
    lost_keys = children.keys[ids[20]]
    await children.forget(ids[20])
    drift = await replica.reconciler.reconcile()
    assert drift.counts == NONE | {"missing": 3, "stale": 2, "surplus": 1}
    assert sorted(drift.missing) == sorted(missing)
    assert sorted(drift.stale) == sorted(stale)
    assert drift.surplus == [ids[20]]
    assert REGISTRY.get_sample_value("kith_projection_drift", {"kind": "missing"}) == 3
    assert await replica.agrees(children)
    assert await replica.named_by(lost_keys) == []
    assert (await replica.reconciler.reconcile()).counts == NONE
    assert REGISTRY.get_sample_value("kith_projection_drift", {"kind": "missing"}) == 0


@pytest.mark.parametrize("children_in_range", [4000, 1])
async def test_other_keys_at_the_same_version_are_found_by_a_comparison_of_keys(
    replica: Replica, children: Children, monkeypatch: pytest.MonkeyPatch, children_in_range: int
) -> None:
    """In few ranges or many."""
    monkeypatch.setattr(reconcile_module, "_CHILDREN_IN_RANGE", children_in_range)
    (child_id, *_) = await children.add(20)
    name = await replica.filled()
    await replica.index.write([Projection(child_id=child_id, version=1, key_hashes=[5])], [name])
    assert (await replica.reconciler.reconcile()).counts == NONE
    assert (await replica.reconciler.reconcile(keys=True)).counts == NONE | {"stale": 1}
    assert await replica.agrees(children)


async def test_f40_an_index_newer_than_its_source_is_made_anew_and_not_searched_meanwhile(
    replica: Replica, children: Children
) -> None:
    """The child index was restored from a backup: its versions are lower now, and are used again for other changes."""
    ids = await children.add(10)
    async with replica.running():
        await eventually(lambda: replica.agrees(children))
        await children.change(ids[0])
        await eventually(lambda: replica.agrees(children))
        name = await replica.filled()
        await children.connection.execute("UPDATE child SET version = 1")
        await children.connection.execute("DELETE FROM chassis.outbox WHERE version > 1")
        children.versions[ids[0]] = 1
        drift = await replica.reconciler.reconcile()
        assert drift.counts == NONE | {"newer": 1}
        stored = await replica.generations.load()
        assert stored is not None
        assert stored.value.ahead
        await eventually(lambda: replica.agrees(children))
        # The version that was used already: followed all the same.
        await children.change(ids[0])
        await children.add(1)
        await eventually(lambda: replica.agrees(children))
        await eventually(lambda: replica.projector.in_step)
    assert await replica.filled() != name


async def test_what_is_on_its_way_is_no_drift(replica: Replica, children: Children) -> None:
    """Changes go on while it compares: what has arrived at the second look did not differ."""
    ids = await children.add(10)
    name = await replica.filled()
    await children.change(ids[0])
    suspects = await replica.reconciler._suspects(keys=False)
    assert suspects == [ids[0]]
    await replica.index.write(await replica.source.projections(suspects), [name])
    assert (await replica.reconciler._settled(suspects, keys=False)).counts == NONE


async def test_surplus_is_swept_later_unless_it_comes_back(
    replica: Replica, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys at once; the document goes a day later, so that its version is not forgotten too soon."""
    name = await _filled_with(replica, children, 5)
    strangers = [str(uuid.uuid4()) for _ in range(2)]
    await replica.index.write(
        [Projection(child_id=one, version=3, key_hashes=[9]) for one in strangers], [name]
    )
    assert (await replica.reconciler.reconcile()).counts == NONE | {"surplus": 2}
    await replica.index.refresh()
    assert await replica.named_by([9]) == []
    assert len(await replica.index.versions(strangers)) == 2
    await children.connection.execute(
        "INSERT INTO child (id, version, wrapped_key) VALUES ($1, 4, '')", uuid.UUID(strangers[0])
    )
    await replica.index.refresh()
    monkeypatch.setattr(reconcile_module, "_KEPT_MILLISECONDS", -60_000)
    await replica.reconciler.reconcile()
    assert await replica.index.versions(strangers) == {strangers[0]: 4}


async def _filled_with(replica: Replica, children: Children, count: int) -> str:
    await children.add(count)
    return await replica.filled()


async def test_there_is_nothing_to_compare_while_there_is_no_index(
    replica: Replica, children: Children
) -> None:
    with pytest.raises(NotComparable):
        await replica.reconciler.reconcile()


async def test_by_command(
    replica: Replica,
    children: Children,
    opensearch: OpenSearch,
    issuer: Issuer,
    projections: tuple[str, str],
    tmp_path: Path,
    secret_version: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`python -m services.search.reconcile --keys` and `…rebuild`, with the settings of the service."""
    from services.matching import KEY_SCHEMA  # the command's, whatever the tests use

    key_version = documents.key_version(KEY_SCHEMA, secret_version)
    replica.index.alias = replica.generations.alias = documents.alias(key_version)
    name = await _filled_with(replica, children, 5)
    await children.connection.execute("UPDATE child_key SET version = $1", key_version)
    await replica.index.remove(await replica.index.versions([next(iter(children.keys))]), name)
    keyring = tmp_path / "keyring.json"
    keyring.write_text(json.dumps({"match": {"active": secret_version, "keys": {secret_version: "A" * 43}}}))
    settings = {
        "KITH_LOCAL_MODE": "1",
        "KITH_ISSUER": issuer.url,
        "KITH_SERVICE_KEY_FILE": str(tmp_path / "service-search.json"),
        "KITH_KEYRING_FILE": str(keyring),
        "KITH_CHILD_INDEX_ADDRESS": projections[0],
        "KITH_OPENSEARCH_URL": opensearch.url,
    }

    async def command(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *arguments, env=os.environ | settings, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        assert process.returncode == 0
        return output.decode()

    assert '"reason": "missing", "count": 1' in await command("services.search.reconcile", "--keys")
    assert await replica.agrees(children)
    assert "a new index was asked for" in await command("services.search.rebuild")
    assert await replica.filled() != name
