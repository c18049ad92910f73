"""Authorization codes and refresh tokens: 256 random bits, of which only the hash is stored."""

import hashlib
import secrets


def new() -> str:
    """Return a new secret of 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Return what is stored of it. A plain hash will do: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
