"""One line in the log for each request: the name of the page, never the path or the query.

What people type or follow stays out of the log, and so does what they look for in the directory (SD-2, G7).
"""

import time
from collections.abc import Mapping

from starlette.types import Scope

from services.chassis.errors import Internal
from services.chassis.telemetry import log


def answered(scope: Scope, status: int, began: float, fields: Mapping[str, str]) -> None:
    """Log a request that was answered. `began` is of `time.perf_counter`, `fields` say what went wrong."""
    page = getattr(scope.get("endpoint"), "__name__", "none")
    write = log.error if fields.get("reason") == Internal.__name__.upper() else log.info
    milliseconds = round((time.perf_counter() - began) * 1000, 2)
    write(
        "request answered",
        method=f"{scope['method']}:{page}",
        code=status,
        duration_ms=milliseconds,
        **fields,
    )
