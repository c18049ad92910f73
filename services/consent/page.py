"""Pages of lists that go by time: the token says after which row to go on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.chassis import access, paging
from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BYTES: Final = 8

Place = tuple[datetime, UUID]


class Row(Protocol):
    """What has a place in such a list."""

    @property
    def id(self) -> UUID:
        """The id."""

    @property
    def create_time(self) -> datetime:
        """When it was made."""


R = TypeVar("R", bound=Row)


class Pages:
    """Reads and makes the tokens of one caller's list."""

    def __init__(self, keyring: Keyring) -> None:
        self._tokens = PageTokens(keyring)

    def place(self, request: Any) -> tuple[Place | None, int]:
        """Return after which row to go on, and how many rows to read: one more than fit. Raises InvalidArgument."""
        size = paging.page_size(request.page_size) + 1
        if not request.page_token:
            return None, size
        payload = self._tokens.open(request.page_token, self._binding(request))
        time = _EPOCH + int.from_bytes(payload[:_BYTES]) * _MICROSECOND
        return (time, UUID(bytes=payload[_BYTES:])), size

    def cut(self, request: Any, found: Sequence[R], size: int) -> tuple[Sequence[R], str]:
        """Return the rows of the page and the token of the next, empty if there is none."""
        if len(found) < size:
            return found, ""
        page = found[: size - 1]
        last = page[-1]
        payload = ((last.create_time - _EPOCH) // _MICROSECOND).to_bytes(_BYTES) + last.id.bytes
        return page, self._tokens.seal(self._binding(request), payload)

    def _binding(self, request: Message) -> bytes:
        return paging.binding(request, access.current().caller)
