"""The pages in a real browser, between neighbours that are fakes: policy, keyboard, narrow screens, no script."""

import pytest
from playwright.async_api import BrowserContext, Page

from kith.directory.v1.duty_pb2 import DutyCover
from tests.browser import journey
from tests.browser.journey import Wanted
from tests.browser.watch import Watch, kept_in_browser
from tests.service.gateway import sample
from tests.service.gateway.fixtures import Surroundings

pytestmark = pytest.mark.engine("chromium")

AMINA = Wanted("Aminah", "Begum", "3", "march", "2015", "ZZ9 4AB")


async def signed_in(gateway: Surroundings, browser: BrowserContext) -> Page:
    page = await browser.new_page()
    await page.goto(f"{gateway.address}/login")
    await page.get_by_role("heading", name="Hello, Rosa Martin").wait_for()
    return page


async def test_the_whole_way_breaks_no_policy_and_shows_no_name_in_an_address(
    gateway: Surroundings, browser: BrowserContext
) -> None:
    """S27: no violation of the content policy on any page; S13: no name in a URL; S10: no token in the browser."""
    watch = Watch(browser)
    page = await signed_in(gateway, browser)
    await journey.search(page, AMINA)
    assert await journey.open_first(page) == "View Amina Khan, born 3 March 2015 (1 of 2)"
    await journey.log_involvement(page, "1", "sept", "2025")
    kept = await kept_in_browser(page)
    await journey.sign_out(page)
    assert watch.complaints == []
    own = [address for address in watch.addresses if address.startswith(gateway.address)]
    assert len(own) > 10
    for word in ("Amina", "Begum", "Khan", "2015", "ZZ9", "Rosa"):
        assert not [address for address in own if word.lower() in address.lower()], word
    assert not [address for address in own if "/assets/" in address]
    assert "person." not in kept
    assert "kith=" not in kept


async def test_errors_take_the_focus_and_lead_to_their_field(
    gateway: Surroundings, browser: BrowserContext
) -> None:
    page = await signed_in(gateway, browser)
    await journey.search(page, Wanted("Amina", "Khan", "32"))
    assert (await page.title()).startswith("Error: ")
    assert await page.evaluate("document.activeElement.className") == "govuk-error-summary"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "birth_date-day"
    assert await page.get_by_label("Given name").input_value() == "Amina"


async def test_the_keyboard_alone_is_enough(gateway: Surroundings, browser: BrowserContext) -> None:
    page = await signed_in(gateway, browser)
    await page.goto(f"{gateway.address}/find")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to main content"
    await page.keyboard.press("Enter")
    await page.get_by_label("Given name").focus()
    for typed in ("Amina", "Khan", "3", "March", "2015", "ZZ9"):
        await page.keyboard.type(typed)
        await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Add more that you know"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="3 possible children").wait_for()


@pytest.mark.parametrize("width", [320, 768])
async def test_nothing_scrolls_sideways_on_a_narrow_screen(
    gateway: Surroundings, browser: BrowserContext, width: int
) -> None:
    """WCAG 1.4.10: 320 pixels are a screen of 1280 at 400 %. A name may be 100 letters without a space."""
    for name in (gateway.neighbours.found.matches[0].name, gateway.neighbours.child.facts.names[0]):
        name.family_name = "W" * 100
    page = await signed_in(gateway, browser)
    await page.set_viewport_size({"width": width, "height": 800})
    await journey.search(page, AMINA)
    address = page.url
    await journey.open_first(page)
    for place in (gateway.address, f"{gateway.address}/find", address, page.url, f"{page.url}/involvement"):
        await page.goto(place)
        too_wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0, place


async def test_links_and_buttons_are_large_enough_to_hit(
    gateway: Surroundings, browser: BrowserContext
) -> None:
    """WCAG 2.5.8: 24 pixels, links within a sentence excepted."""
    on_duty = DutyCover(state=DutyCover.STATE_ANSWERED, team_display_name="Desk", phone="01632 960 099")
    gateway.neighbours.practitioner(sample.TEACHER_ID).duty_cover.CopyFrom(on_duty)
    page = await signed_in(gateway, browser)
    await journey.search(page, AMINA)
    await journey.open_first(page)
    assert await page.locator(".kith-reach__duty a").count() > 0
    small = await page.evaluate(
        """[...document.querySelectorAll(
            "button, input, .kith-nav__link, .kith-reach__line a, .kith-reach__duty a, .govuk-button"
        )]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
    )
    assert small == []


async def test_each_page_has_one_heading_of_the_first_level_and_landmarks(
    gateway: Surroundings, browser: BrowserContext
) -> None:
    page = await signed_in(gateway, browser)
    await journey.search(page, AMINA)
    results = page.url
    await journey.open_first(page)
    titles = set()
    for place in (gateway.address, f"{gateway.address}/find", results, page.url, f"{page.url}/involvement"):
        await page.goto(place)
        assert await page.locator("h1").count() == 1, place
        assert await page.locator("main, header, footer").count() == 3, place
        assert await page.evaluate("document.documentElement.lang") == "en"
        unnamed = await page.evaluate(
            """[...document.querySelectorAll("input:not([type=hidden])")].filter(e => !e.labels.length).length"""
        )
        assert unnamed == 0, place
        titles.add(await page.title())
    assert len(titles) == 5


async def test_it_works_without_scripts(gateway: Surroundings, browser: BrowserContext) -> None:
    await browser.route("**/*.js", lambda route: route.abort())
    page = await signed_in(gateway, browser)
    await journey.search(page, AMINA)
    await journey.open_first(page)
    await journey.log_involvement(page, "1", "sept", "2025")


async def test_a_record_left_behind_is_not_shown_again(
    gateway: Surroundings, browser: BrowserContext
) -> None:
    """After signing out, the way back leads to no record: nothing was kept (ASVS 14.3.2)."""
    page = await signed_in(gateway, browser)
    await journey.search(page, AMINA)
    await journey.open_first(page)
    await journey.sign_out(page)
    await page.go_back()
    assert "Amina" not in await page.content()
