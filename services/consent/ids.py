"""Ids as requests say them: text that the contract has checked, empty where there is none. Pure."""

from collections.abc import Iterable
from uuid import UUID


def absent_or_id(text: str) -> UUID | None:
    """Return an id, None where there is none."""
    return UUID(text) if text else None


def ids(texts: Iterable[str]) -> frozenset[UUID]:
    """Return the ids of a list."""
    return frozenset(map(UUID, texts))
