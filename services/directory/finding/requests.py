"""Requests of the contract as questions to the index. Pure."""

from datetime import UTC, datetime
from typing import Any, Final

from google.type.timeofday_pb2 import TimeOfDay

from kith.directory.v1 import publication_service_pb2 as pb
from services.directory.finding.postcodes import Place, Precision
from services.directory.finding.question import Order, Question, Times
from services.directory.finding.schedules import DAYS

_MOST: Final = 100
_USUAL: Final = 20
_FLAGS: Final = ("free", "accepts_caf", "capacity_open")
"""Fields of a search that are marks of a listing by the same name."""
FILTERS: Final = (
    "taxonomy_term_ids", "taxonomy_id", "organization_id", "proximity", "age", "minimum_age", "maximum_age", "days",
    "start_time", "end_time", "open_at", "free", "languages", "accessibility", "accepts_caf", "threshold_levels",
    "capacity_open", "modified_after",
)  # fmt: skip
"""Fields of a search that part what is found from what is not."""


def per_page(asked: int) -> int:
    """Return how many are on a page."""
    return min(asked, _MOST) or _USUAL


def coordinates(request: pb.SearchServicesRequest) -> Place | None:
    """Return the place given by coordinates."""
    if not request.HasField("coordinates"):
        return None
    given = request.coordinates
    return Place(given.latitude, given.longitude, Precision.COORDINATES)


def search(request: pb.SearchServicesRequest, place: Place | None) -> Question:
    """Return the question of a search from a place."""
    marks = [flag for flag in _FLAGS if getattr(request, flag)]
    return Question(
        kind=request.kind or pb.PUBLICATION_KIND_SERVICE,
        text=request.text,
        term_ids=tuple(request.taxonomy_term_ids),
        taxonomy_id=request.taxonomy_id,
        organization_id=request.organization_id,
        age=_optional(request, "age"),
        minimum_age=_optional(request, "minimum_age"),
        maximum_age=_optional(request, "maximum_age"),
        times=Times(
            days=frozenset(DAYS[day - 1] for day in request.days),
            start=_minute(_optional(request, "start_time")),
            end=_minute(_optional(request, "end_time")),
            open_at=_minute(_optional(request, "open_at")),
        ),
        accessibility=request.accessibility,
        languages=tuple(request.languages),
        levels=tuple(request.threshold_levels),
        marks=tuple(marks),
        modified_after=moment(request),
        place=place,
        proximity=request.proximity,
        order=Order(request.order),
        offset=_offset(request),
        limit=per_page(request.per_page),
    )


def listed(request: pb.ListPublicationsRequest) -> Question:
    """Return the question of a list."""
    return Question(
        kind=request.kind,
        text=request.text,
        term_ids=tuple(request.taxonomy_term_ids),
        taxonomy_id=request.taxonomy_id,
        organization_id=request.organization_id,
        parent_id=request.parent_id,
        top_only=request.top_only,
        modified_after=moment(request),
        order=Order.UNSPECIFIED,
        offset=_offset(request),
        limit=per_page(request.per_page),
    )


def filters(request: pb.SearchServicesRequest) -> list[str]:
    """Return the names of the filters that are set."""
    given = {field.name for field, _ in request.ListFields()}
    return [name for name in FILTERS if name in given]


def _offset(request: pb.SearchServicesRequest | pb.ListPublicationsRequest) -> int:
    return (max(request.page, 1) - 1) * per_page(request.per_page)


def _optional(request: pb.SearchServicesRequest, field: str) -> Any:
    return getattr(request, field) if request.HasField(field) else None


def _minute(time: TimeOfDay | None) -> int | None:
    return None if time is None else time.hours * 60 + time.minutes


def moment(
    request: pb.SearchServicesRequest | pb.ListPublicationsRequest | pb.ExportPublicationsRequest,
) -> datetime | None:
    """Return from which time of change on is asked for."""
    return request.modified_after.ToDatetime(UTC) if request.HasField("modified_after") else None
