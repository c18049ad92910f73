"""What the page of one's own entries in the directory says of each. Pure, from messages of the directory to words."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from kith.directory.v1 import entry_pb2, quality_pb2, quality_service_pb2
from kith.directory.v1.entry_pb2 import Capacity, Entry
from services.gateway import wording
from services.gateway.forms import Errors
from services.gateway.open_directory import values
from services.gateway.open_directory.values import BadValue

PER_PAGE: Final = 10
_LONGEST_WAIT: Final = 520
CAPACITIES: Final = {
    "open": (Capacity.STATE_OPEN, "Takes new people now"),
    "waiting": (Capacity.STATE_WAITING, "Has a waiting list"),
    "closed": (Capacity.STATE_CLOSED, "Takes nobody new"),
}
"""By the value of the form: what it stands for, and how it is said."""
_KINDS: Final = {
    entry_pb2.ENTRY_KIND_ORGANIZATION: "Organisation",
    entry_pb2.ENTRY_KIND_SERVICE: "Service",
    entry_pb2.ENTRY_KIND_LOCATION: "Place",
}
_STATES: Final = {
    Entry.STATE_DRAFT: "Never published",
    Entry.STATE_PUBLISHED: "Public",
    Entry.STATE_TEMPORARILY_CLOSED: "Public, temporarily closed",
    Entry.STATE_HIDDEN: "Not public: nobody confirmed it for too long",
    Entry.STATE_WITHDRAWN: "Withdrawn",
}
_PUBLIC: Final = {Entry.STATE_PUBLISHED, Entry.STATE_TEMPORARILY_CLOSED}
_CONFIRMED: Final = {*_PUBLIC, Entry.STATE_HIDDEN}
_NEVER: Final = dt.date.max


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One entry on the page."""

    id: str
    revision: int
    name: str
    kind: str
    state: str
    href: str
    """Where the public reads it; empty if it does not."""
    confirmed: str
    due: str
    is_due: bool
    """Whether it is to be confirmed now."""
    completeness: int | None
    """In per cent; None where it is not known."""
    to_fix: list[str]
    to_add: list[str]
    can_be_confirmed: bool
    capacity: str
    capacity_choice: str
    waiting_weeks: str
    has_capacity: bool


@dataclass(frozen=True, slots=True)
class OwnEntries:
    """The page."""

    entries: list[OwnEntry]
    total: int
    due: int
    """How many of all are to be confirmed now."""
    page: int
    pages: int


def sort(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries in the order of the pages: what is to be confirmed soonest first, what is not public last."""
    return sorted(entries, key=lambda one: (_due(one), one.display_name.casefold(), one.id))


def page_count(entries: Sequence[Entry]) -> int:
    """Return on how many pages they are; at least one."""
    return max(1, -(-len(entries) // PER_PAGE))


def page_of(entries: Sequence[Entry], number: int) -> Sequence[Entry]:
    """Return the entries of a page, by its number from 1."""
    return entries[(number - 1) * PER_PAGE : number * PER_PAGE]


def is_confirmed(entry: Entry) -> bool:
    """Whether it is an entry that is confirmed from time to time."""
    return entry.state in _CONFIRMED and bool(entry.published_revision)


def own_entries(
    entries: Sequence[Entry],
    qualities: Mapping[str, quality_service_pb2.GetEntryQualityResponse],
    number: int,
    today: dt.date,
) -> OwnEntries:
    """Return a page of the entries, which are sorted; `qualities` are by entry, of those whose quality is known."""
    return OwnEntries(
        entries=[_own_entry(one, qualities.get(one.id), today) for one in page_of(entries, number)],
        total=len(entries),
        due=sum(_due(one) <= today for one in entries),
        page=number,
        pages=page_count(entries),
    )


def read_capacity(entry_id: str, fields: Mapping[str, str]) -> tuple[Capacity | None, Errors]:
    """Return the capacity that was chosen, or None and what is wrong, by the ids of the entry's fields."""
    state, _ = CAPACITIES.get(fields.get("capacity", ""), (None, ""))
    if state is None:
        return None, {f"capacity-{entry_id}": "Select whether the service takes new people"}
    if state != Capacity.STATE_WAITING:
        return Capacity(state=state), {}
    try:
        weeks = values.whole_number(1, _LONGEST_WAIT)(fields.get("weeks", ""))
    except BadValue:
        sentence = f"Weeks that people wait must be a whole number from 1 to {_LONGEST_WAIT}, such as 6"
        return None, {f"weeks-{entry_id}": sentence}
    return Capacity(state=state, waiting_weeks=weeks), {}


def _own_entry(
    entry: Entry, quality: quality_service_pb2.GetEntryQualityResponse | None, today: dt.date
) -> OwnEntry:
    is_service = entry.kind == entry_pb2.ENTRY_KIND_SERVICE
    due, is_reviewed = _due(entry), is_confirmed(entry)
    capacity = entry.capacity if entry.HasField("capacity") else Capacity()
    choice = next((name for name, (state, _) in CAPACITIES.items() if state == capacity.state), "")
    findings = quality.findings if quality else ()
    return OwnEntry(
        id=entry.id,
        revision=entry.published_revision,
        name=entry.display_name or "Without a name",
        kind=_KINDS.get(entry.kind, ""),
        state=_STATES.get(entry.state, ""),
        href=f"/services/{entry.id}" if is_service and entry.state in _PUBLIC else "",
        confirmed=_day(entry.assured_time) if entry.HasField("assured_time") else "Never",
        due=wording.calendar_day(due) if due != _NEVER else "",
        is_due=due <= today,
        completeness=quality.review.completeness if quality else None,
        to_fix=[_finding(one) for one in findings if one.severity != quality_pb2.Finding.SEVERITY_ADVICE],
        to_add=[
            *(_finding(one) for one in findings if one.severity == quality_pb2.Finding.SEVERITY_ADVICE),
            *(one.advice for one in (quality.missing_parts if quality else ())),
        ],
        can_be_confirmed=is_reviewed,
        capacity=_capacity(capacity),
        capacity_choice=choice,
        waiting_weeks=str(capacity.waiting_weeks or ""),
        has_capacity=is_service and is_reviewed,
    )


def _finding(finding: quality_pb2.Finding) -> str:
    """Which part it is about, and what is wrong."""
    part = finding.pointer.strip("/").partition("/")[0].replace("_", " ").capitalize()
    return f"{part}: {finding.sentence}" if part else finding.sentence


def _capacity(capacity: Capacity) -> str:
    said = next((text for state, text in CAPACITIES.values() if state == capacity.state), "")
    if not said:
        return "Not said, or not for eight weeks"
    if capacity.waiting_weeks:
        said = f"{said}, {wording.count(capacity.waiting_weeks, 'week')}"
    return f"{said} (said {_day(capacity.confirm_time)})"


def _due(entry: Entry) -> dt.date:
    """The day by which it is to be confirmed; far in the future if it is not to be."""
    due: date_pb2.Date = entry.review_due_date
    if not is_confirmed(entry) or not entry.HasField("review_due_date"):
        return _NEVER
    return dt.date(due.year, due.month, due.day)


def _day(time: Timestamp) -> str:
    return wording.calendar_day(time.ToDatetime(dt.UTC).astimezone(wording.LONDON).date())
