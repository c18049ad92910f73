"""The OpenAPI document stands alone, and says of HSDS's objects what the standard's own examples are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from services.gateway.open_directory import openapi
from services.gateway.open_directory.problems import KINDS

ADDRESS = "https://kith.example.org/directory"
DOCUMENT = openapi.document(ADDRESS)
EXAMPLES = Path(__file__).parents[5] / "shared" / "data" / "oruk" / "examples"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_every_reference_leads_to_a_place_in_the_document() -> None:
    references = set(_references(DOCUMENT))
    assert references
    for reference in references:
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_part_is_used() -> None:
    used = {"/".join(reference.split("/")[-2:]) for reference in _references(DOCUMENT)}
    for section, parts in DOCUMENT["components"].items():
        # No operation has a method that is not allowed: that problem is of all others.
        unused = {name for name in parts if f"{section}/{name}" not in used} - {"MethodNotAllowed"}
        assert not unused, section


def test_operations_have_names_of_their_own_and_say_every_refusal() -> None:
    operations = [path["get"] for path in DOCUMENT["paths"].values()]
    assert len({one["operationId"] for one in operations}) == len(operations) == 12
    for one in operations:
        assert {"200", "304", "400", "413", "414", "429"} <= set(one["responses"])
    assert {str(kind.status) for kind in KINDS} == {"400", "404", "405", "413", "414", "429", "500", "503"}


@pytest.mark.parametrize(
    ("example", "path"),
    [
        ("service_full", "/services/{id}"),
        ("service_list", "/services"),
        ("service_at_location_full", "/service_at_locations/{id}"),
        ("service_at_location_list", "/service_at_locations"),
        ("organization_full", "/organizations/{id}"),
        ("organization_list", "/organizations"),
        ("taxonomy", "/taxonomies/{id}"),
        ("taxonomy_list", "/taxonomies"),
        ("taxonomy_term", "/taxonomy_terms/{id}"),
        ("taxonomy_term_list", "/taxonomy_terms"),
    ],
)
def test_the_examples_of_the_standard_are_as_described(example: str, path: str) -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("the examples of Open Referral UK are not beside the checkout (../shared/data/oruk)")
    content = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    value = json.loads((EXAMPLES / f"{example}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert [error.json_path for error in validator.iter_errors(value)] == []
