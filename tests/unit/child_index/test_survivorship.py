"""Which agency's version of a fact is shown (services/child_index/survivorship.py; cases in survivorship.yaml)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from kith.childindex.v1 import child_pb2
from services.child_index.facts import Record
from services.child_index.survivorship import shown

CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "survivorship.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shown_facts(case: dict[str, Any]) -> None:
    """CI-1, CI-16: records are given oldest first; only the facts that a case names are compared."""
    written = datetime(2026, 1, 1, tzinfo=UTC)
    records = [
        Record(json_format.ParseDict(facts, child_pb2.Facts()), written + timedelta(days=day))
        for day, facts in enumerate(case["records"])
    ]
    facts = json_format.MessageToDict(shown(records), preserving_proto_field_name=True)
    assert {name: facts.get(name) for name in case["shown"]} == case["shown"]
