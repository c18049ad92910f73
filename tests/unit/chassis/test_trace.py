"""Trace context: continued when well-formed, begun anew otherwise."""

import pytest

from services.chassis.trace import begin

GIVEN = f"00-{'a' * 32}-{'b' * 16}-00"


def test_a_trace_goes_on_with_a_span_of_its_own() -> None:
    trace = begin(GIVEN)
    assert (trace.trace_id, trace.flags) == ("a" * 32, "00")
    assert trace.span_id != "b" * 16
    assert begin(trace.header()).trace_id == "a" * 32


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Jane Doe",
        GIVEN.upper(),
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        GIVEN + "-x",
    ],
)
def test_anything_else_begins_a_new_trace(header: str | None) -> None:
    one, two = begin(header), begin(header)
    assert one.trace_id != two.trace_id
    assert one.trace_id not in (header or "")
