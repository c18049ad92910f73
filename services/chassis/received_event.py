"""An event as a consumer gets it, and the two ways in which taking it can fail (STYLE principle 10)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One decoded event. `message` is the decoded message; `version` is that of the thing `key` names."""

    event_id: UUID
    key: UUID
    version: int
    message: Any


class InvalidEvent(Exception):
    """The payload can never be understood by this consumer: put it aside. Raised by a decoder or a handler.

    Any other exception of a handler means "not now": the event is tried again, in its place, until it
    succeeds.
    """


Decode = Callable[[bytes], ReceivedEvent]
"""Turns a payload into an event; raises InvalidEvent."""
