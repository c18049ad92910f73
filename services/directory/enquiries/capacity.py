"""Whether a service takes people now: said by its owner, at once and without approval, and not believed for long."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from kith.directory.v1 import entry_pb2
from services.chassis.database import Connection
from services.directory.editing import publishing
from services.directory.editing import store as entries
from services.directory.editing.entry import Entry
from services.directory.enquiries import enquiry_store
from services.directory.people import ownership
from services.directory.refusals import ServiceNotFound

KNOWN_FOR: Final = timedelta(weeks=8)
"""Afterwards it is not known whether the service takes people, unless that was said again."""
_AT_ONCE: Final = 50


async def confirm(
    connection: Connection,
    service_id: UUID,
    state: entry_pb2.Capacity.State,
    waiting_weeks: int,
    now: datetime,
) -> entry_pb2.Capacity:
    """Record what the owner of a service says, and make its publications anew. Raises ServiceNotFound."""
    entry = (await entries.lock_entries(connection, [service_id])).get(service_id)
    if entry is None or entry.kind != entry_pb2.ENTRY_KIND_SERVICE or entry.organisation_id is None:
        raise ServiceNotFound
    ownership.require_own(entry.organisation_id)
    confirmed = replace(
        entry, capacity=state, waiting_weeks=waiting_weeks, capacity_time=now, update_time=now
    )
    await entries.change_entries(connection, [confirmed])
    await publishing.publish(connection, [service_id], now)
    return _message(confirmed)


async def known(
    connection: Connection, service_ids: Collection[UUID], now: datetime
) -> dict[UUID, entry_pb2.Capacity]:
    """Return the capacities of those of the services of which they are known."""
    found = await entries.entries(connection, service_ids)
    return {id_: _message(entry) for id_, entry in found.items() if _is_known(entry, now)}


async def forget(connection: Connection, now: datetime) -> int:
    """Forget some of the capacities that nobody has confirmed for too long; returns how many.

    When they were last confirmed stays, for who looks after quality.
    """
    stale = await enquiry_store.stale_capacities(connection, now - KNOWN_FOR, _AT_ONCE)
    if not stale:
        return 0
    locked = await entries.lock_entries(connection, stale)
    # Whoever confirmed one meanwhile is believed.
    forgotten = [
        replace(entry, capacity=None, waiting_weeks=None, update_time=now)
        for entry in locked.values()
        if entry.capacity is not None and not _is_known(entry, now)
    ]
    await entries.change_entries(connection, forgotten)
    await publishing.publish(connection, [entry.id for entry in forgotten], now)
    return len(stale)


def _is_known(entry: Entry, now: datetime) -> bool:
    said = entry.capacity is not None and entry.capacity_time is not None
    return said and entry.capacity_time is not None and now < entry.capacity_time + KNOWN_FOR


def _message(entry: Entry) -> entry_pb2.Capacity:
    state: Any = entry.capacity
    message = entry_pb2.Capacity(state=state, waiting_weeks=entry.waiting_weeks or 0)
    if entry.capacity_time is not None:
        message.confirm_time.FromDatetime(entry.capacity_time)
    return message
