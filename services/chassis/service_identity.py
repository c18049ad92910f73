"""A service's own access token, by client credentials and a signed assertion (S9; RFC 7523)."""

import asyncio
import json
import time
import uuid
from pathlib import Path
from typing import Final, Self

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from services.chassis.config import BadSettings, read_secret
from services.chassis.errors import ACCESS_DOMAIN, Unavailable
from services.chassis.tls import Certificates

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 60
_RENEW_BEFORE_SECONDS: Final = 30
_TIMEOUT_SECONDS: Final = 3.0


class ServiceIdentity:
    """Holds the token of `service-<name>`, renewed 30 s before it expires; one fetch at a time."""

    def __init__(
        self, service: str, key_file: Path, issuer: str, certificates: Certificates | None = None
    ) -> None:
        """`key_file` holds a private ES256 JWK with its `kid`. Raises BadSettings otherwise.

        With `certificates` its channels are by mutual TLS, else in plain text, as in local mode.
        """
        self.service = service
        self.certificates = certificates
        self.client_id = f"service-{service}"
        self._issuer = issuer
        self._key = _private_key(key_file)
        self._token = ""
        self._expires = 0.0
        self._lock = asyncio.Lock()
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection to the issuer."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def token(self) -> str:
        """Return a valid token. Raises Unavailable if there is none and the issuer does not give one."""
        if time.monotonic() < self._expires - _RENEW_BEFORE_SECONDS:
            return self._token
        async with self._lock:
            if time.monotonic() >= self._expires - _RENEW_BEFORE_SECONDS:
                await self._renew()
        return self._token

    async def _renew(self) -> None:
        asked = time.monotonic()
        try:
            if self._client is None:
                self._client = httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)
            granting = {"grant_type": "client_credentials", **self.proof()}
            response = await self._client.post(f"{self._issuer}/token", data=granting)
            response.raise_for_status()
            granted = response.json()
            token, lives = str(granted["access_token"]), float(granted["expires_in"])
        except (httpx2.HTTPError, ValueError, KeyError, TypeError):
            if time.monotonic() < self._expires:
                return  # the old one is still good; the next call tries again
            raise Unavailable("ISSUER_UNREACHABLE", domain=ACCESS_DOMAIN) from None
        self._token, self._expires = token, asked + lives

    def proof(self) -> dict[str, str]:
        """Return the form fields that prove to the issuer who asks: a signed assertion, good once, for a minute."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self._issuer}/token",
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        header = {"alg": "ES256", "kid": self._key.kid}
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode(header, claims, self._key, algorithms=["ES256"]),
        }


def _private_key(key_file: Path) -> ECKey:
    text = read_secret(key_file)
    try:
        key = ECKey.import_key(json.loads(text))
    except (JoseError, ValueError, TypeError):
        key = None  # what the parser says would quote the key
    if key is None or not key.is_private or not key.kid:
        raise BadSettings(f"{key_file}: holds no private EC key with an id")
    return key
