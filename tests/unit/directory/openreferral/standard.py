"""The published schemas of Open Referral UK 3.0, where the reference data lies beside the checkout."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator, FormatChecker

FOLDER: Final = Path(__file__).parents[5] / "shared" / "data" / "oruk" / "schema" / "compiled"

# Publication kinds (kith.directory.v1.PublicationKind) with the schema of their full and of their list form. Of those
# that have no compiled schema of their own, the one that they have inside a service.
_SCHEMAS: Final = {
    1: ("organization", "organization_list"),
    2: ("service", "service_list"),
    3: ("#/definitions/location", "#/definitions/location"),
    4: ("#/definitions/taxonomy", "#/definitions/taxonomy"),
    5: ("#/definitions/taxonomy_term", "#/definitions/taxonomy_term"),
    6: ("service_at_location", "service_at_location_list"),
}


@cache
def _validator(name: str) -> Draft202012Validator:
    if not FOLDER.is_dir():
        pytest.skip("the schemas of Open Referral UK are not beside the checkout (../shared/data/oruk)")
    if name.startswith("#"):
        whole = _read("service_with_definitions")
        return Draft202012Validator(
            {"definitions": whole["definitions"], "$ref": name}, format_checker=FormatChecker()
        )
    return Draft202012Validator(_read(name), format_checker=FormatChecker())


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def faults(kind: int, full: dict[str, Any], listed: dict[str, Any]) -> list[str]:
    """Where the two forms of a publication do not follow the standard; skips the test where there is none."""
    return [
        f"{name}{error.json_path}: {error.message}"
        for name, value in zip(_SCHEMAS[kind], (full, listed), strict=True)
        for error in _validator(name).iter_errors(value)
    ]
