"""The page of the benchmark keeps what was measured before, and no ratio stands without what it is of."""

from pathlib import Path

import pytest

from tests.bench import results
from tests.bench.part import Part
from tests.bench.report import Report


async def _measure(_folder: Path, size: int, report: Report) -> None:
    report.add("children", size)


ONE, OTHER = (Part(name, f"About {name}", "children", 10, 1000, _measure) for name in ("one", "other"))
ORDER = [results.key_of(part, size) for part in (ONE, OTHER) for size in ("small", "full")]


def _run(path: Path, part: Part, size: str, children: int) -> None:
    sections = results.read(path)
    report = part.run(path.parent, children)
    sections[results.key_of(part, size)] = results.section(part, size, report, 1.0)
    results.write(path, sections, ORDER)


def test_a_part_measured_anew_replaces_its_own_section_only(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    _run(path, OTHER, "small", 7)
    _run(path, ONE, "full", 1000)
    _run(path, ONE, "small", 11)
    before = results.read(path)
    _run(path, ONE, "small", 13)
    after = results.read(path)
    assert list(after) == ["one, small", "one, full", "other, small"]
    assert "| children | 13 |" in after["one, small"]
    assert {key: after[key] for key in ("one, full", "other, small")} == {
        key: before[key] for key in ("one, full", "other, small")
    }


def test_a_ratio_is_of_two_figures_of_the_same_run_and_unit() -> None:
    report = Report()
    report.durations("search", [4.0, 6.0, 8.0])
    report.durations("empty", [1.0, 2.0, 3.0])
    report.add("rate", 5.0, "/s")
    report.ratio("search", "empty")
    assert "| search / empty | 3.000 | 6.00 / 2.00 ms |" in list(report.lines())
    with pytest.raises(ValueError, match="rate in /s"):
        report.ratio("search", "rate")
    with pytest.raises(KeyError):
        report.ratio("search", "what another run measured")
