"""What the issuer says about somebody: access tokens (RFC 9068) and ID tokens (OpenID Connect Core 2)."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import uuid4

from authlib.oidc.core.util import create_half_hash

from services.chassis.caller import Kind
from services.identity.signing_keys import ALGORITHM, SigningKeys
from services.identity.standing import Person

AUDIENCE: Final = "kith"
ACCESS_SECONDS: Final = 300
"""Services check tokens without asking anybody, so this is how long a withdrawn access lives on."""


class TokenMaker:
    """Makes the tokens of one issuer."""

    def __init__(self, issuer: str, keys: SigningKeys) -> None:
        self._issuer = issuer
        self._keys = keys

    def access_token(
        self,
        *,
        kind: Kind,
        subject: str,
        client_id: str,
        organisation_id: str,
        scopes: Collection[str],
        roles: Collection[str],
        now: datetime,
    ) -> str:
        """Return an access token for the services of Kith, good for five minutes."""
        return self._keys.sign(
            "at+jwt",
            {
                "iss": self._issuer,
                "sub": subject,
                "aud": AUDIENCE,
                "iat": int(now.timestamp()),
                "exp": int(now.timestamp()) + ACCESS_SECONDS,
                "jti": str(uuid4()),
                "client_id": client_id,
                "scope": " ".join(sorted(scopes)),
                "org": organisation_id,
                "roles": sorted(roles),
                "kind": kind.value,
            },
        )

    def id_token(
        self,
        *,
        person: Person,
        client_id: str,
        nonce: str,
        login_time: datetime,
        access_token: str,
        now: datetime,
    ) -> str:
        """Return an ID token that tells the gateway who has logged in."""
        at_hash = create_half_hash(access_token, ALGORITHM)
        assert at_hash is not None  # noqa: S101 - None is for algorithms it does not know
        return self._keys.sign(
            "JWT",
            {
                "iss": self._issuer,
                "sub": person.id,
                "aud": client_id,
                "iat": int(now.timestamp()),
                "exp": int(now.timestamp()) + ACCESS_SECONDS,
                "auth_time": int(login_time.timestamp()),
                "nonce": nonce,
                "at_hash": at_hash.decode("ascii"),
                "name": person.display_name,
                "org": person.organisation_id,
                "practitioner_id": person.practitioner_id,
                "roles": [person.role.value],
            },
        )
