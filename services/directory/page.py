"""One page of a list, whose token says where the next one begins."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from google.protobuf.message import Message

from services.chassis import access, paging
from services.chassis.paging import PageTokens

T = TypeVar("T")


class ListRequest(Protocol):
    """A request for a page: a message with these fields."""

    page_size: int
    page_token: str


class Page:
    """What a request for a page asks for. Raises InvalidArgument for a token that is not of this question.

    `after` is the place of the last row of the page before, as JSON gives it back; None on the first page.
    """

    def __init__(self, tokens: PageTokens, request: ListRequest) -> None:
        self._tokens = tokens
        self._binding = paging.binding(cast("Message", request), access.current().caller)
        self._size = paging.page_size(request.page_size)
        token = request.page_token
        self.after: Any = json.loads(tokens.open(token, self._binding)) if token else None

    @property
    def after_id(self) -> UUID | None:
        """`after` in a list whose places are ids."""
        return None if self.after is None else UUID(self.after)

    @property
    def limit(self) -> int:
        """How many to look for: one more tells whether there is another page."""
        return self._size + 1

    def cut(self, found: Sequence[T], place_of: Callable[[T], Any]) -> tuple[Sequence[T], str]:
        """Return what belongs on the page, and the token of the next one, empty on the last.

        A place is an id or number, or a list of such: what the rows are in order by.
        """
        if len(found) <= self._size:
            return found, ""
        page = found[: self._size]
        place = json.dumps(place_of(page[-1]), default=str)
        return page, self._tokens.seal(self._binding, place.encode())
