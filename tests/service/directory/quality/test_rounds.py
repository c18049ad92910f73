"""What rounds make of entries that nobody confirms, and what they find in them (issue 7, no. 4)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kith.directory.v1.entry_pb2 import Entry as EntryMessage
from services.directory.editing.actor import Actor
from services.directory.quality import review_store, store
from services.directory.quality.confirming import confirm
from services.directory.quality.finding import FindingKind
from tests.service.directory.quality.conftest import POLICY, Round
from tests.service.directory.quality.shelf import BEGINNING, DESCRIPTION, Shelf

ASKED, MARKED, HIDDEN = 2, 3, 4


async def review_state(shelf: Shelf, entry_id: UUID) -> int | None:
    found: int | None = await shelf.connection.fetchval(
        "SELECT state FROM review WHERE entry_id = $1", entry_id
    )
    return found


async def confirmed(shelf: Shelf, owner: UUID, *entry_ids: UUID) -> None:
    actor = Actor("person-1", owner, is_editor=False)
    chosen = [(one, (await shelf.entry(one)).published_revision or 0) for one in entry_ids]
    async with shelf.connection.transaction():
        await confirm(shelf.connection, POLICY, actor, chosen, shelf.now)


async def stale(shelf: Shelf, rounds: Round) -> None:
    """Let half a year pass, and the days in which owners are asked and readers are told, up to the first of hiding."""
    await rounds.make()
    shelf.pass_days(182 - 10)
    await rounds.daily(10 + 7)


async def test_an_entry_is_asked_about_then_marked_then_hidden_and_a_click_brings_it_back(
    shelf: Shelf, rounds: Round
) -> None:
    owner = await shelf.organisation(email="desk@borough.example")
    service = await shelf.service(owner)
    await rounds.make()
    assert (await shelf.entry(service)).review_due_date == (BEGINNING + timedelta(days=182)).date()
    assert await review_state(shelf, service) is None

    shelf.pass_days(172)
    await rounds.make()
    assert await review_state(shelf, service) == ASKED
    assert "alert" not in (await shelf.public(service) or {})

    await rounds.daily(11)
    assert await review_state(shelf, service) == MARKED
    said = await shelf.public(service)
    assert said is not None
    assert said["alert"] == "Not confirmed as correct since 5 January 2026."

    await rounds.daily(6)
    assert await review_state(shelf, service) == HIDDEN
    assert await shelf.public(service) is None
    assert (await shelf.entry(service)).state == EntryMessage.STATE_HIDDEN
    # Its organisation is another matter: nobody is hidden but what may be.
    assert await shelf.public(owner) is not None

    await confirmed(shelf, owner, service)
    said = await shelf.public(service)
    assert said is not None
    assert "alert" not in said
    assert said["assured_date"] == shelf.now.date().isoformat()
    assert said["assurer_email"] == "desk@borough.example"
    assert (await shelf.entry(service)).review_due_date == (shelf.now + timedelta(days=182)).date()
    await rounds.make()
    assert await review_state(shelf, service) is None


async def test_a_service_that_was_closed_comes_back_closed(shelf: Shelf, rounds: Round) -> None:
    owner = await shelf.organisation()
    service = await shelf.service(owner)
    await shelf.change(service, state=EntryMessage.STATE_TEMPORARILY_CLOSED)
    await stale(shelf, rounds)
    assert await shelf.public(service) is None
    await confirmed(shelf, owner, service)
    assert (await shelf.public(service) or {})["status"] == "temporarily closed"


async def test_a_new_revision_brings_it_back_too_and_nothing_is_left_of_the_review(
    shelf: Shelf, rounds: Round
) -> None:
    owner = await shelf.organisation()
    service = await shelf.service(owner)
    await stale(shelf, rounds)
    assert await shelf.public(service) is None
    await shelf.revise(service, name="Family support, renewed")
    await rounds.make()
    assert await review_state(shelf, service) is None
    said = await shelf.public(service)
    assert said is not None
    assert "alert" not in said


async def test_a_clock_that_jumps_ahead_hides_nothing_and_takes_its_marks_away_again(
    shelf: Shelf, rounds: Round
) -> None:
    owner = await shelf.organisation()
    services = [await shelf.service(owner) for _ in range(15)]
    await rounds.make()
    right = shelf.now
    # Fewer than the days that must pass, each of them a year.
    for _ in range(6):
        shelf.pass_days(365)
        await rounds.make()
    assert all([await shelf.public(one) for one in services])
    shelf.now = right + timedelta(days=1)
    await rounds.make()
    assert await shelf.connection.fetchval("SELECT count(*) FROM review") == 0
    assert (
        await shelf.connection.fetchval("SELECT count(*) FROM entry WHERE unconfirmed_since IS NOT NULL") == 0
    )


async def test_a_flood_waits_for_an_editor(shelf: Shelf, rounds: Round) -> None:
    owner = await shelf.organisation()
    services = [await shelf.service(owner) for _ in range(14)]
    await stale(shelf, rounds)
    # Ten a day of a small directory; the rest is held, also on the days after.
    assert await shelf.connection.fetchval("SELECT count(*) FROM review WHERE state = 4") == 10
    await rounds.make()
    hold, since, waiting = await review_store.hold(shelf.connection)
    assert (hold.held, waiting) == (True, 4)
    assert since == shelf.now
    assert await review_store.allow(shelf.connection, 3)
    await rounds.make()
    hidden = [one for one in services if await shelf.public(one) is None]
    assert len(hidden) == 13
    # The one that is left is no flood, tomorrow.
    await rounds.daily(1)
    assert not (await review_store.hold(shelf.connection))[0].held
    assert all([await shelf.public(one) is None for one in services])
    assert not await review_store.allow(shelf.connection, 3)


async def test_a_click_that_comes_just_before_the_hiding_wins(
    shelf: Shelf, rounds: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await shelf.organisation()
    service = await shelf.service(owner)
    await rounds.make()
    shelf.pass_days(182 - 10)
    await rounds.daily(10 + 6)
    count = review_store.public_count

    async def and_a_click(connection: Any) -> int:
        """By now the round has found what may be hidden."""
        await confirmed(shelf, owner, service)
        return await count(connection)

    monkeypatch.setattr(review_store, "public_count", and_a_click)
    await rounds.daily(1)
    said = await shelf.public(service)
    assert said is not None
    assert "alert" not in said
    assert await review_state(shelf, service) is None


async def test_what_its_publisher_no_longer_sends_is_told(shelf: Shelf, rounds: Round) -> None:
    service = await shelf.service(await shelf.organisation())
    await shelf.change(service, vanished_time=shelf.now)
    await rounds.make()
    assert await kinds(shelf, service) == {FindingKind.VANISHED: ""}


async def test_what_is_withdrawn_is_looked_at_no_more(shelf: Shelf, rounds: Round) -> None:
    owner = await shelf.organisation()
    service = await shelf.service(owner, name="x", description="short")
    await rounds.make()
    assert await store.quality(shelf.connection, service) is not None
    await shelf.change(service, state=EntryMessage.STATE_WITHDRAWN)
    await rounds.make()
    assert await store.quality(shelf.connection, service) is None
    assert await store.findings(shelf.connection, None, service, 0, None, 9) == []


async def kinds(shelf: Shelf, entry_id: UUID) -> dict[FindingKind, str]:
    found = await store.findings(shelf.connection, None, entry_id, 0, None, 100)
    return {one.finding.kind: one.finding.pointer for one in found}


async def test_what_is_wrong_is_found_once_and_forgotten_when_it_is_repaired(
    shelf: Shelf, rounds: Round
) -> None:
    owner = await shelf.organisation()
    schedule: dict[str, Any] = {"freq": "WEEKLY", "byday": "MO", "valid_to": "2026-01-10"}
    service = await shelf.service(owner, description="Help.", schedules=[schedule])
    await rounds.make()
    assert await kinds(shelf, service) == {FindingKind.DESCRIPTION_SHORT: "/description"}
    await rounds.daily(10)
    found = await store.findings(shelf.connection, owner, None, 0, None, 100)
    assert [one.finding.kind for one in found] == [FindingKind.SCHEDULE_OVER, FindingKind.DESCRIPTION_SHORT]
    # Since it is so, not since it was last seen.
    assert found[1].find_time == BEGINNING
    assert found[0].find_time == BEGINNING + timedelta(days=6)
    await shelf.revise(service, description=DESCRIPTION, schedules=[])
    await rounds.make()
    assert await kinds(shelf, service) == {}


async def test_a_description_copied_word_for_word_is_found_in_all_of_them(
    shelf: Shelf, rounds: Round
) -> None:
    owner = await shelf.organisation()
    one = await shelf.service(owner, description=DESCRIPTION)
    other = await shelf.service(owner, description=DESCRIPTION.upper() + "!")
    await rounds.make()
    copied = {FindingKind.DESCRIPTION_COPIED: "/description"}
    assert (await kinds(shelf, one), await kinds(shelf, other)) == (copied, copied)
    await shelf.revise(other, description=f"{DESCRIPTION} But this one is for fathers.")
    await rounds.make()
    assert (await kinds(shelf, one), await kinds(shelf, other)) == ({}, {})


async def test_completeness_counts_what_the_places_of_a_service_say(shelf: Shelf, rounds: Round) -> None:
    owner = await shelf.organisation()
    hall = await shelf.location(owner)
    service = await shelf.service(owner, service_at_locations=[{"location_id": str(hall)}])
    await rounds.make()
    quality = await store.quality(shelf.connection, service)
    assert quality is not None
    assert quality[0] == 19
    assert "accessibility" in quality[1]
    assert "place" not in quality[1]


async def test_figures_are_of_each_organisation_and_of_all_and_a_month_is_kept(
    shelf: Shelf, rounds: Round
) -> None:
    one, other = await shelf.organisation("One"), await shelf.organisation("Other")
    await shelf.service(one, status="defunct")
    await shelf.service(other)
    await rounds.make()
    found = {
        figures.organisation_id: figures
        for figures in await store.figures(shelf.connection, None, shelf.now.date())
    }
    assert {key: figures.entries for key, figures in found.items()} == {None: 4, one: 2, other: 2}
    assert found[None].assured == 4
    assert sum(found[None].quarters) == 4
    assert (found[one].finding_kinds, found[one].finding_counts) == ([FindingKind.NOT_ACTIVE], [1])
    assert found[other].finding_kinds == []

    await rounds.daily(30)
    shelf.pass_days(200)
    await rounds.make()
    months = await store.months(shelf.connection, one, 9)
    assert [(figures.day.month, figures.assured) for figures in months] == [(8, 1), (2, 2), (1, 2)]
    # The last day of the month that was looked at stands for it.
    assert months[2].day.day == 31


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_round_that_is_cut_off_is_gone_on_with(
    shelf: Shelf, rounds: Round, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost at some commit; the next round does what is left."""
    owner = await shelf.organisation()
    services = [await shelf.service(owner, status="defunct") for _ in range(3)]
    calls = 0
    saved = store.save

    async def save(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == cut:
            raise ConnectionError
        await saved(*arguments)

    monkeypatch.setattr("services.directory.quality.examining._AT_ONCE", 2)
    monkeypatch.setattr(store, "save", save)
    if cut <= 2:
        with pytest.raises(ConnectionError):
            await rounds.make()
    await rounds.make()
    for one in services:
        assert FindingKind.NOT_ACTIVE in await kinds(shelf, one)


async def test_an_entry_that_cannot_be_read_keeps_no_other_from_being_looked_at(
    shelf: Shelf, rounds: Round
) -> None:
    owner = await shelf.organisation()
    services = [await shelf.service(owner, name=f"Family support {number}") for number in range(3)]
    poisoned = services[1]
    await shelf.poison(poisoned)
    await rounds.make()
    for one in services:
        assert ((await shelf.entry(one)).review_due_date is None) == (one == poisoned)
