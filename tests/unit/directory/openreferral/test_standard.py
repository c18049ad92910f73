"""The contract has every field of the published schemas, of a type that can hold it (issue 7 item 1)."""

import json
from typing import Any

import pytest

from kith.hsds.v1 import hsds_pb2
from tests.unit.directory.openreferral import standard

_SCHEMAS = standard.FOLDER.parent
_NAMES = (
    "accessibility", "address", "attribute", "contact", "cost_option", "funding", "language", "location",
    "organization", "organization_identifier", "phone", "schedule", "service", "service_area",
    "service_at_location", "taxonomy", "taxonomy_term",
)  # fmt: skip
_TYPES = {"string": {"string"}, "number": {"int32", "double"}, "array": {"message"}}
_KINDS = {5: "int32", 1: "double", 9: "string", 11: "message"}


@pytest.mark.parametrize("name", _NAMES)
def test_every_field_of_the_standard_is_in_the_contract(name: str) -> None:
    path = _SCHEMAS / f"{name}.json"
    if not path.exists():
        pytest.skip("the schemas of Open Referral UK are not beside the checkout (../shared/data/oruk)")
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    message = hsds_pb2.DESCRIPTOR.message_types_by_name[name.title().replace("_", "")]
    assert schema["properties"]
    for field, said in schema["properties"].items():
        found = message.fields_by_name[field]
        assert _KINDS[found.type] in _TYPES.get(said.get("type", "array"), {"message"})
        assert found.is_repeated == (said.get("type") == "array")
