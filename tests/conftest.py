"""What all tests share: no settings from outside, and a plain word at the end on which engines ran.

A test that runs on a part the machine may lack carries `@pytest.mark.engine("kafka")` (or a parameter does), and its
fixture calls `pytest.skip` with the reason when the part is not there. With KITH_REQUIRE_ENGINES=1 a skipped test is a
failed one: where everything is installed, nothing may quietly not run. The exception is what needs reference data that
lies beside the project for those who make it, and nowhere else; its reason says so in these words: `not beside the
checkout`.
"""

import os
from collections import Counter
from collections.abc import Generator

import hypothesis
import pytest

from tests.fixtures.fleet import fleet, without_most_rule_cases
from tests.fixtures.partnership import kith

# Their assertions speak as those of a test do.
pytest.register_assert_rewrite("tests.faults.invariants", "tests.faults.departures")

# Here, so that end-to-end, browser and fault tests share one fleet of each kind.
__all__ = ["fleet", "kith"]

NOT_BESIDE = "not beside the checkout"
REQUIRED = os.environ.get("KITH_REQUIRE_ENGINES") == "1"

# A shell set up for `make run` must not lead a test to the running fleet.
for name in [name for name in os.environ if name.startswith("KITH_")]:
    del os.environ[name]

# Machines differ in speed: no test fails for being slow alone.
hypothesis.settings.register_profile("kith", deadline=None)
hypothesis.settings.load_profile("kith")

ENGINES = pytest.StashKey[dict[str, Counter[str]]]()
SKIPPED = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begins to count."""
    config.stash[ENGINES] = {}
    config.stash[SKIPPED] = Counter()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what another fleet answers for."""
    items[:], left_out = without_most_rule_cases(items)
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes which engine a test ran on, and makes a failure of a skip where engines are required."""
    report = yield
    counts = item.config.stash[ENGINES]
    engines = [counts.setdefault(mark.args[0], Counter()) for mark in item.iter_markers("engine")]
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        for engine in engines:
            engine[f"not run: {reason}"] += 1
        if not engines:
            item.config.stash[SKIPPED][reason] += 1
        if REQUIRED and NOT_BESIDE not in reason:
            report.outcome = "failed"
            report.longrepr = f"KITH_REQUIRE_ENGINES=1 and yet skipped: {reason}"
    elif report.when == "call":
        for engine in engines:
            engine["ran"] += 1
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says which engines ran, and what was skipped and why."""
    engines, skipped = config.stash[ENGINES], config.stash[SKIPPED]
    if not engines and not skipped:
        return
    terminalreporter.section("engines")
    for engine, outcomes in sorted(engines.items()):
        for outcome, tests in sorted(outcomes.items()):
            terminalreporter.line(f"{engine:<12} {tests:>4} tests {outcome}")
    for reason, tests in sorted(skipped.items()):
        terminalreporter.line(f"{'skipped':<12} {tests:>4} tests: {reason}")
