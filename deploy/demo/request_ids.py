"""Request ids that are the same each time the same thing is sent, so that a repeated load does no harm."""

from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("9a1b6c62-6f0e-4a37-8d51-2f0f6f4c7f2e")


class RequestIds:
    """The request ids of one town."""

    def __init__(self, size: int, seed: int) -> None:
        self._town = uuid5(_NAMESPACE, f"{size}:{seed}")

    def of(self, *what: str) -> str:
        """Returns the id of what is sent: its kind and the keys that tell it from others of the kind."""
        return str(uuid5(self._town, "\n".join(what)))
