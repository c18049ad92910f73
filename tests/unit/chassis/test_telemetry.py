"""Nothing gets into the log but what is on the list and is an identifier (S13, G7)."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from services.chassis import metrics, telemetry
from services.chassis.config import ServiceSettings
from services.chassis.telemetry import log

CANARY = "Jane Doe 1 High St"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = structlog.get_config(), list(root.handlers), root.level, sys.excepthook, threading.excepthook
    stream = io.StringIO()
    telemetry.start("things", ServiceSettings(local_mode=True), stream)
    yield stream
    configuration, root.handlers[:], level, sys.excepthook, threading.excepthook = before
    structlog.configure(**configuration)
    root.setLevel(level)


def _line(stream: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(stream.getvalue())
    return line


def test_allowed_identifiers_are_written(written: io.StringIO) -> None:
    log.info(
        "the relay became leader", topic="kith.x.v1.x-events", count=3, event_id=UUID(int=1), leader=True
    )
    line = _line(written)
    assert (line["event"], line["level"], line["service"]) == ("the relay became leader", "info", "things")
    assert (line["topic"], line["count"], line["leader"]) == ("kith.x.v1.x-events", 3, True)
    assert line["event_id"] == str(UUID(int=1))
    assert "dropped" not in line


@pytest.mark.parametrize(
    "fields",
    [
        {"given_name": "Jane"},
        {"child_id": UUID(int=7)},
        {"request": {"name": CANARY}},
        {"reason": CANARY},
        {"reason": "Doe\n"},
        {"reason": "x" * 201},
        {"topic": ["Jane"]},
        {"count": ValueError("Jane")},
        {"topic": None},
    ],
    ids=str,
)
def test_s13_unknown_keys_and_values_that_are_no_identifiers_are_dropped_and_counted(
    written: io.StringIO, fields: dict[str, Any]
) -> None:
    before = metrics.LOG_KEYS_DROPPED._value.get()
    log.info("something happened", **fields)
    line = _line(written)
    assert set(line) == {"event", "level", "service", "timestamp", "dropped"}
    assert line["dropped"] == 1
    assert metrics.LOG_KEYS_DROPPED._value.get() == before + 1


def test_s13_an_exception_is_type_and_place_without_text(written: io.StringIO) -> None:
    try:
        int(CANARY)
    except ValueError:
        log.exception("it failed")
    line = _line(written)
    assert (line["error_type"], line["level"]) == ("ValueError", "error")
    assert line["location"].startswith("tests/unit/chassis/test_telemetry.py:")
    assert "Jane" not in written.getvalue()


def test_s13_what_libraries_log_is_named_and_not_quoted(written: io.StringIO) -> None:
    library = logging.getLogger("some.library")
    library.warning("the value %s is bad", CANARY)
    try:
        int(CANARY)
    except ValueError:
        library.exception("failed for %s", CANARY)
    library.info("not even this")
    first, second = map(json.loads, written.getvalue().splitlines())
    assert (first["event"], first["logger"], first["level"]) == (
        "a library logged something",
        "some.library",
        "warning",
    )
    assert (second["level"], second["error_type"]) == ("error", "ValueError")
    assert "Jane" not in written.getvalue()


def test_s13_an_uncaught_exception_is_type_and_place_without_text(written: io.StringIO) -> None:
    error = ValueError(CANARY)
    sys.excepthook(ValueError, error, None)
    assert _line(written)["error_type"] == "ValueError"
    assert "Jane" not in written.getvalue()
