"""A new index is made while lookups and writes go on, and taken into use when it is whole (F27)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from kith.childindex.v1.projection_service_pb2 import ListProjectionsResponse
from services.search import keeper as keeper_module
from services.search.generations_store import Phase, Stored, Superseded
from services.search.keeper import Keeper
from services.search.rebuild import request
from services.search.store import IndexUnavailable
from tests.fixtures.eventually import eventually
from tests.fixtures.opensearch import OpenSearch
from tests.service.search.children import Children
from tests.service.search.conftest import NewReplica
from tests.service.search.replica import Replica

pytestmark = pytest.mark.engine("opensearch")


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten children are a whole portion, so that fifty are a long way."""
    monkeypatch.setattr(keeper_module, "_PAGE", 5)
    monkeypatch.setattr(keeper_module, "_PORTION", 10)


class Stopped(Exception):
    """The replica ends here: killed."""


def stops_at_page(replica: Replica, number: int) -> None:
    """Have a replica end when it reads that page of the child index."""
    pages = iter(range(1, 1000))
    page = replica.source.page

    async def until(token: str, size: int) -> ListProjectionsResponse:
        if next(pages) == number:
            raise Stopped
        return await page(token, size)

    replica.source.page = until  # type: ignore[method-assign]


async def indices(opensearch: OpenSearch, replica: Replica) -> list[str]:
    found: dict[str, Any] = await opensearch.ask("GET", f"/{replica.index.alias}-*")
    return sorted(found)


async def test_f27_writes_during_a_rebuild_are_in_the_new_index(
    new_replica: NewReplica, children: Children, opensearch: OpenSearch
) -> None:
    """Whatever is changed at any moment, also by the other replica, on either side of the page being read."""
    ids = await children.add(50)
    first, second = await new_replica(), await new_replica()
    async with first.running(), second.running():
        await eventually(lambda: first.agrees(children))
        for _ in range(2):
            name = await request(first.generations)
            while (await _live(first)) != name:
                await children.add(1)
                await children.change(ids[len(children.versions) % 50])
            await eventually(lambda: first.agrees(children))
            assert await indices(opensearch, first) == [name]


async def test_lookups_are_answered_during_a_rebuild(replica: Replica, children: Children) -> None:
    """At no moment does a search find fewer than all."""
    await children.add(50)
    await replica.filled()
    await replica.index.refresh()
    name = await request(replica.generations)
    looks = asyncio.create_task(replica.filled())
    answers = 0
    while not looks.done():
        for child_id in [*children.keys][:5]:
            assert await replica.named_by(children.keys[child_id]) == [child_id]
        answers += 1
    assert await looks == name
    assert answers


@pytest.mark.parametrize(("page", "pages_left"), [(1, 11), (3, 11), (7, 7), (9, 5)])
async def test_f27_a_rebuild_goes_on_where_the_killed_one_was(
    new_replica: NewReplica, children: Children, page: int, pages_left: int
) -> None:
    """The new index has no searches before it is whole, and what was written is not written again.

    Of the eleven pages two are a portion. While one is read the one before is written, and said to be written then.
    """
    await children.add(52)
    killed, other = await new_replica(), await new_replica()
    old = await killed.filled()
    name = await request(killed.generations)
    stops_at_page(killed, page)
    with pytest.raises(Stopped):
        await killed.keeper.look()
    assert await killed.generations.alias_points_to(old)
    stored = await killed.generations.load()
    assert stored is not None
    assert stored.value.phase is Phase.FILLING
    pages = _pages_read(other)
    assert await other.filled() == name
    assert len(pages) == pages_left
    assert await other.agrees(children)


