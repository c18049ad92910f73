"""What documents may say: the table of tests/cases/directory_documents.yaml (issue 7, bad input and safety)."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kith.directory.v1.entry_pb2 import EntryKind
from services.directory.openreferral import reading
from tests.unit.directory.openreferral.documents import ENTRY_ID, good

_FILE = Path(__file__).parents[3] / "cases" / "directory_documents.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["cases"]
_EXAMPLES = Path(__file__).parents[5] / "shared" / "data" / "oruk" / "examples"
_GONE = object()


def _steps(pointer: str) -> list[str | int]:
    return [int(step) if step.isdecimal() else step for step in pointer.split("/")[1:]]


def _put(document: dict[str, Any], pointer: str, value: Any) -> None:
    *path, last = _steps(pointer)
    place: Any = document
    for step in path:
        place = place[step]
    if value is _GONE:
        del place[last]
    else:
        place[last] = value


def _at(document: dict[str, Any], pointer: str) -> Any:
    place: Any = document
    for step in _steps(pointer):
        place = place.get(step) if isinstance(step, str) else place[step]
    return place


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    assert set(case) <= {"name", "kind", "at", "is", "repeat", "faults", "reads", "dropped"}
    kind = EntryKind.Value(f"ENTRY_KIND_{case.get('kind', 'SERVICE')}")
    document = good(kind)
    value = case["repeat"][0] * case["repeat"][1] if "repeat" in case else case.get("is", _GONE)
    if case.get("faults", []) or value is not _GONE:
        _put(document, case["at"], value)
    found = reading.read(kind, document, ENTRY_ID)
    assert [(fault.pointer, fault.rule) for fault in found.faults] == [
        tuple(fault) for fault in case.get("faults", [])
    ]
    assert list(found.dropped) == case.get("dropped", [])
    if "reads" in case:
        assert _at(found.document, case["at"]) == case["reads"]
    elif not found.faults and not found.dropped and value is not _GONE and isinstance(value, str | int):
        assert _at(found.document, case["at"]) == value


@pytest.mark.parametrize("kind", [kind for kind in EntryKind.values() if kind])
def test_what_was_read_reads_again_the_same(kind: int) -> None:
    once = reading.read(kind, good(kind), ENTRY_ID)
    assert not once.faults
    again = reading.read(kind, json.loads(json.dumps(once.document)), ENTRY_ID)
    assert (again.document, again.faults, again.dropped) == (once.document, (), ())


def test_a_message_never_repeats_what_was_sent() -> None:
    document = good(EntryKind.Value("ENTRY_KIND_SERVICE")) | {
        "url": "canary:x",
        "email": "canary",
        "id": "canary",
    }
    document["schedules"][0] |= {"valid_from": "canary", "byday": "canary", "opens_at": "canary"}
    found = reading.read(EntryKind.Value("ENTRY_KIND_SERVICE"), document, ENTRY_ID)
    assert len(found.faults) >= 6
    assert not any("canary" in fault.message for fault in found.faults)


@pytest.mark.parametrize("name", ["service_full", "organization_full", "taxonomy", "taxonomy_term"])
def test_the_examples_of_the_standard_are_read(name: str) -> None:
    path = _EXAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip("the reference data of the standard is not beside the checkout")
    kind = EntryKind.Value(f"ENTRY_KIND_{name.removesuffix('_full').upper()}")
    document = json.loads(path.read_text(encoding="utf-8"))
    facts = {"kith": {"kind": "KIND_COMMUNITY"}} if name == "service_full" else {}
    if name == "service_full":
        assert document["organization"]["id"]
    found = reading.read(kind, document | facts, UUID(document["id"]))
    assert found.faults == ()
    assert set(found.dropped) <= {"/services"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "schedules", "phones", "byday", "freq", "url", "kith", "number", "x/~y"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(kind=st.sampled_from([kind for kind in EntryKind.values() if kind]), changes=_JSON)
def test_nothing_that_is_sent_breaks_the_reader(kind: int, changes: Any) -> None:
    """Whatever it says, it is read or its faults are named; what has none is fit to be stored and read again."""
    document = good(kind) | (changes if isinstance(changes, dict) else {"name": changes})
    if not isinstance(document.get("kith", {}), dict):
        document.pop("kith")
    found = reading.read(kind, document, ENTRY_ID)
    if not found.faults:
        text = json.dumps(found.document, allow_nan=False)
        assert reading.read(kind, json.loads(text), ENTRY_ID).document == found.document
        text.encode()
