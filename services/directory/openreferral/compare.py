"""What differs between two documents, by JSON pointer. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from services.directory.openreferral.faults import step


class Absent:
    """Stands for what is not there; null is something else."""


ABSENT = Absent()


class Change(NamedTuple):
    """One part that differs; `ABSENT` where there is none."""

    pointer: str
    before: Any
    after: Any


def changes(before: Any, after: Any, pointer: str = "") -> Iterator[Change]:
    """Give the smallest parts that differ, in the order of `after`.

    Parts of a list that have ids are compared with their namesakes wherever these stand, and a mere change of order
    is none. A part is named by its place in `after`, and by its place in `before` if it is gone.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*after, *(name for name in before if name not in after)]:
            yield from changes(before.get(name, ABSENT), after.get(name, ABSENT), step(pointer, name))
    elif isinstance(before, list) and isinstance(after, list) and _named(before) and _named(after):
        earlier = {one["id"]: one for one in before}
        for number, one in enumerate(after):
            yield from changes(earlier.pop(one["id"], ABSENT), one, step(pointer, number))
        for number, one in enumerate(before):
            if one["id"] in earlier:
                yield Change(step(pointer, number), one, ABSENT)
    elif before is ABSENT or after is ABSENT or before != after:
        yield Change(pointer, before, after)


def _named(parts: list[Any]) -> bool:
    return all(isinstance(one, dict) and "id" in one for one in parts)
