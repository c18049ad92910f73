"""Signing in at the issuer: authorization code with PKCE, on the gateway's side alone (S10; OIDC Core, RFC 9700).

Authlib's client would bring an HTTP client of its own; what is needed of the protocol is this page. joserfc does the
cryptography, `chassis.service_identity` proves who the gateway is.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from services.chassis.errors import ACCESS_DOMAIN, Unavailable
from services.chassis.service_identity import ServiceIdentity
from services.gateway.session import Person, SigningIn, Tokens

_SCOPE: Final = "openid profile"
_TIMEOUT_SECONDS: Final = 3.0
_LEEWAY_SECONDS: Final = 30
_BAD_REQUEST: Final = 400


class LoginRefused(Exception):
    """The issuer does not let this person in, or no longer; never says why."""


class Oidc:
    """The gateway as a client of the issuer."""

    def __init__(self, issuer: str, identity: ServiceIdentity, redirect_uri: str) -> None:
        """`redirect_uri` is the one that the issuer knows of, letter for letter."""
        self._issuer = issuer
        self._identity = identity
        self._redirect_uri = redirect_uri
        self._client = httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def begin(self) -> tuple[SigningIn, str]:
        """Return what must be remembered, and the address of the issuer's login page to go to."""
        signing_in = SigningIn(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
        )
        query = {
            "response_type": "code",
            "client_id": self._identity.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": _SCOPE,
            "state": signing_in.state,
            "nonce": signing_in.nonce,
            "code_challenge": _challenge(signing_in.verifier),
            "code_challenge_method": "S256",
        }
        return signing_in, f"{self._issuer}/authorize?{urlencode(query)}"

    async def finish(self, signing_in: SigningIn, answer: Mapping[str, str]) -> tuple[Person, Tokens]:
        """Return who came back from the login page. Raises LoginRefused, or Unavailable without an issuer."""
        # `iss` tells that it is our issuer who answers (RFC 9207), `state` that it answers this browser.
        if answer.get("iss") != self._issuer or not secrets.compare_digest(
            answer.get("state", "").encode(), signing_in.state.encode()
        ):
            raise LoginRefused
        if not answer.get("code"):
            raise LoginRefused
        granted = await self._granted(
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": self._redirect_uri,
                "code_verifier": signing_in.verifier,
            }
        )
        return await self._person(granted.get("id_token"), signing_in.nonce), _tokens(granted)

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Return new tokens; the old refresh token is spent. Raises LoginRefused or Unavailable."""
        return _tokens(await self._granted({"grant_type": "refresh_token", "refresh_token": tokens.refresh}))

    async def _granted(self, grant: Mapping[str, str]) -> dict[str, Any]:
        asked = {**grant, **self._identity.proof()}
        try:
            response = await self._client.post(f"{self._issuer}/token", data=asked)
            if response.status_code == _BAD_REQUEST:
                raise LoginRefused
            response.raise_for_status()
            granted: dict[str, Any] = response.json()
        except (httpx2.HTTPError, ValueError):
            raise Unavailable("ISSUER_UNREACHABLE", domain=ACCESS_DOMAIN) from None
        return granted

    async def _person(self, id_token: Any, nonce: str) -> Person:
        registry = JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._identity.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        keys = await self._keys()
        try:
            token = jwt.decode(str(id_token), keys, algorithms=["ES256"])
            if token.header.get("typ", "JWT") != "JWT":
                raise LoginRefused
            registry.validate(token.claims)
            claims = token.claims
            return Person(
                display_name=claims["name"],
                organisation_id=claims["org"],
                practitioner_id=claims["practitioner_id"],
                roles=tuple(claims["roles"]),
            )
        except (JoseError, ValueError, KeyError, TypeError):
            # pydantic's ValidationError is a ValueError. None of the causes is passed on: they quote the token.
            raise LoginRefused from None

    async def _keys(self) -> KeySet:
        # Once per login, so never stale and not worth keeping.
        try:
            response = await self._client.get(f"{self._issuer}/jwks.json")
            response.raise_for_status()
            return KeySet.import_key_set(response.json())
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, JoseError):
            raise Unavailable("ISSUER_UNREACHABLE", domain=ACCESS_DOMAIN) from None


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _tokens(granted: Mapping[str, Any]) -> Tokens:
    try:
        return Tokens(
            access=granted["access_token"],
            refresh=granted["refresh_token"],
            expire_time=time.time() + float(granted["expires_in"]),
        )
    except (KeyError, ValueError, TypeError):
        raise LoginRefused from None
