"""What is asked of the index. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from services.directory.finding.postcodes import Place


class Order(IntEnum):
    """The order of the results; the numbers are those of `SearchServicesRequest.Order`."""

    UNSPECIFIED = 0
    RELEVANCE = 1
    DISTANCE = 2
    NAME = 3


@dataclass(frozen=True, slots=True)
class Times:
    """What a schedule must be like: minutes of the day, days as RRULE names them; no days for any."""

    days: frozenset[str] = frozenset()
    start: int | None = None
    end: int | None = None
    open_at: int | None = None

    @property
    def asked(self) -> bool:
        """Whether anything is asked."""
        return bool(self.days) or (self.start, self.end, self.open_at) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Question:
    """Publications of a kind; what is empty or None asks nothing, all else must hold."""

    kind: int
    text: str = ""
    term_ids: tuple[str, ...] = ()
    taxonomy_id: str = ""
    organization_id: str = ""
    parent_id: str = ""
    top_only: bool = False
    age: int | None = None
    minimum_age: int | None = None
    maximum_age: int | None = None
    times: Times = Times()
    accessibility: str = ""
    languages: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    marks: tuple[str, ...] = ()
    """Marks of a listing that must all be there."""
    modified_after: datetime | None = None
    place: Place | None = None
    proximity: int = 0
    """Metres from the place; 0 for any."""
    order: Order = Order.UNSPECIFIED
    offset: int = 0
    limit: int = 20

    @property
    def order_applied(self) -> Order:
        """The order, with what is not specified said."""
        if self.order != Order.UNSPECIFIED:
            return self.order
        if self.text:
            return Order.RELEVANCE
        return Order.DISTANCE if self.place else Order.NAME
