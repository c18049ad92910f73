"""Logs: one JSON object per line on stdout, fixed sentences, fields from an allow-list (S13, G7).

    from services.chassis.telemetry import log
    log.info("the relay became leader", topic=topic)

A field is written only if its name is on the list *and* its value is a number or an identifier (no spaces, at
most 200 characters); anything else is dropped and counted. So a person's name has no way in, even by mistake.
The text of an exception is never written: drivers and parsers put values into it (RELIABILITY finding 1); its
type and the place in our code are.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.typing import FilteringBoundLogger

from services.chassis import incoming, metrics
from services.chassis.config import ServiceSettings

ALLOWED_KEYS = frozenset({
    # the call
    "service", "method", "code", "duration_ms", "caller_kind", "client_id", "purpose", "trace_id", "reason",
    # what went wrong, and where
    "error_id", "error_type", "location", "sqlstate", "logger", "dropped",
    # the process
    "port", "health_port", "metrics_port", "address", "task", "signal", "lag_s", "in_flight",
    "attempt", "delay_s",
    # database and events
    "pool", "component", "migration", "topic", "partition", "group", "consumer", "offset", "position",
    "event_id", "count", "version", "age_s", "leader",
    # search
    "engine", "index", "key_schema",
})  # fmt: skip
"""Names of fields that may be logged. No id of a child is among them: with its time it would tell a story."""

_IDENTIFIER = re.compile(r"[\w.:/,+@-]{1,200}", re.ASCII)
_ROOT = Path(__file__).resolve().parents[2]
_EVENT = "event"
_ADDED_BY_US = frozenset({_EVENT, "level", "timestamp"})

log: FilteringBoundLogger = structlog.get_logger()


def start(service: str, settings: ServiceSettings, stream: TextIO | None = None) -> None:
    """Set logging up for this process; call it first. `stream` is stdout unless a test wants to read it."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[
            _bind(service),
            structlog.processors.add_log_level,
            _exception_type,
            _allow_list,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stdout),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_ThirdParty()]
    root.setLevel(logging.WARNING)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def location(error: BaseException) -> str:
    """Return where the error came about: the innermost frame of the project, as `services/x/y.py:12`."""
    found = "unknown"
    traceback = error.__traceback__
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
            found = f"{path.relative_to(_ROOT)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found


def describe(error: BaseException) -> dict[str, str]:
    """Return the fields that may be logged of an error: type, place, SQLSTATE. Never its text."""
    fields = {"error_type": type(error).__qualname__, "location": location(error)}
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        fields["sqlstate"] = sqlstate
    return fields


def _bind(service: str) -> structlog.typing.Processor:
    def bind(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        call = incoming.current()
        if call is not None:
            event.setdefault("trace_id", call.trace.trace_id)
        return event

    return bind


def _exception_type(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put type and place of an exception in the place of its text."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(describe(error))
    return event


def _allow_list(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop what is not on the list or not an identifier, and count it."""
    kept: dict[str, Any] = {}
    dropped = 0
    for key, value in event.items():
        if key in _ADDED_BY_US:
            kept[key] = value
        elif key in ALLOWED_KEYS and (plain := _plain(value)) is not None:
            kept[key] = plain
        else:
            dropped += 1
    if dropped:
        metrics.LOG_KEYS_DROPPED.inc(dropped)
        kept["dropped"] = dropped
    return kept


def _plain(value: object) -> str | int | float | bool | None:
    if isinstance(value, Enum) and not isinstance(value, str):
        value = value.name
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID | Path):
        value = str(value)
    if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
        return value
    return None


class _ThirdParty(logging.Handler):
    """Takes what libraries log: where it came from and the exception's type, never their message."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = "error" if record.levelno >= logging.ERROR else "warning"
        fields = describe(error) if error is not None else {}
        getattr(log, level)("a library logged something", logger=record.name, **fields)


def _uncaught(_kind: type[BaseException], error: BaseException | None, _where: TracebackType | None) -> None:
    if error is not None and not isinstance(error, KeyboardInterrupt):
        log.error("the process ends by an unexpected error", **describe(error))
