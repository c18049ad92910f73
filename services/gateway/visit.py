"""One request to a page: who makes it, what was sent, and the tools to answer it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.chassis.errors import Unauthenticated, Unavailable
from services.gateway.config import HelpLines
from services.gateway.handles import Handles
from services.gateway.neighbours import Asker, Neighbours
from services.gateway.oidc import LoginRefused, Oidc
from services.gateway.open_directory.neighbours import Publications
from services.gateway.open_directory.rate_limit import RateLimit
from services.gateway.service_search import Searches
from services.gateway.session import Session, SignedIn, Tokens
from services.gateway.sessions import Sessions
from services.gateway.templates import Templates

_REFRESH_BEFORE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """What all requests share."""

    address: str
    is_local: bool
    help_lines: HelpLines
    sessions: Sessions
    oidc: Oidc
    neighbours: Neighbours
    templates: Templates
    publications: Publications
    limit: RateLimit
    """Of the open API and the public pages together."""
    searches: Searches

    @property
    def cookie_name(self) -> str:
        """The prefix keeps other hosts of the domain from setting the cookie; browsers grant it to https alone."""
        return "kith" if self.is_local else "__Host-kith"

    def set_cookie(self, response: Response, cookie: str) -> None:
        """Give the browser its cookie: a random number that says nothing, gone when the browser is closed."""
        response.set_cookie(
            self.cookie_name, cookie, path="/", httponly=True, secure=not self.is_local, samesite="lax"
        )

    def forget_cookie(self, response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(
            self.cookie_name, path="/", httponly=True, secure=not self.is_local, samesite="lax"
        )


@dataclass(slots=True)
class Visit:
    """A request to a page that anybody may open."""

    site: Site
    request: Request
    cookie: str
    session: Session | None
    fields: dict[str, str] = field(default_factory=dict)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page; the templates find `person` and `csrf` when somebody is signed in."""
        signed_in = self.session if isinstance(self.session, SignedIn) else None
        return self.site.templates.page(
            template,
            status,
            person=signed_in.person if signed_in else None,
            csrf=signed_in.csrf if signed_in else "",
            path=self.request.url.path,
            **values,
        )

    def go(self, path: str) -> Response:
        """Return the way to another page; a form that was sent is not sent again there."""
        return RedirectResponse(path, 303)


@dataclass(slots=True)
class SignedInVisit(Visit):
    """A request to a page that only somebody signed in may open."""

    session: SignedIn

    @property
    def handles(self) -> Handles:
        """The handles of this session."""
        return Handles(self.session.handle_key)

    async def change(self, changed: Callable[[SignedIn], SignedIn]) -> None:
        """Change the session, on top of what other requests have made of it. Raises Unauthenticated if it ended."""
        async with self.site.sessions.held(self.cookie) as held:
            if held is None or not isinstance(held.session, SignedIn):
                raise Unauthenticated
            held.session = self.session = changed(held.session)

    async def asker(self) -> Asker:
        """Return on whose behalf services are called. Raises Unauthenticated when the issuer says it is over."""
        if _is_old(self.session.tokens):
            await self._refresh()
        return Asker(self.session.tokens.access, self.session.purpose)

    async def _refresh(self) -> None:
        """Get new tokens; one request at a time, since a refresh token used twice ends the login."""
        async with self.site.sessions.held(self.cookie) as held:
            if held is None or not isinstance(held.session, SignedIn):
                raise Unauthenticated
            if _is_old(held.session.tokens):
                tokens = await self._new_tokens(held.session.tokens)
                held.session = held.session.model_copy(update={"tokens": tokens})
            self.session = held.session

    async def _new_tokens(self, old: Tokens) -> Tokens:
        try:
            return await self.site.oidc.refresh(old)
        except LoginRefused:
            raise Unauthenticated from None
        except Unavailable:
            # The access token is still good for a moment; the next request tries again.
            if time.time() < old.expire_time:
                return old
            raise

    async def sign_out(self) -> Response:
        """End the session and go to the first page."""
        await self.site.sessions.end(self.cookie)
        response = self.go("/")
        self.site.forget_cookie(response)
        return response


def _is_old(tokens: Tokens) -> bool:
    return time.time() > tokens.expire_time - _REFRESH_BEFORE_SECONDS
