from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.directory.v1.import_run_pb2 import ImportRecord
from services.directory.importing import staging
from services.directory.importing.source import Term
from services.directory.importing.staging import Batch
from tests.service.directory.importing.publisher import a_service
from tests.unit.directory.importing.feeds import a_source, the_service

_FILE = Path(__file__).parents[3] / "cases" / "directory_import_records.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["cases"]


def _value(written: Any) -> Any:
    """What a table cannot write down."""
    match written:
        case {"repeat": [text, times]}:
            return text * times
        case {"surrogate": True}:
            return "a\ud800"
        case {"nest": levels}:
            nested: Any = "x"
            for _ in range(levels):
                nested = [nested]
            return nested
        case _:
            return written


def _item(case: dict[str, Any]) -> Any:
    if "item" in case:
        return case["item"]
    changed = {name: _value(value) for name, value in case.get("with", {}).items()}
    return {name: value for name, value in a_service(1, **changed).items() if value is not None}


def _judged(items: list[Any]) -> Batch:
    batch = staging.prepare(items, a_source(), "page 1")
    for one in batch.staged.values():
        staging.judge(one, None)
    return batch


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_what_becomes_of_a_record(case: dict[str, Any]) -> None:
    found = the_service(_judged([_item(case)]))
    record = found.record
    fatal = sorted([one.field, one.reason] for one in record.problems if one.fatal)
    assert fatal == sorted(case.get("problems", []))
    assert (found.outcome == ImportRecord.OUTCOME_INVALID) == bool(fatal) == (record.document is None)
    assert record.publisher_id == case.get("publisher_id", "service-1")
    if "notes" in case:
        assert sorted([one.field, one.reason] for one in record.problems if not one.fatal) == case["notes"]
    if "confidential" in case:
        assert record.confidential == case["confidential"]
    for name, value in case.get("taken", {}).items():
        assert (record.document or {}).get(name) == value


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
_MEMBERS = st.sampled_from(sorted(a_service(1)))


@given(st.lists(_JSON | st.dictionaries(_MEMBERS, _JSON, max_size=6), max_size=4))
@settings(deadline=None)
def test_nothing_that_a_publisher_sends_breaks_anything(items: list[Any]) -> None:
    batch = _judged(items)
    # Each item is told of, whatever it is.
    assert bool(batch.staged) == bool(items)


@given(st.permutations([0, 1, 2, 2, 3, 4]), st.integers(1, 6))
@settings(deadline=None)
def test_order_and_pages_make_no_difference(order: list[int], per_page: int) -> None:
    """The same feed is the same by ids and digests, whatever order it comes in and however often it says a thing."""
    twin = [a_service(number) for number in range(5)]
    # Two services tell of one organisation in different words, and of one location.
    twin[3]["organization"] = {
        "id": "org-1",
        "name": "Riverside Playgroups",
        "description": "A charity, large.",
    }
    twin[4]["service_at_locations"] = twin[1]["service_at_locations"]

    def digests(items: list[dict[str, Any]]) -> dict[Any, bytes]:
        batch = Batch()
        for start in range(0, len(items), per_page):
            page = staging.prepare(items[start : start + per_page], a_source(), f"page {start}")
            for id_, one in page.staged.items():
                known = batch.staged.get(id_)
                # As the statement that stages does.
                if known is None or (one.weight, one.digest) > (known.weight, known.digest):
                    batch.staged[id_] = one
        return {id_: one.digest for id_, one in batch.staged.items()}

    assert digests([twin[number] for number in order]) == digests(twin)


def test_no_feed_names_an_entry_of_another() -> None:
    """A publisher's id may be a UUID that somebody else's entry has here."""
    foreign = "11111111-1111-4111-8111-111111111111"
    batch = _judged([a_service(1, id=foreign)])
    assert foreign not in {str(id_) for id_ in batch.staged}
    other = staging.prepare([a_service(1)], a_source(id=a_source().organisation_id), "page 1")
    mine = staging.prepare([a_service(1)], a_source(), "page 1")
    assert not other.staged.keys() & mine.staged.keys()


def test_copies_that_differ_are_told_of() -> None:
    found = the_service(
        _judged([a_service(1), a_service(1, description="Other words altogether, and more.")])
    )
    assert "duplicate_id" in {one.reason for one in found.record.problems}
    assert (found.record.document or {})["description"] == "Other words altogether, and more."


def test_terms_that_are_one_of_ours_are_one_link() -> None:
    ours = UUID(int=99)
    source = a_source(terms=(Term("", "play", ours), Term("", "games", ours), Term("", "known and left out")))
    names = ("Play", "GAMES", "known and left out", "music")
    given = [{"taxonomy_term": {"name": name}} for name in names]
    batch = staging.prepare([a_service(1, attributes=given)], source, "page 1")
    found = the_service(batch)
    staging.judge(found, None)
    [link] = (found.record.document or {})["attributes"]
    assert link["taxonomy_term_id"] == str(ours)
    assert dict(batch.unknown_terms) == {("", "music"): 1}


def test_a_shared_location_is_the_same_wherever_it_stands() -> None:
    """Its parts have no ids, and it is the second of one service and the first of another."""
    shared = {
        "id": "hall",
        "location_type": "physical",
        "name": "Hall",
        "phones": [{"number": "0300 123 4567"}],
    }
    own = a_service(1)["service_at_locations"][0]
    one = a_service(1, service_at_locations=[own, {"id": "s", "location": shared}])
    two = a_service(2, service_at_locations=[{"id": "s", "location": shared}])
    here, there = (staging.prepare([item], a_source(), "page 1").staged for item in (one, two))
    hall = a_source().entry_id("location", "hall")
    assert here[hall].digest == there[hall].digest
