"""Somebody who logs in, as a browser would, and the gateway that sent them."""

import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2
from authlib.oauth2.rfc7636.challenge import create_s256_code_challenge

from tests.service.identity.running import PASSWORD, REDIRECT_URI, Identity

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class Browser:
    """One browser in the middle of one login, with cookies of its own. Remembers every URL it was at."""

    identity: Identity
    client_id: str = "service-gateway"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    cookies: dict[str, str] = field(default_factory=dict)
    urls: list[str] = field(default_factory=list)

    def parameters(self, **changed: str | None) -> dict[str, str]:
        """What the gateway asks with; a change to None leaves one out."""
        fields: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (fields | changed).items() if value is not None}

    async def open(self, **changed: str | None) -> httpx2.Response:
        """Open the login page."""
        return self._seen(
            await self.identity.http.get(
                "/authorize", params=self.parameters(**changed), headers=self._headers()
            )
        )

    async def submit(
        self, page: httpx2.Response, username: str, password: str = PASSWORD, **changed: str
    ) -> httpx2.Response:
        """Fill the form of a page in and send it."""
        fields = {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}
        return self._seen(
            await self.identity.http.post(
                "/authorize",
                data={**fields, "username": username, "password": password, **changed},
                headers=self._headers(),
            )
        )

    async def log_in(self, username: str, password: str = PASSWORD) -> httpx2.Response:
        """Open the page and send it; the answer is the way back, or a page that says why not."""
        return await self.submit(await self.open(), username, password)

    async def code(self, username: str, **changed: str | None) -> str:
        """Log in and return the code."""
        return returned(await self.submit(await self.open(**changed), username))["code"]

    async def exchange(self, code: str, /, **changed: str) -> httpx2.Response:
        """Exchange a code, as the gateway does."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": self.verifier,
        } | changed
        return await self.identity.ask(self.client_id, **fields)

    async def refresh(self, token: str) -> httpx2.Response:
        """Exchange a refresh token, as the gateway does."""
        return await self.identity.ask(self.client_id, grant_type="refresh_token", refresh_token=token)

    def _headers(self) -> dict[str, str]:
        return (
            {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if self.cookies
            else {}
        )

    def _seen(self, response: httpx2.Response) -> httpx2.Response:
        self.cookies |= dict(response.cookies)
        # The connection is everyone's, the cookies are this browser's.
        self.identity.http.cookies.clear()
        self.urls += [str(response.request.url), response.headers.get("location", "")]
        return response


def challenge_of(verifier: str) -> str:
    """The code challenge of a verifier (RFC 7636)."""
    # Authlib's stubs leave this one untyped.
    return str(create_s256_code_challenge(verifier))  # type: ignore[no-untyped-call]


def returned(response: httpx2.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back to the gateway."""
    assert response.status_code == 303, response.text
    location = urlsplit(response.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == REDIRECT_URI
    return {name: values[0] for name, values in parse_qs(location.query).items()}
