"""The figures of one part of the benchmark: printed as they come, and written as a section of RESULTS.md."""

import statistics
from collections.abc import Iterator, Sequence


class Report:
    """Durations and other figures by name. A ratio is only of two that this run has measured."""

    def __init__(self) -> None:
        self._remarks: list[str] = []
        self._durations: dict[str, list[float]] = {}
        self._figures: dict[str, tuple[float, str]] = {}
        self._ratios: list[tuple[str, float, str]] = []

    def remark(self, text: str) -> None:
        """Say what was measured on, or what is to be known about it."""
        self._remarks.append(text)
        print(text, flush=True)

    def durations(self, name: str, milliseconds: Sequence[float]) -> None:
        """Keep some durations; their middle and their slow end are told."""
        self._durations[name] = list(milliseconds)
        print(f"{name:<72}{' '.join(f'{one:>9.2f}' for one in _ends(milliseconds))} ms", flush=True)

    def add(self, name: str, value: float, unit: str = "") -> None:
        """Keep a figure."""
        self._figures[name] = (value, unit)
        print(f"{name:<72}{_number(value):>12} {unit}", flush=True)

    def ratio(self, upper: str, lower: str) -> None:
        """Keep how many times the second figure the first is; of durations it is that of the medians."""
        (above, unit), (below, same) = self._figure(upper), self._figure(lower)
        if unit != same:
            raise ValueError(f"{upper} is in {unit}, {lower} in {same}")
        self._ratios.append((f"{upper} / {lower}", above / below, f"{above:,.2f} / {below:,.2f} {unit}"))
        print(f"{upper} / {lower}: {above / below:.3f}", flush=True)

    def lines(self) -> Iterator[str]:
        """All of it as Markdown."""
        yield from (f"- {remark}" for remark in self._remarks)
        if self._durations:
            yield from ("", "| milliseconds | calls | p50 | p95 | p99 |", "|---|--:|--:|--:|--:|")
            for name, values in self._durations.items():
                ends = " | ".join(f"{one:.2f}" for one in _ends(values))
                yield f"| {name} | {len(values):,} | {ends} |"
        if self._figures:
            yield from ("", "| figure | | |", "|---|--:|---|")
            for name, (value, unit) in self._figures.items():
                yield f"| {name} | {_number(value)} | {unit} |"
        if self._ratios:
            yield from ("", "| ratio | | of |", "|---|--:|---|")
            for name, value, parts in self._ratios:
                yield f"| {name} | {value:.3f} | {parts} |"

    def _figure(self, name: str) -> tuple[float, str]:
        if name in self._durations:
            return statistics.median(self._durations[name]), "ms"
        return self._figures[name]


def _number(value: float) -> str:
    """Whole where it is whole, and where it is so large that what follows says nothing."""
    return f"{value:,.0f}" if value >= 1000 or float(value).is_integer() else f"{value:.3f}"


def _ends(milliseconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    parts = statistics.quantiles(milliseconds, n=100)
    return statistics.median(milliseconds), parts[94], parts[98]
