"""The questions of tests/cases/find_bad_input.yaml."""

from typing import Any

from google.protobuf import json_format

from kith.childindex.v1 import match_pb2

_GOOD: dict[str, Any] = {
    "given_name": "Ottilie",
    "family_name": "Fenwick-Abara",
    "birth_date": {"date": {"year": 2014, "month": 5, "day": 14}},
    "postcode": "ZY9 4AA",
}


def changed(change: dict[str, Any]) -> match_pb2.Query:
    """The question after the child with some fields replaced; null takes one away."""
    body = {field: _written(value) for field, value in (_GOOD | change).items() if value is not None}
    return json_format.ParseDict(body, match_pb2.Query())


def _written(value: Any) -> Any:
    if isinstance(value, dict) and "times" in value:
        return str(value.get("after", "")) + value["times"] * value["of"]
    if isinstance(value, dict):
        return {field: _written(inner) for field, inner in value.items()}
    return [_written(inner) for inner in value] if isinstance(value, list) else value
