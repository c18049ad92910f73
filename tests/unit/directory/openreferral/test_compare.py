"""What differs between two revisions, part by part (issue 7 item 5)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.openreferral.compare import ABSENT, Change, changes


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("/a", 1, 2)]),
        ({"a": 1}, {}, [("/a", 1, ABSENT)]),
        ({}, {"a": None}, [("/a", ABSENT, None)]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [("/a~1b/~0", 1, 2)]),
        # Parts with ids are compared with their namesakes wherever they stand.
        ({"p": [{"id": "1", "n": 1}, {"id": "2"}]}, {"p": [{"id": "2"}, {"id": "1", "n": 1}]}, []),
        (
            {"p": [{"id": "1"}, {"id": "2", "n": 1}]},
            {"p": [{"id": "2", "n": 2}, {"id": "3"}]},
            [("/p/0/n", 1, 2), ("/p/1", ABSENT, {"id": "3"}), ("/p/0", {"id": "1"}, ABSENT)],
        ),
        # Others as they stand.
        ({"p": [1, 2]}, {"p": [2, 1]}, [("/p", [1, 2], [2, 1])]),
        ({"p": {"x": 1}}, {"p": [1]}, [("/p", {"x": 1}, [1])]),
    ],
)
def test_changes(before: Any, after: Any, found: list[tuple[str, Any, Any]]) -> None:
    assert list(changes(before, after)) == [Change(*one) for one in found]


_PART = st.fixed_dictionaries({"id": st.sampled_from("abc"), "n": st.integers(0, 2)})
_PARTS = st.lists(_PART, max_size=3, unique_by=lambda part: str(part["id"]))
_DOCUMENTS = st.dictionaries(st.sampled_from(["name", "phones", "x"]), st.integers(0, 2) | _PARTS, max_size=3)


def _unordered(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value, key=lambda part: str(part["id"])) if isinstance(value, list) else value
        for name, value in document.items()
    }


@given(before=_DOCUMENTS, after=_DOCUMENTS)
def test_nothing_that_differs_is_passed_over_and_nothing_else_is_told(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = list(changes(before, after))
    assert (found == []) == (_unordered(before) == _unordered(after))
    assert all(change.before != change.after for change in found)
    back = {(change.pointer.count("/"), str(change.before), str(change.after)) for change in found}
    there = {(one.pointer.count("/"), str(one.after), str(one.before)) for one in changes(after, before)}
    assert back == there
