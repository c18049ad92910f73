"""The call being answered: what the calls it causes must take along.

The server sets it, the client channels read it. Outside a call (a consumer, a relay) there is none.
"""

import time
from contextvars import ContextVar, Token
from dataclasses import dataclass

from services.chassis.trace import Trace


@dataclass(frozen=True, slots=True)
class Incoming:
    """The caller's own token, stated purpose, deadline (monotonic clock; None = none) and trace."""

    method: str
    token: str | None
    purpose: str | None
    deadline: float | None
    trace: Trace

    def remaining(self) -> float | None:
        """Return the seconds left, never negative, or None if the caller set no deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


_current: ContextVar[Incoming | None] = ContextVar("kith_incoming", default=None)


def current() -> Incoming | None:
    """Return the call being answered in this task, or None."""
    return _current.get()


def enter(incoming: Incoming) -> Token[Incoming | None]:
    """Make this the call being answered. For the server alone."""
    return _current.set(incoming)


def leave(token: Token[Incoming | None]) -> None:
    """End what `enter` began."""
    _current.reset(token)


def traceparent() -> str:
    """Return the `traceparent` for an event written now; empty outside a call."""
    incoming = _current.get()
    return "" if incoming is None else incoming.trace.header()
