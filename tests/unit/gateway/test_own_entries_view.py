"""The page of one's own entries in the directory: its order, what is due, and what may be said of capacity."""

import datetime as dt

import pytest
from google.type.date_pb2 import Date

from kith.directory.v1 import entry_pb2
from kith.directory.v1.entry_pb2 import Capacity, Entry
from services.gateway import own_entries_view

TODAY = dt.date(2026, 11, 23)


def entry(name: str, due: dt.date | None, state: Entry.State = Entry.STATE_PUBLISHED) -> Entry:
    found = Entry(
        id=f"id of {name}",
        kind=entry_pb2.ENTRY_KIND_SERVICE,
        display_name=name,
        state=state,
        published_revision=1,
    )
    if due is not None:
        found.review_due_date.CopyFrom(Date(year=due.year, month=due.month, day=due.day))
    return found


def test_what_is_due_soonest_comes_first_and_what_is_not_public_last() -> None:
    entries = own_entries_view.sort(
        [
            entry("withdrawn", dt.date(2020, 1, 1), Entry.STATE_WITHDRAWN),
            entry("later", dt.date(2027, 1, 1)),
            entry("today", TODAY),
            entry("hidden", dt.date(2026, 8, 1), Entry.STATE_HIDDEN),
        ]
    )
    page = own_entries_view.own_entries(entries, {}, 1, TODAY)
    assert [one.name for one in page.entries] == ["hidden", "today", "later", "withdrawn"]
    assert [one.is_due for one in page.entries] == [True, True, False, False]
    assert [one.can_be_confirmed for one in page.entries] == [True, True, True, False]
    assert [bool(one.href) for one in page.entries] == [False, True, True, False]
    assert (page.total, page.due, page.pages) == (4, 2, 1)


def test_each_entry_is_on_one_page() -> None:
    entries = own_entries_view.sort([entry(f"club {number:02}", TODAY) for number in range(21)])
    pages = [own_entries_view.own_entries(entries, {}, number, TODAY) for number in (1, 2, 3)]
    assert [len(page.entries) for page in pages] == [10, 10, 1]
    assert len({one.id for page in pages for one in page.entries}) == 21
    assert own_entries_view.page_count([]) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"capacity": "open"}, Capacity(state=Capacity.STATE_OPEN)),
        ({"capacity": "closed", "weeks": "nonsense"}, Capacity(state=Capacity.STATE_CLOSED)),
        ({"capacity": "waiting", "weeks": "6"}, Capacity(state=Capacity.STATE_WAITING, waiting_weeks=6)),
    ],
    ids=lambda value: str(value["capacity"]) if isinstance(value, dict) else "",
)
def test_a_capacity_that_can_be_said(typed: dict[str, str], said: Capacity) -> None:
    """Weeks count only where people wait: the field stays filled in when another answer is chosen."""
    assert own_entries_view.read_capacity("x", typed) == (said, {})


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "capacity-x"),
        ({"capacity": "perhaps"}, "capacity-x"),
        *(
            ({"capacity": "waiting", "weeks": weeks}, "weeks-x")
            for weeks in ("", "0", "521", "-1", "six", "6.5")
        ),
    ],
    ids=str,
)
def test_a_capacity_that_cannot_leads_to_its_field(typed: dict[str, str], field: str) -> None:
    capacity, errors = own_entries_view.read_capacity("x", typed)
    assert capacity is None
    assert list(errors) == [field]
