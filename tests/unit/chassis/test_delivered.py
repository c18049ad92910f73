import uuid
from uuid import UUID

import pytest

from services.chassis import delivered
from services.chassis.delivered import Delivered
from services.chassis.received_event import ReceivedEvent

A, B = uuid.uuid4(), uuid.uuid4()


def _event(key: UUID, version: int) -> ReceivedEvent:
    return ReceivedEvent(uuid.uuid4(), key, version, None)


@pytest.mark.parametrize(
    ("known", "come", "gap"),
    [
        ([], [(A, 5)], False),  # nothing is known of a key at first
        ([(A, 1)], [(A, 2)], False),
        ([(A, 1)], [(A, 3)], True),
        ([(A, 1)], [(A, 2), (A, 3)], False),
        ([(A, 1)], [(A, 2), (A, 4)], True),
        ([(A, 3)], [(A, 2)], False),
        ([(A, 3), (A, 2)], [(A, 4)], False),
        ([(A, 1)], [(B, 7)], False),
        ([(A, 1), (B, 1)], [(A, 2), (B, 3)], True),
        ([], [(A, 1), (A, 3)], True),
    ],
)
def test_gaps(known: list[tuple[UUID, int]], come: list[tuple[UUID, int]], gap: bool) -> None:
    memory = Delivered()
    for key, version in known:
        memory.add(_event(key, version))
    assert memory.gap([_event(key, version) for key, version in come]) is gap


def test_what_was_delivered_is_not_fresh_and_repetitions_count_once() -> None:
    memory = Delivered()
    old, first, second = _event(A, 1), _event(A, 2), _event(B, 1)
    memory.add(old)
    assert memory.fresh([first, old, second, first]) == [first, second]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """F17: what is forgotten counts as fresh, never the other way round."""
    monkeypatch.setattr(delivered, "_MOST", 3)
    memory = Delivered()
    events = [_event(uuid.uuid4(), 1) for _ in range(5)]
    for event in events:
        memory.add(event)
    assert memory.fresh(events) == events[:2]
