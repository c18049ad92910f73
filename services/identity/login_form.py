"""The proof that a login form was sent from our own page (CSRF, S10): a cookie and, in the form, its keyed hash.

Somebody who makes a browser send the form from elsewhere knows neither; somebody who plants a cookie of their own
choice cannot make the hash that belongs to it.
"""

import hmac
import re
import secrets
from typing import Final

from services.chassis.keyed_hash import keyed_hash
from services.chassis.keyring import Keyring

_COOKIE: Final = re.compile(r"[\w-]{43}", re.ASCII)


class LoginForm:
    """Makes and checks the pair. All replicas share the key."""

    def __init__(self, keyring: Keyring) -> None:
        self._key = keyring.derive("session", b"identity login form")

    def cookie(self, sent: str | None) -> str:
        """Return the value to set: the one the browser has, so that two tabs work, or a new one."""
        return sent if sent and _COOKIE.fullmatch(sent) else secrets.token_urlsafe(32)

    def token(self, cookie: str) -> str:
        """Return what the form must carry beside the cookie."""
        return keyed_hash(self._key, cookie).hex()

    def is_ours(self, cookie: str | None, token: str) -> bool:
        """Return whether the form came from our page."""
        if not cookie or not token.isascii():
            return False
        return hmac.compare_digest(self.token(cookie), token)
