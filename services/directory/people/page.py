"""One page of a list whose token is the id of its last entry."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.chassis import access, paging
from services.chassis.paging import PageTokens

T = TypeVar("T")


class Page:
    """What a request for a page asks for. Raises InvalidArgument for a token that is not of this question."""

    def __init__(self, tokens: PageTokens, request: Message, page_size: int, page_token: str) -> None:
        self._tokens = tokens
        self._binding = paging.binding(request, access.current().caller)
        self.size = paging.page_size(page_size)
        self.after = UUID(bytes=tokens.open(page_token, self._binding)) if page_token else None

    @property
    def limit(self) -> int:
        """How many to look for: one more tells whether there is another page."""
        return self.size + 1

    def cut(self, found: Sequence[T], id_of: Callable[[T], UUID]) -> tuple[Sequence[T], str]:
        """Return what belongs on the page, and the token of the next one, empty on the last."""
        if len(found) <= self.size:
            return found, ""
        page = found[: self.size]
        return page, self._tokens.seal(self._binding, id_of(page[-1]).bytes)
