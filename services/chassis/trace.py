"""The trace a call belongs to: W3C Trace Context, `traceparent` only."""

import re
import secrets
from dataclasses import dataclass

HEADER = "traceparent"
_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = "01"


@dataclass(frozen=True, slots=True)
class Trace:
    """One call's place in a trace. Ids are random lower-case hexadecimal and tell nothing about anyone."""

    trace_id: str
    span_id: str
    flags: str

    def header(self) -> str:
        """Return the value of `traceparent` for what this call causes: inner calls, events."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def begin(header: str | None = None) -> Trace:
    """Return a new span: within the trace named by `header`, or in a new one if it is absent or malformed."""
    found = _FORM.fullmatch(header) if header else None
    if found is None or set(found[1]) == {"0"} or set(found[2]) == {"0"}:
        return Trace(secrets.token_hex(16), secrets.token_hex(8), _SAMPLED)
    return Trace(found[1], secrets.token_hex(8), found[3])
