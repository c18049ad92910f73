"""Looks at published entries: how complete they are, what is wrong, when they are to be confirmed."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.chassis.database import Connection
from services.directory.editing import store as entry_store
from services.directory.quality import (
    checks,
    completeness,
    duplicate_store,
    duplicates,
    link_store,
    links,
    review,
    store,
)
from services.directory.quality.policy import Policy, Reviewed
from services.directory.quality.store import Seen, Subject

_AT_ONCE: Final = 100

REVIEWED: Final[Mapping[int, Reviewed]] = {
    entry_pb2.ENTRY_KIND_ORGANIZATION: "ORGANIZATION",
    entry_pb2.ENTRY_KIND_SERVICE: "SERVICE",
    entry_pb2.ENTRY_KIND_LOCATION: "LOCATION",
}
"""The kinds of entry that are looked at and confirmed, as the policy calls them."""


async def examine(connection: Connection, policy: Policy, now: datetime) -> int:
    """Look at every entry that was not looked at today, or is new since; returns how many.

    So many in a transaction, and reckoned in a thread: answers are given meanwhile.
    """
    looked, after = 0, UUID(int=0)
    while True:
        async with connection.transaction():
            subjects = await store.to_look_at(connection, now.date(), after, _AT_ONCE)
            if subjects:
                await _look_at(connection, policy, subjects, now)
        if not subjects:
            return looked
        looked += len(subjects)
        after = subjects[-1].id


async def _look_at(connection: Connection, policy: Policy, subjects: list[Subject], now: datetime) -> None:
    wanted = {place for one in subjects for place in location_ids(one.document)}
    places = await entry_store.documents(connection, wanted)
    seen = await asyncio.to_thread(lambda: [_seen(policy, one, places, now) for one in subjects])
    await store.save(connection, seen, now)
    new = [one for one in subjects if one.is_new]
    if new:
        uses = [(one.id, pointer, url) for one in new for pointer, url in links.of(one.document)]
        await link_store.keep_links(connection, [one.id for one in new], uses, now)
        keys = [
            (one.kind, key, one.id)
            for one in new
            for key in duplicates.block_keys(duplicates.profile(one.document, at(one.document, places)))
        ]
        await duplicate_store.keep_blocks(connection, [one.id for one in new], keys)


def location_ids(document: Mapping[str, Any]) -> list[UUID]:
    """Return the locations that a service names."""
    return [UUID(place["location_id"]) for place in document.get("service_at_locations") or ()]


def at(document: Mapping[str, Any], places: Mapping[UUID, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents of the locations that a service names, of those known."""
    return [places[one] for one in location_ids(document) if one in places]


def due_date(policy: Policy, kind: int, document: Mapping[str, Any], since: datetime, today: date) -> date:
    """Return when an entry is to be confirmed that was confirmed, or written, at `since`."""
    service_kind = (document.get("kith") or {}).get("kind", "")
    return review.due(policy, REVIEWED[kind], service_kind, since.date(), today)


def _seen(policy: Policy, one: Subject, places: Mapping[UUID, dict[str, Any]], now: datetime) -> Seen:
    found = completeness.of(policy.completeness[REVIEWED[one.kind]], one.document, at(one.document, places))
    findings = checks.findings(one.document, now.date())
    findings += checks.of_the_entry(one.capacity_time, one.vanished_time, now)
    since = max(one.written_time, one.assured_time or one.written_time)
    return Seen(
        entry_id=one.id,
        revision=one.revision,
        due_date=due_date(policy, one.kind, one.document, since, now.date()),
        completeness=found.score,
        missing=[part.code for part in found.missing],
        description_hash=_description_hash(one.document),
        findings=findings,
    )


def _description_hash(document: Mapping[str, Any]) -> int | None:
    """Return what a copy of the description has too; None for one too short to be anybody's own."""
    text = checks.plain_words(document.get("description") or "")
    if len(text) < checks.SHORTEST_DESCRIPTION:
        return None
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)
