"""The results as a page: every figure with its interval, and what it was measured on."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.matching.scorecard import Figures
from tests.bench.machine import machine, versions

_PACKAGES = (
    "splink",
    "recordlinkage",
    "duckdb",
    "numpy",
    "rapidfuzz",
    "uk-postcodes-parsing",
    "name-variants",
)
_COLUMNS = (
    ("recall@1", "recall_at_1"),
    ("recall@5", "recall_at_5"),
    ("candidates@50", "candidate_recall_at_50"),
    ("CERTAIN rate", "certain.rate"),
    ("CERTAIN precision", "certain.precision"),
    ("PROBABLE+ rate", "probable_or_better.rate"),
    ("PROBABLE+ precision", "probable_or_better.precision"),
    ("absent: CERTAIN", "absent.certain_rate"),
    ("absent: PROBABLE+", "absent.probable_or_better_rate"),
)
_OF_GROUPS = (
    "recall_at_1",
    "candidate_recall_at_50",
    "certain.rate",
    "certain.precision",
    "probable_or_better.rate",
    "absent.probable_or_better_rate",
)


class Page:
    """Markdown, printed as it comes."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def say(self, *lines: str) -> None:
        """Adds lines."""
        self._lines += lines
        print("\n".join(lines), flush=True)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Adds a table, with a line after it."""
        self.say(
            f"| {' | '.join(head)} |",
            f"|{'---|' * len(head)}",
            *(f"| {' | '.join(map(str, row))} |" for row in rows),
            "",
        )

    def figures(
        self, rows: Iterable[tuple[str, Figures]], more: Sequence[tuple[str, dict[str, str]]] = ()
    ) -> None:
        """A table of figures, a row for each name; `more` are further columns with a cell by name."""
        head = [
            "",
            "queries",
            *(title for title, _ in _COLUMNS),
            "ECE",
            "ECE, child present",
            *(t for t, _ in more),
        ]
        self.table(
            head,
            (
                [
                    name,
                    f"{made['queries']:,}",
                    *(cell(made, path) for _, path in _COLUMNS),
                    cell(made, "calibration.ece"),
                    cell(made, "calibration_present.ece"),
                    *(cells.get(name, "–") for _, cells in more),
                ]
                for name, made in rows
            ),
        )

    def groups(self, rows: Iterable[tuple[str, Figures]]) -> None:
        """A shorter table of figures."""
        columns = [column for column in _COLUMNS if column[1] in _OF_GROUPS]
        self.table(
            ["", "queries", *(title for title, _ in columns)],
            (
                [name, f"{made['queries']:,}", *(cell(made, path) for _, path in columns)]
                for name, made in rows
            ),
        )

    def reliability(self, made: Figures) -> None:
        """The bins of the calibration table."""
        self.table(
            ("probability given", "answers", "mean given", "right"),
            (
                (
                    f"{entry['from']} to {entry['to']}",
                    f"{entry['count']:,}",
                    entry["predicted"],
                    entry["observed"],
                )
                for entry in made["calibration"]["bins"]
                if entry["count"]
            ),
        )

    def write(self, path: Path) -> None:
        """Writes everything that was said."""
        path.write_text("\n".join(self._lines).rstrip() + "\n", encoding="utf-8")


def cell(made: Figures, path: str) -> str:
    """A figure with its interval: `.9912 (.9883–.9938)`; – where there is none."""
    value, interval = _at(made, path), _at(made["intervals"], path)
    if value is None:
        return "–"
    return f"{value:.4f}" if interval is None else f"{value:.4f} ({interval[0]:.4f}–{interval[1]:.4f})"


def surroundings() -> list[str]:
    """Machine, date and versions."""
    return [
        f"- {datetime.now(UTC).date()}, {machine()}; one process",
        f"- {versions(_PACKAGES)}",
    ]


def _at(made: Figures, path: str) -> Any:
    found: Any = made
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
