"""What is wrong with a document, and where. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `rule` is a word for programs, such as `recurrence`; `message` never repeats the value."""

    pointer: str
    rule: str
    message: str


def step(pointer: str, token: str | int) -> str:
    """Return the RFC 6901 JSON pointer one step further in."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"
