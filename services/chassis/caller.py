"""Who calls: access tokens verified, and nothing believed that is not in one (S5, S6; RFC 9068, RFC 8725)."""

import asyncio
import base64
import binascii
import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

import httpx2
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry

from services.chassis import metrics
from services.chassis.errors import ACCESS_DOMAIN, Unauthenticated, Unavailable

LEEWAY_SECONDS: Final = 30
"""Clocks of two machines may differ by this much."""
_MAX_TOKEN_CHARACTERS: Final = 4096
"""Metadata of 8 KiB is where gRPC begins to refuse (RELIABILITY 1.1)."""
_CACHED_TOKENS: Final = 4096
_REFRESH_SECONDS: Final = 5.0
"""Keys are fetched at most this often, so that made-up key ids cannot be used to load the issuer."""
_FETCH_TIMEOUT_SECONDS: Final = 3.0
_HEADER: Final = {"alg", "typ", "kid"}
_TEXT_CLAIMS: Final = ("iss", "sub", "jti", "client_id", "kind", "scope")


class Kind(StrEnum):
    """What stands behind a token."""

    PERSON = "person"
    """Somebody who logged in."""
    SYSTEM = "system"
    """An agency's machine client, no named user."""
    SERVICE = "service"
    """A service of Kith itself."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, from a verified token; `relayed_by` is from a second one, of a Kith service."""

    kind: Kind
    subject: str
    organisation_id: str
    client_id: str
    scopes: frozenset[str]
    roles: frozenset[str]
    relayed_by: str | None = None

    @property
    def service(self) -> str | None:
        """The name of the Kith service whose own token this is, such as `search`; None for everyone else."""
        if self.kind is not Kind.SERVICE:
            return None
        return self.client_id.removeprefix("service-")

    def relayed(self, service: str | None) -> "Caller":
        """Return the same caller as relayed by a Kith service."""
        return replace(self, relayed_by=service)


class TokenVerifier:
    """Verifies access tokens of one issuer for one audience; ES256 only, keys from the issuer's JWKS only.

    Verified tokens are remembered until they expire (ES256 takes 0.2 ms). Use as `async with`, or call
    `close`.
    """

    def __init__(self, issuer: str, audience: str = "kith") -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = _IssuerKeys(f"{issuer}/jwks.json")
        self._verified: OrderedDict[str, tuple[float, Caller]] = OrderedDict()
        self._registry = JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection to the issuer."""
        await self._keys.close()

    async def verify(self, token: str) -> Caller:
        """Return who the token stands for.

        Raises Unauthenticated for every defect alike, and Unavailable if the issuer's keys cannot be had.
        """
        known = self._verified.get(token)
        if known is not None and time.time() < known[0]:
            self._verified.move_to_end(token)
            return known[1]
        try:
            expires, caller = await self._examine(token)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            # What a hostile token makes a parser raise; the cause may quote the token, so it is not chained.
            metrics.TOKENS_VERIFIED.labels("refused").inc()
            raise Unauthenticated from None
        metrics.TOKENS_VERIFIED.labels("accepted").inc()
        self._verified[token] = (expires, caller)
        while len(self._verified) > _CACHED_TOKENS:
            self._verified.popitem(last=False)
        return caller

    async def _examine(self, token: str) -> tuple[float, Caller]:
        if len(token) > _MAX_TOKEN_CHARACTERS or not token.isascii():
            raise ValueError("not a token of ours by its size or letters")
        header = _object(_decoded(token.split(".", maxsplit=1)[0]))
        # An exact set: no jwk, jku, x5u or crit is ever looked at (RFC 8725 3.5, CVE-2026-27962).
        if set(header) != _HEADER or header["alg"] != "ES256" or header["typ"] != "at+jwt":
            raise ValueError("the header is not that of an access token of ours")
        key = await self._keys.find(header["kid"])
        if key is None:
            raise ValueError("no such key")
        signed = jws.deserialize_compact(token, key, algorithms=["ES256"])
        claims = _object(signed.payload)
        # joserfc checks neither audience nor time unless asked to (S6).
        self._registry.validate(claims)
        if claims["aud"] not in (self._audience, [self._audience]):
            raise ValueError("for somebody else")
        return float(claims["exp"]), _caller(claims)


class _IssuerKeys:
    """The issuer's public keys by id; fetched for an unknown id, one fetch at a time, not too often."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, ECKey] = {}
        self._client: httpx2.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._next_fetch = 0.0
        self._reachable = False

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def find(self, kid: object) -> ECKey | None:
        """Return the key, or None if the issuer has none such. Raises Unavailable if it cannot be asked."""
        if not isinstance(kid, str):
            return None
        if kid not in self._keys:
            async with self._lock:
                if kid not in self._keys and time.monotonic() >= self._next_fetch:
                    await self._fetch()
        key = self._keys.get(kid)
        if key is None and not self._reachable:
            metrics.TOKENS_VERIFIED.labels("unavailable").inc()
            raise Unavailable("ISSUER_UNREACHABLE", domain=ACCESS_DOMAIN)
        return key

    async def _fetch(self) -> None:
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=_FETCH_TIMEOUT_SECONDS, trust_env=False)
        try:
            response = await self._client.get(self._url)
            response.raise_for_status()
            self._keys = dict(_signing_keys(response.json()["keys"]))
            self._reachable = True
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, JoseError):
            self._reachable = False
            metrics.KEYS_FETCHED.labels("failed").inc()
            # A failure is tried again soon: at start the issuer may be a moment behind.
            self._next_fetch = time.monotonic() + 0.2
            return
        metrics.KEYS_FETCHED.labels("fetched").inc()
        self._next_fetch = time.monotonic() + _REFRESH_SECONDS


def _signing_keys(published: Iterable[Any]) -> Iterable[tuple[str, ECKey]]:
    for key in published:
        if key.get("kty") == "EC" and key.get("crv") == "P-256" and isinstance(key.get("kid"), str):
            yield key["kid"], ECKey.import_key({name: key[name] for name in ("kty", "crv", "x", "y", "kid")})


def _caller(claims: dict[str, Any]) -> Caller:
    if not all(isinstance(claims[name], str) for name in _TEXT_CLAIMS):
        raise ValueError("a claim is not text")
    organisation, roles = claims.get("org", ""), claims.get("roles", [])
    if not isinstance(organisation, str) or not isinstance(roles, list):
        raise TypeError("a claim has the wrong form")
    if not all(isinstance(role, str) for role in roles) or not claims["sub"] or not claims["client_id"]:
        raise ValueError("a claim is empty or not text")
    kind = Kind(claims["kind"])
    # A person's token names the gateway they logged in to, which is a service's id.
    if kind is not Kind.PERSON and (kind is Kind.SERVICE) != claims["client_id"].startswith("service-"):
        raise ValueError("kind and client contradict each other")
    return Caller(
        kind=kind,
        subject=claims["sub"],
        organisation_id=organisation,
        client_id=claims["client_id"],
        scopes=frozenset(claims["scope"].split()),
        roles=frozenset(roles),
    )


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _object(text: bytes) -> dict[str, Any]:
    """Parse a JSON object, refusing names that occur twice: two readers might see two different tokens."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name occurs twice")
        return found

    parsed = json.loads(text, object_pairs_hook=unique)
    if not isinstance(parsed, dict):
        raise TypeError("not an object")
    return parsed
