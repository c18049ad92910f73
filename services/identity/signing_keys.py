"""The issuer's own keys: the first signs, all are published, so that keys rotate with overlap (README.md)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from services.identity import unusable_file
from services.identity.unusable_file import UnusableFile

ALGORITHM = "ES256"
SETTING = "KITH_SIGNING_KEYS_FILE"


class SigningKeys:
    """One or more private ES256 keys, each with an id of its own."""

    def __init__(self, keys: Sequence[ECKey]) -> None:
        ids = {key.kid for key in keys}
        if not keys or None in ids or len(ids) != len(keys):
            raise UnusableFile(SETTING, "needs at least one key, and each its own kid")
        if not all(key.is_private and key.curve_name == "P-256" for key in keys):
            raise UnusableFile(SETTING, "every key must be private, EC, P-256")
        self._first = keys[0]
        self.published: dict[str, Any] = {"keys": [_public(key) for key in keys]}
        """The public halves as a JSON Web Key Set."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a private JSON Web Key Set. Raises UnusableFile."""
        try:
            keys = [ECKey.import_key(key) for key in json.loads(unusable_file.read(SETTING, path))["keys"]]
        except (ValueError, KeyError, TypeError, JoseError):
            raise UnusableFile(SETTING, "is not a JSON Web Key Set of EC keys") from None
        return cls(keys)

    def sign(self, typ: str, claims: dict[str, Any]) -> str:
        """Return the claims as a signed token with the given `typ`."""
        header = {"alg": ALGORITHM, "typ": typ, "kid": self._first.kid}
        return jwt.encode(header, claims, self._first, algorithms=[ALGORITHM])


def _public(key: ECKey) -> dict[str, Any]:
    exported = key.as_dict(private=False)
    return {name: exported[name] for name in ("kty", "crv", "x", "y", "kid")} | {
        "alg": ALGORITHM,
        "use": "sig",
    }
