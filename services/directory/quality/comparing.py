"""Compares published entries with those they share something with, and proposes pairs to the editors."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.chassis.database import Connection
from services.directory.editing import store as entry_store
from services.directory.editing.entry import Entry
from services.directory.quality import duplicate_store, duplicates, store
from services.directory.quality.duplicate_store import Compared
from services.directory.quality.duplicates import Profile
from services.directory.quality.examining import at, location_ids

_AT_ONCE: Final = 50
_ONE_PUBLISHERS_FROM: Final = 85
"""Entries of one publisher are alike in much that says nothing: its name, its number, its web site."""


async def compare(connection: Connection, now: datetime) -> int:
    """Compare every entry that was not compared in its published revision; returns how many."""
    compared, more = 0, True
    while more:
        async with connection.transaction():
            ids = await duplicate_store.to_compare(connection, _AT_ONCE)
            if ids:
                pairs = await duplicate_store.candidates(connection, ids, duplicates.LARGEST_BLOCK)
                found = await _alike(connection, pairs)
                await duplicate_store.propose(connection, ids, found, now)
        compared += len(ids)
        more = bool(ids)
    return compared


async def _alike(connection: Connection, pairs: list[tuple[int, UUID, UUID]]) -> list[Compared]:
    ids = {one for _, first, second in pairs for one in (first, second)}
    entries = await entry_store.entries(connection, ids)
    profiles = await _profiles(connection, ids)

    def alike() -> list[Compared]:
        found = []
        for kind, first, second in pairs:
            if first in profiles and second in profiles:
                score, reasons = duplicates.compare(profiles[first], profiles[second])
                if score >= _least(entries[first], entries[second]):
                    found.append(Compared(kind, first, second, score, reasons))
        return found

    return await asyncio.to_thread(alike)


async def _profiles(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Profile]:
    documents = await entry_store.documents(connection, ids)
    places = await entry_store.documents(
        connection, {place for one in documents.values() for place in location_ids(one)}
    )
    owners = {owner for one in documents.values() if (owner := _organization(one)) is not None}
    names = await store.organisation_names(connection, owners)

    def profiles() -> dict[UUID, Profile]:
        made = {}
        for one, document in documents.items():
            owner = _organization(document)
            name = names.get(owner, "") if owner is not None else ""
            made[one] = duplicates.profile(document, at(document, places), name)
        return made

    return await asyncio.to_thread(profiles)


def _organization(document: Mapping[str, Any]) -> UUID | None:
    named = document.get("organization_id")
    return UUID(named) if named else None


def _least(one: Entry, other: Entry) -> int:
    same = (one.organisation_id, one.source_id) == (other.organisation_id, other.source_id)
    return _ONE_PUBLISHERS_FROM if same else duplicates.PROPOSED_FROM
