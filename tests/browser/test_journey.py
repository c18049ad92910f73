"""The main job in a real browser on a whole fleet: found with a misspelling, read, and one's own involvement logged."""

import calendar
import re

import pytest
from playwright.async_api import BrowserContext

from kith.directory.v1 import directory_pb2
from tests.browser import journey
from tests.browser.journey import Wanted
from tests.browser.watch import Watch, kept_in_browser
from tests.fixtures.fleet import RunningFleet, embedded_only
from tests.fixtures.partnership import Partnership, new_child

pytestmark = pytest.mark.engine("chromium")

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


async def test_a_practitioner_finds_a_child_and_logs_the_involvement(
    fleet: RunningFleet, kith: Partnership, browser: BrowserContext
) -> None:
    """CI-1 to CI-8, CI-16, S10, S27: across agencies, with contact details, and no id anywhere."""
    watch = Watch(browser)
    school = await kith.organisation()
    nursing = await kith.organisation(directory_pb2.Service.KIND_SCHOOL_NURSING, "Northbridge Nursing")
    facts = new_child()
    await kith.register(school, facts)
    person = await kith.person(nursing)
    await kith.findable(person, facts)
    family_name = facts.names[0].family_name
    page = await browser.new_page()

    await journey.sign_in(page, fleet.gateway, person.username, person.password)
    born = facts.birth_date.date
    month = calendar.month_name[born.month].lower()
    postcode = facts.addresses[0].postcode
    await journey.search(page, Wanted("Otilie", family_name, str(born.day), month, str(born.year), postcode))
    await page.get_by_text("match").first.wait_for()
    results = await page.content()
    assert "Other authorities were not searched" in results
    assert school.name in results
    await journey.open_first(page)
    record = await page.content()
    for text in (facts.names[0].given_name, school.name, school.practitioner.display_name, "01632 960002"):
        assert text in record, text
    assert nursing.name not in record

    await journey.log_involvement(page, "1", "September", "2026")
    recorded = await page.content()
    assert f"{nursing.name} service" in recorded
    for source in (results, record, recorded):
        assert not UUID.search(source)
    assert family_name not in await page.title()
    assert "eyJ" not in await kept_in_browser(page)
    await journey.sign_out(page)
    assert watch.complaints == []
    assert not [address for address in watch.addresses if family_name.lower() in address.lower()]
    assert not [address for address in watch.addresses if UUID.search(address)]


@embedded_only
async def test_too_little_to_search_on_is_said_at_the_form(
    fleet: RunningFleet, kith: Partnership, browser: BrowserContext
) -> None:
    person = await kith.person(await kith.organisation())
    page = await browser.new_page()
    await journey.sign_in(page, fleet.gateway, person.username, person.password)
    await journey.search(page, Wanted("Ottilie", ""))
    await page.get_by_role("heading", name="There is a problem").wait_for()
    assert (await page.title()).startswith("Error: ")
    assert await page.get_by_label("Given name").input_value() == "Ottilie"


@embedded_only
async def test_nobody_found_says_whom_to_ring(
    fleet: RunningFleet, kith: Partnership, browser: BrowserContext
) -> None:
    """G10."""
    person = await kith.person(await kith.organisation())
    page = await browser.new_page()
    await journey.sign_in(page, fleet.gateway, person.username, person.password)
    await journey.search(page, Wanted("Quirinus", "Nobodykin", "1", "2", "2013", "ZY1 1AA"))
    await page.get_by_role("heading", name="No match found").wait_for()
    assert await page.get_by_text("Do not wait for what Kith shows you").count() == 1


@embedded_only
async def test_a_sensitive_service_needs_a_ground(
    fleet: RunningFleet, kith: Partnership, browser: BrowserContext
) -> None:
    """DESIGN 5 no. 9: recorded on a ground; others see one neutral line."""
    school = await kith.organisation()
    clinic = await kith.organisation(directory_pb2.Service.KIND_MENTAL_HEALTH, "Lark Clinic")
    facts = new_child()
    await kith.register(school, facts)
    born = facts.birth_date.date
    wanted = Wanted("Ottilie", facts.names[0].family_name, str(born.day), str(born.month), str(born.year))
    worker, teacher = await kith.person(clinic), await kith.person(school)
    await kith.findable(worker, facts)

    page = await browser.new_page()
    await journey.sign_in(page, fleet.gateway, worker.username, worker.password)
    await journey.search(page, wanted)
    await journey.open_first(page)
    await page.get_by_role("button", name="Log your involvement").click()
    for label, value in (("Day", "1"), ("Month", "9"), ("Year", "2026")):
        await page.get_by_label(label).fill(value)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Log this involvement").click()
    await page.get_by_role("heading", name="There is a problem").wait_for()
    await page.get_by_label("There is reasonable cause").check()
    await page.get_by_role("button", name="Log this involvement").click()
    await page.get_by_text("Your involvement has been recorded").wait_for()
    await journey.sign_out(page)

    await journey.sign_in(page, fleet.gateway, teacher.username, teacher.password)
    await journey.search(page, wanted)
    await journey.open_first(page)
    record = await page.content()
    assert "A sensitive service is also involved" in record
    assert clinic.name not in record
