"""A part of the benchmark: what it measures, and how much of it."""

import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvloop

from deploy.engines import kafka, opensearch
from tests.bench.report import Report

Measure = Callable[[Path, int, Report], Coroutine[Any, Any, None]]
"""Measures on so many children or consents with its files in a folder."""


FILLED: Final = "filled"
"""The folder of a fleet over a filled child index: parts of one run share it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part; `small` and `full` are numbers of `unit`."""

    name: str
    title: str
    unit: str
    small: int
    full: int
    measure: Measure
    folder: str = ""
    """Where its files lie; empty for a folder of its own."""
    needs_engines: bool = False

    def unavailable(self) -> str | None:
        """Why it cannot be run here, None if it can."""
        engines = (kafka.ENGINE, opensearch.ENGINE) if self.needs_engines else ()
        return next((reason for one in engines if (reason := one.unavailable())), None)

    def run(self, folder: Path, size: int) -> Report:
        """Measure."""
        report = Report()
        busy, _, _ = os.getloadavg()
        report.remark(f"{busy:.1f} processes wanted a processor on average in the minute before")
        uvloop.run(self.measure(folder, size, report))
        return report
