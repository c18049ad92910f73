"""Owners look after their entries in a real browser on a whole fleet: still correct, capacity, what to fix."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page

from kith.identity.v1 import identity_pb2
from tests.browser import journey
from tests.browser.watch import Watch
from tests.fixtures.entries import Editor
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet, embedded_only
from tests.fixtures.partnership import Organisation, Partnership, Person, partnership

# The directory alone has a part in it, and its database is real in any case.
pytestmark = [pytest.mark.engine("chromium"), embedded_only]


@dataclass
class Owner:
    """Somebody who works for an organisation with a club that says little of itself, and that it is over."""

    person: Person
    organisation: Organisation
    editor: Editor
    club_id: str = ""

    def club(self, **said: Any) -> dict[str, Any]:
        over = {"freq": "WEEKLY", "byday": "MO", "valid_from": "2020-01-06", "valid_to": "2020-12-28"}
        service = {"organization_id": self.organisation.id, "status": "active", "schedules": [over], **said}
        return {"service": service, "service_facts": {"kind": "KIND_COMMUNITY"}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def firm(fleet: RunningFleet) -> AsyncIterator[Owner]:
    async with partnership(fleet) as kith:
        organisation = await kith.organisation()
        editor = await kith.person(organisation, identity_pb2.Person.ROLE_DIRECTORY_EDITOR)
        yield Owner(await kith.person(organisation), organisation, Editor(kith, editor))


@pytest_asyncio.fixture(loop_scope="session")
async def owner(firm: Owner) -> Owner:
    """Each test with a club of its own."""
    club = firm.club(name="Otter club", description="Fun.")
    return replace(firm, club_id=await firm.editor.publish(firm.organisation.id, **club))


async def own_page(fleet: RunningFleet, browser: BrowserContext, owner: Owner) -> Page:
    page = await browser.new_page()
    await journey.sign_in(page, fleet.gateway, owner.person.username, owner.person.password)
    await page.get_by_role("link", name="Look after your organisation’s entries").click()
    await page.get_by_role("heading", name="Your organisation in the directory").wait_for()
    return page


def club_of(page: Page, owner: Owner) -> Locator:
    return page.locator(f"#entry-{owner.club_id}")


async def test_an_owner_confirms_an_entry_and_says_whether_it_takes_people(
    fleet: RunningFleet, kith: Partnership, browser: BrowserContext, owner: Owner
) -> None:
    """Issue 7 no. 4 and 9: one click each, and the public sees it; of other organisations nothing is shown."""
    other = await kith.organisation(name=f"Elsewhere {uuid.uuid4().hex[:6]}")
    watch = Watch(browser)
    page = await own_page(fleet, browser, owner)

    async def looked_at() -> bool:
        await page.reload()
        return "Schedules: This schedule is over" in await club_of(page, owner).inner_text()

    await eventually(looked_at)
    assert other.name not in await page.content()
    club = club_of(page, owner)
    before = await club.inner_text()
    assert "Never" in before.partition("Last confirmed")[2].partition("To be confirmed by")[0]
    assert "What to fix" in before
    assert "Say for which ages it is." in (await club.text_content() or "")
    await club.get_by_role("button", name="Still correct").click()
    await page.get_by_text("is confirmed as still correct").wait_for()
    assert "Never" not in await club.inner_text()
    await page.reload()
    assert await page.get_by_text("is confirmed as still correct").count() == 0

    await club.get_by_text("Change whether it takes new people").click()
    await club.get_by_label("Has a waiting list").check()
    await club.get_by_role("button", name="Save").click()
    await page.get_by_role("heading", name="There is a problem").wait_for()
    await page.get_by_role("link", name="Weeks that people wait must be").click()
    await page.keyboard.type("6")
    await club.get_by_role("button", name="Save").click()
    await page.get_by_text("Everybody can now see whether").wait_for()
    assert "Has a waiting list, 6 weeks" in await club.inner_text()
    await club.get_by_role("link", name="Otter club").click()
    await page.get_by_text("Has a waiting list (6 weeks, confirmed").wait_for()
    assert watch.complaints == []


async def test_what_was_changed_meanwhile_is_not_confirmed_unseen(
    fleet: RunningFleet, browser: BrowserContext, owner: Owner
) -> None:
    page = await own_page(fleet, browser, owner)
    changed = owner.club(id=owner.club_id, name="Otter club for all", description="Swimming with otters.")
    await owner.editor.change(owner.club_id, **changed)
    await club_of(page, owner).get_by_role("button", name="Still correct").click()
    await page.get_by_role("link", name="‘Otter club for all’ has changed since").wait_for()
    assert (await page.title()).startswith("Error: ")
    await club_of(page, owner).get_by_role("button", name="Still correct").click()
    await page.get_by_text("is confirmed as still correct").wait_for()


async def test_entries_of_others_are_not_to_be_confirmed(
    fleet: RunningFleet, kith: Partnership, browser: BrowserContext, owner: Owner
) -> None:
    other = await kith.organisation()
    page = await own_page(fleet, browser, owner)
    form = club_of(page, owner).locator("form[action$='/confirm']")
    await form.evaluate(
        "(form, path) => form.setAttribute('action', path)", f"/my-services/{other.id}/confirm"
    )
    await form.get_by_role("button").click()
    await page.get_by_role("heading", name="You cannot open this here").wait_for()


async def test_it_works_without_scripts_and_on_a_narrow_screen(
    fleet: RunningFleet, browser: BrowserContext, owner: Owner
) -> None:
    """WCAG 1.4.10; nothing scrolls sideways, open or closed."""
    await browser.route("**/*.js", lambda route: route.abort())
    page = await own_page(fleet, browser, owner)
    await page.set_viewport_size({"width": 320, "height": 800})
    club = club_of(page, owner)
    await club.get_by_text("Change whether it takes new people").click()
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    unnamed = (
        "[...document.querySelectorAll('input:not([type=hidden])')].filter(e => !e.labels.length).length"
    )
    assert await page.evaluate(unnamed) == 0
    await club.get_by_label("Takes nobody new").check()
    await club.get_by_role("button", name="Save").click()
    await page.get_by_text("Everybody can now see whether").wait_for()
    await club.get_by_role("button", name="Still correct").click()
    await page.get_by_text("is confirmed as still correct").wait_for()
