import base64
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from kith.directory.v1.entry_pb2 import ENTRY_KIND_SERVICE
from kith.directory.v1.import_run_pb2 import ImportRun
from services.directory.importing import csv_batches, csv_text, staging
from services.directory.importing.run import RunFailed
from services.directory.importing.staging import Staged
from tests.unit.directory.importing.feeds import a_source

_FILE = Path(__file__).parents[3] / "cases" / "directory_import_csv.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["cases"]


def _bytes(case: dict[str, Any]) -> bytes:
    if "bytes" in case:
        return base64.b64decode(str(case["bytes"]))
    if "repeat" in case:
        before, text, times = case["repeat"]
        return f"{before}{text * times}".encode()
    return str(case["text"]).encode(case.get("encoding", "utf-8"))


def _in_pieces(content: bytes, size: int) -> csv_text.Chunks:
    def pieces() -> Iterator[bytes]:
        for at in range(0, len(content), size):
            yield content[at : at + size]

    return pieces


def _staged(content: bytes, columns: dict[str, str], size: int = 7) -> list[Staged]:
    """The services that are staged of a file that comes in pieces of `size` bytes."""
    found: dict[Any, Staged] = {}
    for batch in csv_batches.batches(_in_pieces(content, size), a_source(columns=columns)):
        for one in batch.records.staged.values():
            staging.judge(one, None)
        found |= batch.records.staged
    return [one for one in found.values() if one.record.kind == ENTRY_KIND_SERVICE]


def _seen(document: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """What a case looks at of a service."""
    own = {
        "phones": [phone["number"] for phone in document.get("phones", ())],
        "length": len(document.get("description", "")),
    }
    return {name: own[name] if name in own else document.get(name) for name in names}


@pytest.mark.parametrize("size", [7, 65536])
@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_what_becomes_of_a_file(case: dict[str, Any], size: int) -> None:
    content, columns = _bytes(case), case.get("columns", {})
    if "failure" in case:
        with pytest.raises(RunFailed) as failed:
            _staged(content, columns, size)
        assert ImportRun.Failure.Name(failed.value.failure) == case["failure"]
        assert failed.value.row == case.get("row", 0)
        return
    staged = _staged(content, columns, size)
    good = [one.record.document for one in staged if one.record.document is not None]
    wanted = case.get("services", [])
    assert [_seen(found, names) for found, names in zip(good, wanted, strict=True)] == wanted
    problems = [
        [one.record.publisher_id, problem.field, problem.reason]
        for one in staged
        for problem in one.record.problems
        if problem.fatal
    ]
    assert problems == case.get("invalid", [])


_CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(_CELL, min_size=3, max_size=3), max_size=6), st.integers(1, 50))
def test_whatever_is_written_as_csv_is_read_as_it_was(cells: list[list[str]], size: int) -> None:
    """In pieces of any size, cut within letters and line ends too."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(cells)
    found = list(csv_text.rows(_in_pieces(written.getvalue().encode("utf-8-sig"), size)))
    ends = [[re.sub("\r\n?", "\n", cell) for cell in row] for row in cells]
    assert found == [row for row in ends if any(cell.strip() for cell in row)]


@given(st.binary(max_size=300), st.integers(1, 20))
def test_no_bytes_break_anything(content: bytes, size: int) -> None:
    # Whatever else is raised fails the test.
    with contextlib.suppress(RunFailed):
        _staged(content, {}, size)


@given(_CELL)
@example("\x1f=cmd")
@example("=\u2028=cmd")
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    found = csv_text.harmless(cell)
    assert not found.startswith(("=", "@", "\t", "\r"))
    assert not found.startswith(("+", "-")) or re.fullmatch(r"[+-][\d .()-]*", found, re.ASCII)
