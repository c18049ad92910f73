"""Signed assertions by which clients prove who they are (private_key_jwt: RFC 7523, S9).

Authlib's `JWTBearerClientAssertion` is not used: it pins no algorithm, sets no bound on `exp`, tells a caller whether
the client exists, and asks for the replay of a `jti` without `await`. joserfc does the cryptography.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry

from services.identity.signing_keys import ALGORITHM

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_SECONDS: Final = 300
LEEWAY_SECONDS: Final = 30
"""Clocks of an agency and ours may differ by this much."""
_LONGEST: Final = 4096
_HEADER: Final = {"alg", "typ", "kid"}
_JTI: Final = re.compile(r"[\x21-\x7e]{1,200}")


class BadAssertion(Exception):
    """The assertion proves nothing. Never says why: whoever is not who they say learns nothing."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A verified assertion; `jti` must not be accepted again before `expire_time`."""

    client_id: str
    jti: str
    expire_time: datetime


def claimed_client_id(assertion: str) -> str:
    """Return who the assertion says it is from, unverified: only good for finding the key. Raises BadAssertion."""
    if len(assertion) > _LONGEST or not assertion.isascii():
        raise BadAssertion
    try:
        claimed = json.loads(jws.extract_compact(assertion.encode("ascii")).payload)["sub"]
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise BadAssertion from None
    if not isinstance(claimed, str):
        raise BadAssertion
    return claimed


def verify(
    assertion: str, *, client_id: str, key: ECKey, audiences: frozenset[str], now: datetime
) -> Assertion:
    """Return the assertion if it is from `client_id`, for us and fresh. Raises BadAssertion."""
    seconds = int(now.timestamp())
    registry = JWTClaimsRegistry(
        now=seconds,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": client_id},
        sub={"essential": True, "value": client_id},
        aud={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        token = jwt.decode(assertion, key, algorithms=[ALGORITHM])
        registry.validate(token.claims)
        return _checked(token.header, token.claims, client_id, key, audiences, seconds)
    except (JoseError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise BadAssertion from None


def _checked(
    header: dict[str, Any],
    claims: dict[str, Any],
    client_id: str,
    key: ECKey,
    audiences: frozenset[str],
    now: int,
) -> Assertion:
    audience = claims["aud"]
    # One audience and it is us: an assertion made for two could be presented to us by the other.
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in audiences:
        raise ValueError("for somebody else")
    if not set(header) <= _HEADER or header.get("kid", key.kid) != key.kid:
        raise ValueError("the header names another key, or more than it should")
    expires = claims["exp"]
    if expires > now + LONGEST_SECONDS + LEEWAY_SECONDS:
        raise ValueError("lives too long")
    if not _JTI.fullmatch(claims["jti"]):
        raise ValueError("an id that cannot be kept")
    return Assertion(client_id, claims["jti"], datetime.fromtimestamp(expires + LEEWAY_SECONDS, UTC))
