"""Notes what a browser complains of and where it goes, so that a test can say that nothing was wrong."""

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request

_AN_ERROR_PAGE = "Failed to load resource: the server responded with a status of 4"
"""What the console says of a page that shows an error on purpose."""


class Watch:
    """`complaints` of the console (a broken content policy is one), and every address asked for."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.addresses: list[str] = []
        context.on("console", self._note)
        context.on("request", self._ask)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_AN_ERROR_PAGE):
            self.complaints.append(message.text)

    def _ask(self, request: Request) -> None:
        self.addresses.append(request.url)


async def kept_in_browser(page: Page) -> str:
    """All that a script of the page could read: storage, cookies that are not HttpOnly, the page itself."""
    found: str = await page.evaluate(
        "JSON.stringify([localStorage, sessionStorage, document.cookie, document.documentElement.outerHTML])"
    )
    return found
