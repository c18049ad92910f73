"""A real Chromium, without a window, that starts afresh for every test and speaks to nobody but the tested pages."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, async_playwright

from tests.fixtures.postgres import postgres, service_database
from tests.service.gateway.fixtures import gateway, running_gateway

__all__ = ["gateway", "postgres", "running_gateway", "service_database"]

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Where the machine's Chromium is; skips the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def browser(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser with an empty profile."""
    executable = chromium()
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=executable,
            args=_FLAGS,
            viewport={"width": 1280, "height": 900},
        )
        yield context
        await context.close()
