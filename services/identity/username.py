"""Usernames: kept as typed, found without regard to case or width."""

import unicodedata


def key(username: str) -> str:
    """Return what a username is found by."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()
