"""Signed assertions of clients, good and bad."""

import time
import uuid
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


def signed(
    client_id: str, key: ECKey, audience: Any, header: dict[str, Any] | None = None, **changed: Any
) -> str:
    """An assertion with these claims and header fields changed; a change to None leaves one out."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 60,
    } | changed
    fields = {"alg": "ES256", "kid": key.kid} | (header or {})
    return jwt.encode(
        {name: value for name, value in fields.items() if value is not None},
        {name: value for name, value in claims.items() if value is not None},
        key,
        algorithms=["ES256"],
    )


def authenticating(assertion: str) -> dict[str, str]:
    """The form fields by which a client proves who it is."""
    return {"client_assertion_type": TYPE, "client_assertion": assertion}
