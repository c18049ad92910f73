"""The public key by which a client proves who it is: ES256, nothing else (S6)."""

import json
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

_MEMBERS: Final = ("kty", "crv", "x", "y", "kid")
_LONGEST_KID: Final = 100


class BadKey(ValueError):
    """It is not a public ES256 key with an id."""


def parse(text: str) -> ECKey:
    """Return the key in a JSON Web Key; raises BadKey.

    A private key is refused rather than trimmed: its owner should learn that it was given away.
    """
    try:
        given = json.loads(text)
        members = {name: given[name] for name in _MEMBERS}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadKey from None
    kid = members["kid"]
    if "d" in given or given.get("alg", "ES256") != "ES256" or given.get("use", "sig") != "sig":
        raise BadKey
    if members["kty"] != "EC" or members["crv"] != "P-256":
        raise BadKey
    if (
        not isinstance(kid, str)
        or not 0 < len(kid) <= _LONGEST_KID
        or not kid.isascii()
        or not kid.isprintable()
    ):
        raise BadKey
    try:
        key = ECKey.import_key(members)
        # Made only now: a point off the curve is refused here.
        _ = key.raw_value
    except (JoseError, ValueError, TypeError):
        raise BadKey from None
    return key


def store_form(key: ECKey) -> str:
    """Return the key as JSON with the members that matter and no others."""
    exported = key.as_dict(private=False)
    return json.dumps({name: exported[name] for name in _MEMBERS})
