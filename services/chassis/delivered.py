"""What a consumer remembers of the events it delivered: enough to skip repetitions and to notice gaps.

It is only a memory of this process, bounded and forgetful: the inbox or the version of the effect decides.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar
from uuid import UUID

from services.chassis.received_event import ReceivedEvent

_MOST = 20_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Recent(Generic[K, V]):
    """A dictionary of the entries written last."""

    def __init__(self) -> None:
        self._entries: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) > _MOST:
            del self._entries[next(iter(self._entries))]


class Delivered:
    """The events delivered last."""

    def __init__(self) -> None:
        self._events: _Recent[UUID, bool] = _Recent()
        self._versions: _Recent[UUID, int] = _Recent()

    def add(self, event: ReceivedEvent) -> None:
        """Remember an event whose effect is committed."""
        self._events.put(event.event_id, True)
        self._versions.put(event.key, max(event.version, self._versions.get(event.key) or 0))

    def fresh(self, events: list[ReceivedEvent]) -> list[ReceivedEvent]:
        """Return the events not known to have been delivered, each once, in order."""
        found: dict[UUID, ReceivedEvent] = {}
        for event in events:
            if not self._events.get(event.event_id):
                found.setdefault(event.event_id, event)
        return list(found.values())

    def gap(self, events: list[ReceivedEvent]) -> bool:
        """Return whether an event is missing before one of these, as far as is remembered."""
        reached: dict[UUID, int] = {}
        for event in events:
            last = reached.get(event.key, self._versions.get(event.key))
            if last is not None and event.version > last + 1:
                return True
            reached[event.key] = max(event.version, last or 0)
        return False