async def test_f27_killed_between_the_steps_of_the_swap(
    new_replica: NewReplica, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alias has moved and the document does not say so yet: the next replica does the step once more."""
    await children.add(20)
    killed, other = await new_replica(), await new_replica()
    await killed.filled()
    name = await request(killed.generations)
    change = killed.generations.change

    async def until_the_last(stored: Any, **changes: Any) -> Any:
        if "live" in changes:
            raise Stopped
        return await change(stored, **changes)

    monkeypatch.setattr(killed.generations, "change", until_the_last)
    with pytest.raises(Stopped):
        await killed.keeper.look()
    assert await killed.generations.alias_points_to(name)
    assert await other.filled() == name
    assert await other.agrees(children)


async def test_f27_the_half_filled_index_deleted(
    new_replica: NewReplica, children: Children, opensearch: OpenSearch
) -> None:
    """It begins again, rather than take the second half for the whole."""
    await children.add(50)
    killed, other = await new_replica(), await new_replica()
    await killed.filled()
    name = await request(killed.generations)
    stops_at_page(killed, 7)
    with pytest.raises(Stopped):
        await killed.keeper.look()
    await opensearch.ask("DELETE", f"/{name}")
    assert await other.filled() == name
    assert await other.agrees(children)


async def test_a_page_token_of_another_secret_begins_again(replica: Replica, children: Children) -> None:
    await children.add(50)
    await replica.filled()
    name = await request(replica.generations)
    stored = await replica.generations.load()
    assert stored is not None
    await replica.generations.create(name)
    await replica.generations.change(stored, phase=Phase.FILLING, page_token="not-a-token")
    assert await replica.filled() == name
    assert await replica.agrees(children)


async def test_two_replicas_do_not_both_fill(new_replica: NewReplica, children: Children) -> None:
    """One fills, the other waits; the work is done once."""
    await children.add(52)
    first, second = await new_replica(), await new_replica()
    reads = _pages_read(first), _pages_read(second)

    async def keep(replica: Replica) -> None:
        while not await _live(replica):
            try:
                await replica.keeper.look()
            except Superseded:
                continue

    await asyncio.gather(keep(first), keep(second))
    assert sorted(map(len, reads)) == [0, 11]
    assert await first.agrees(children)


async def test_one_that_was_replaced_while_it_slept_does_no_further_step(
    new_replica: NewReplica, children: Children
) -> None:
    """Its first step afterwards names a document that is no more."""
    await children.add(50)
    slept, other = await new_replica(), await new_replica()
    stops_at_page(slept, 5)
    with pytest.raises(Stopped):
        await slept.keeper.look()
    before = await slept.generations.load()
    assert before is not None
    name = await other.filled()
    with pytest.raises(Superseded):
        await slept.generations.change(before, live="")
    assert await _live(slept) == name


async def test_one_that_takes_long_says_that_it_is_at_work(
    new_replica: NewReplica, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow a portion is, nobody takes it for dead: else two would begin the same portion for ever."""
    monkeypatch.setattr(keeper_module, "_SAY_SECONDS", 0.05)
    await children.add(20)
    slow, other = await new_replica(), await new_replica()
    write, go_on = slow.index.write, asyncio.Event()

    async def slowly(*arguments: Any) -> None:
        await go_on.wait()
        await write(*arguments)

    monkeypatch.setattr(slow.index, "write", slowly)
    looks = asyncio.create_task(slow.filled())
    await eventually(lambda: _holder(other))
    reads = _pages_read(other)
    seen = {(await _stored(other)).seq_no}
    while len(seen) < 4:
        await other.keeper.look()
        seen.add((await _stored(other)).seq_no)
    assert reads == []
    go_on.set()
    await looks
    assert await other.agrees(children)


async def test_a_new_secret_gets_an_index_of_its_own(
    new_replica: NewReplica, children: Children, opensearch: OpenSearch
) -> None:
    """Old and new replicas run side by side; each searches by its own hashes."""
    await children.add(5)
    old, new = await new_replica(), await new_replica(secret_version="rotated")
    assert await old.filled() != await new.filled()
    assert await old.agrees(children)
    assert await new.agrees(children)
    assert len(await indices(opensearch, old)) == 1


async def test_settings_are_for_loading_first_and_for_searches_then(
    replica: Replica, children: Children, opensearch: OpenSearch
) -> None:
    await children.add(20)
    stops_at_page(replica, 3)
    with pytest.raises(Stopped):
        await replica.keeper.look()
    loading = await _settings(opensearch, f"{replica.index.alias}-*")
    assert (loading["refresh_interval"], loading["number_of_replicas"]) == ("-1", "0")
    replica.keeper = Keeper(replica.index, replica.generations, await _whole(replica), silent_seconds=0.0)
    serving = await _settings(opensearch, await replica.filled())
    assert (serving["refresh_interval"], serving["auto_expand_replicas"]) == ("1s", "0-1")


async def test_what_opensearch_is_too_busy_for_is_sent_again_item_by_item(
    replica: Replica, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 of some items is neither success nor an end: those alone are sent again, with a bound."""
    await children.add(4)
    sent: list[int] = []
    real = replica.index._sent

    async def busy(lines: list[bytes]) -> list[int]:
        sent.append(len(lines))
        if len(sent) <= 2:
            done = await real(lines[:1])
            return [*done, *[429] * (len(lines) - 1)]
        return await real(lines)

    monkeypatch.setattr(replica.index, "_sent", busy)
    await replica.filled()
    assert sent[:3] == [4, 3, 2]
    assert await replica.agrees(children)

    async def always(lines: list[bytes]) -> list[int]:
        return [429] * len(lines)

    monkeypatch.setattr(replica.index, "_sent", always)
    monkeypatch.setattr("services.search.store._SHORTEST_PAUSE", 0.0)
    with pytest.raises(IndexUnavailable):
        await replica.index.write(await replica.source.projections([*children.versions]), ["anything"])


async def _live(replica: Replica) -> str:
    stored = await replica.generations.load()
    return "" if stored is None else stored.value.live


async def _stored(replica: Replica) -> Stored:
    stored = await replica.generations.load()
    assert stored is not None
    return stored


async def _holder(replica: Replica) -> str:
    stored = await replica.generations.load()
    return stored.value.holder if stored and stored.value.phase is Phase.FILLING else ""


async def _settings(opensearch: OpenSearch, name: str) -> Any:
    (found,) = (await opensearch.ask("GET", f"/{name}/_settings")).values()
    return found["settings"]["index"]


async def _whole(replica: Replica) -> Any:
    """The source of a replica that was made to stop, as it was."""
    del replica.source.page
    return replica.source


def _pages_read(replica: Replica) -> Sequence[str]:
    """The tokens of the pages that a replica reads from now on."""
    tokens: list[str] = []
    page = replica.source.page

    async def counted(token: str, size: int) -> ListProjectionsResponse:
        tokens.append(token)
        return await page(token, size)

    replica.source.page = counted  # type: ignore[method-assign]
    return tokens
