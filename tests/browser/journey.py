"""The main job as a practitioner does it in a browser. Each step takes the page and leaves it on the next one."""

from dataclasses import dataclass

from playwright.async_api import Page


@dataclass(frozen=True)
class Wanted:
    """The child looked for, as somebody who has heard of it would write it down."""

    given_name: str
    family_name: str
    day: str = ""
    month: str = ""
    year: str = ""
    postcode: str = ""


async def sign_in(page: Page, base_url: str, username: str, password: str) -> None:
    """From the first page through the issuer's login page and back."""
    await page.goto(base_url)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Hello").wait_for()


async def search(page: Page, wanted: Wanted, purpose: str = "I provide a service") -> None:
    """Fill in the form and send it."""
    await page.get_by_role("link", name="Find a child").first.click()
    await page.get_by_label("Given name").fill(wanted.given_name)
    await page.get_by_label("Family name").fill(wanted.family_name)
    for label, value in (("Day", wanted.day), ("Month", wanted.month), ("Year", wanted.year)):
        await page.get_by_label(label).fill(value)
    await page.get_by_label("Postcode").fill(wanted.postcode)
    await page.get_by_label(purpose).check()
    await page.get_by_role("button", name="Find").click()


async def open_first(page: Page) -> str:
    """Open the best match; return the name of its link."""
    link = page.get_by_role("link", name="View ").first
    name = await link.inner_text()
    await link.click()
    await page.get_by_role("heading", name="Who is involved now").wait_for()
    return name


async def log_involvement(page: Page, day: str, month: str, year: str) -> None:
    """From the record through the question and check answers, back to the record."""
    await page.get_by_role("button", name="Log your involvement").click()
    for label, value in (("Day", day), ("Month", month), ("Year", year)):
        await page.get_by_label(label).fill(value)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("heading", name="Check your answers").wait_for()
    await page.get_by_role("button", name="Log this involvement").click()
    await page.get_by_text("Your involvement has been recorded").wait_for()


async def sign_out(page: Page) -> None:
    """Leave."""
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Who already knows this child").wait_for()
