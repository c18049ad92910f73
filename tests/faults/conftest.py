"""Fault tests run on a whole fleet, on embedded parts and again on real engines."""

import pytest

# Their assertions speak as those of a test do.
pytest.register_assert_rewrite("tests.faults.invariants", "tests.faults.departures")
