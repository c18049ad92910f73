"""An agency's system as a client of Kith: a key of its own, access tokens, and what goes with each call (CI-12).

The operator creates the client with the public half of the key (`CreateClient`) and tells the agency its id:

    key = ECKey.generate_key("P-256", {"kid": "case-files-1"})
    agency = AgencyClient("1b0c…", key, issuer="http://127.0.0.1:8081")
    async with grpc.aio.insecure_channel("127.0.0.1:50051") as channel:
        index = ChildIndexServiceStub(channel)
        metadata = await agency.metadata(purpose="provide-service")
        registered = await index.RegisterChild(request, metadata=metadata, timeout=10)
"""

import asyncio
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Final, Self

import httpx2
from grpc.aio import Metadata
from joserfc import jwt
from joserfc.jwk import ECKey

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 60
_RENEW_BEFORE_SECONDS: Final = 30
_TIMEOUT_SECONDS: Final = 5.0


class TokenRefused(Exception):
    """The issuer gave no token; the text is its OAuth error code."""


class IssuerUnreachable(Exception):
    """The issuer did not answer, or not as an issuer does. May pass."""


class AgencyClient:
    """Holds the access token of one client, renewed 30 s before it expires; one request to the issuer at a time."""

    def __init__(self, client_id: str, key: ECKey, issuer: str) -> None:
        """`key` is private, EC P-256, with a `kid`; `issuer` has no trailing slash."""
        self.client_id = client_id
        self._key = key
        self._issuer = issuer
        self._token = ""
        self._expires = 0.0
        self._lock = asyncio.Lock()

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Reads `{"client_id": …, "issuer": …, "key": {…}}`, as the loader of the town writes one for each agency."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(stored["client_id"], ECKey.import_key(stored["key"]), stored["issuer"])

    async def token(self) -> str:
        """Returns a valid access token. Raises TokenRefused, IssuerUnreachable."""
        async with self._lock:
            if time.monotonic() >= self._expires - _RENEW_BEFORE_SECONDS:
                await self._renew()
        return self._token

    async def metadata(self, purpose: str = "") -> Metadata:
        """Returns what goes with a call: the token, and the purpose where the method needs one.

        Raises TokenRefused, IssuerUnreachable.
        """
        metadata = Metadata(("authorization", f"Bearer {await self.token()}"))
        if purpose:
            metadata.add("kith-purpose", purpose)
        return metadata

    def authentication(self) -> dict[str, str]:
        """Returns the form fields by which the client proves to the token endpoint who it is; good for one request."""
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(f"{self._issuer}/token"),
        }

    async def _renew(self) -> None:
        """Asks by client credentials, proving with a signed assertion who asks (private_key_jwt, RFC 7523)."""
        asked = time.monotonic()
        endpoint = f"{self._issuer}/token"
        fields = {"grant_type": "client_credentials", **self.authentication()}
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
                response = await http.post(endpoint, data=fields)
            answer = response.json()
        except (httpx2.HTTPError, ValueError):
            raise IssuerUnreachable from None
        if "access_token" not in answer:
            raise TokenRefused(str(answer.get("error", response.status_code)))
        self._token, self._expires = answer["access_token"], asked + answer["expires_in"]

    def _assertion(self, audience: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key, algorithms=["ES256"])


if __name__ == "__main__":
    print(asyncio.run(AgencyClient.from_file(Path(sys.argv[1])).token()))
