"""The public pages of the directory in a real browser: policy, narrow screens, no script, no cookie."""

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser.watch import Watch
from tests.service.gateway import sample_directory
from tests.service.gateway.fixtures import Surroundings

pytestmark = pytest.mark.engine("chromium")


async def look(gateway: Surroundings, browser: BrowserContext) -> Page:
    page = await browser.new_page()
    await page.goto(gateway.address)
    await page.get_by_role("link", name="find a service").click()
    await page.get_by_label("What do you need help with?").fill("sleap")
    await page.get_by_label("Age of the child").fill("3")
    await page.get_by_label("Postcode").fill("ZZ9 4AB")
    await page.get_by_label("How far away").select_option("Within 3 miles")
    await page.get_by_label("Free only").check()
    await page.get_by_role("button", name="Find services").click()
    await page.get_by_role("heading", name="45 services found").wait_for()
    return page


async def test_from_the_form_to_a_service_and_back(gateway: Surroundings, browser: BrowserContext) -> None:
    """S27: no violation of the content policy; SD-2: no cookie, and nothing personal in an address."""
    watch = Watch(browser)
    page = await look(gateway, browser)
    await page.get_by_role("link", name="Next page").click()
    await page.get_by_role("link", name="Sleep clinic 12").click()
    await page.get_by_role("heading", name="What it does not do").wait_for()
    await page.go_back()
    await page.get_by_text("Page 2 of 5").wait_for()
    await page.get_by_role("link", name="Change the search").click()
    assert await page.get_by_label("Postcode").input_value() == "ZZ9 4AB"
    assert watch.complaints == []
    assert await browser.cookies() == []
    for word in ("sleap", "ZZ9%204AB", "ZZ9+4AB", "ZZ94AB"):
        assert not [address for address in watch.addresses if word.lower() in address.lower()], word


async def test_it_works_without_scripts(gateway: Surroundings, browser: BrowserContext) -> None:
    await browser.route("**/*.js", lambda route: route.abort())
    page = await look(gateway, browser)
    await page.get_by_text("Why it is here").first.click()
    await page.get_by_text("spelt nearly like").first.wait_for()
    await page.get_by_role("link", name="Sleep clinic 0").click()
    await page.get_by_role("heading", name="Sleep clinic 0").wait_for()


async def test_a_page_that_was_left_quickly_is_not_come_back_to(
    gateway: Surroundings, browser: BrowserContext
) -> None:
    refuge = gateway.neighbours.publications[2][0]
    refuge.json = refuge.json.replace("threshold-level-2", "kind-domestic-abuse")
    await browser.route("https://www.bbc.co.uk/*", lambda route: route.fulfill(body="Sunny"))
    page = await browser.new_page()
    await page.goto(f"{gateway.address}/services")
    await page.goto(f"{gateway.address}/services/{refuge.id}")
    await page.get_by_role("link", name="Leave this page quickly").click()
    await page.get_by_text("Sunny").wait_for()
    await page.go_back()
    assert page.url == f"{gateway.address}/services"


@pytest.mark.parametrize("width", [320, 768])
async def test_nothing_scrolls_sideways_on_a_narrow_screen(
    gateway: Surroundings, browser: BrowserContext, width: int
) -> None:
    """WCAG 1.4.10. Names, addresses and links may be long and without a space."""
    service = gateway.neighbours.publications[2][0]
    service.json = service.json.replace("Millbrook", "W" * 80).replace("Sleep clinic", "Sleep" * 30)
    page = await look(gateway, browser)
    await page.set_viewport_size({"width": width, "height": 800})
    service_page = f"{gateway.address}/services/{sample_directory.service(0)['id']}"
    for place in (page.url, f"{gateway.address}/services", service_page):
        await page.goto(place)
        too_wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0, place
        assert await page.locator("h1").count() == 1, place
        assert await page.locator("main, header, footer").count() == 3, place
        unnamed = await page.evaluate(
            """[...document.querySelectorAll("input, select")].filter(e => !e.labels.length).length"""
        )
        assert unnamed == 0, place
