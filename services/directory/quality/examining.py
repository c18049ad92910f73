"""Looks at published entries: how complete they are, what is wrong, when they are to be confirmed."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.chassis.database import Connection
from services.chassis.telemetry import describe, log
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

T = TypeVar("T")

REVIEWED: Final[Mapping[int, Reviewed]] = {
    entry_pb2.ENTRY_KIND_ORGANIZATION: "ORGANIZATION",
    entry_pb2.ENTRY_KIND_SERVICE: "SERVICE",
    entry_pb2.ENTRY_KIND_LOCATION: "LOCATION",
}
"""The kinds of entry that are looked at and confirmed, as the policy calls them."""


@dataclass(frozen=True, slots=True)
class _Examined:
    """What was seen of an entry; of a revision that is new also its links, and the blocks in which it is compared."""

    seen: Seen
    is_new: bool
    link_uses: list[tuple[UUID, str, str]] = field(default_factory=list)
    block_keys: list[tuple[int, int, UUID]] = field(default_factory=list)


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
    wanted = {place for one in subjects for place in _or_none(partial(location_ids, one.document)) or ()}
    places = await entry_store.documents(connection, wanted)

    def examined() -> list[_Examined]:
        found = (_or_none(partial(_examined, policy, one, places, now)) for one in subjects)
        return [one for one in found if one is not None]

    found = await asyncio.to_thread(examined)
    await store.save(connection, [one.seen for one in found], now)
    new = [one for one in found if one.is_new]
    if new:
        ids = [one.seen.entry_id for one in new]
        await link_store.keep_links(connection, ids, [use for one in new for use in one.link_uses], now)
        await duplicate_store.keep_blocks(connection, ids, [key for one in new for key in one.block_keys])


def _or_none(read: Callable[[], T]) -> T | None:
    """Return what is read of one entry. One that cannot be read must not keep all others from being looked at."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it
        log.error("an entry could not be examined", **describe(error))
        return None


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


def _examined(
    policy: Policy, one: Subject, places: Mapping[UUID, dict[str, Any]], now: datetime
) -> _Examined:
    seen = _seen(policy, one, places, now)
    if not one.is_new:
        return _Examined(seen, is_new=False)
    keys = duplicates.block_keys(duplicates.profile(one.document, at(one.document, places)))
    return _Examined(
        seen,
        is_new=True,
        link_uses=[(one.id, pointer, url) for pointer, url in links.of(one.document)],
        block_keys=[(one.kind, key, one.id) for key in keys],
    )


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
