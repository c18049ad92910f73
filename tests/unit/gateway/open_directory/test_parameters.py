"""What the query of the open API may hold, and what is refused rather than passed over."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.gateway.open_directory import parameters
from services.gateway.open_directory.problems import Problem
from services.gateway.open_directory.resources import RESOURCES

CASES = yaml.safe_load(
    (Path(__file__).parents[3] / "cases" / "open_directory_parameters.yaml").read_text(encoding="utf-8")
)
SERVICES = RESOURCES[0].parameters


def read(query: str) -> dict[str, Any]:
    return parameters.read(query.encode(), SERVICES)


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["query"])
def test_what_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(Problem) as caught:
        read(case["query"])
    assert caught.value.kind.status == 400
    if case["query"].isascii():
        assert [name for name, _ in caught.value.errors] == [case["parameter"]]
        assert case["says"] in caught.value.errors[0][1]


@pytest.mark.parametrize("case", CASES["read"], ids=lambda case: case["query"])
def test_what_the_directory_is_asked(case: dict[str, Any]) -> None:
    filters = parameters.filters(read(case["query"]), SERVICES)
    request = publication_pb2.SearchServicesRequest(**filters)
    assert json_format.MessageToDict(request, preserving_proto_field_name=True) == case["request"]


def test_every_wrong_parameter_is_named_at_once() -> None:
    with pytest.raises(Problem) as caught:
        read("page=0&day=Monday&colour=red")
    assert {name for name, _ in caught.value.errors} == {"page", "day", "colour"}


def test_a_list_may_be_only_so_long() -> None:
    with pytest.raises(Problem) as caught:
        read("&".join(["language=ur"] * 21))
    assert caught.value.errors == [("language", "must be given at most 20 times")]


@pytest.mark.parametrize(
    ("query", "status"),
    [("search=" + "x" * 4_096, 414), ("search=" + "x" * 201, 400), ("&".join(["full=true"] * 101), 400)],
    ids=["query", "search", "many"],
)
def test_what_is_too_long(query: str, status: int) -> None:
    with pytest.raises(Problem) as caught:
        read(query)
    assert caught.value.kind.status == status


def test_nothing_that_was_sent_is_said_again() -> None:
    with pytest.raises(Problem) as caught:
        read("day=Quillfeather&postcode=Quillfeather&Quill%20feather=1")
    assert "Quill" not in caught.value.response("http://x").body.decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_every_filter_is_one_of_the_directory(resource: Any) -> None:
    """A parameter without a field there would be read and do nothing."""
    searched = resource.kind in {
        publication_pb2.PUBLICATION_KIND_SERVICE,
        publication_pb2.PUBLICATION_KIND_SERVICE_AT_LOCATION,
    }
    request = publication_pb2.SearchServicesRequest if searched else publication_pb2.ListPublicationsRequest
    known = {field.name for field in request.DESCRIPTOR.fields}
    assert {one.field for one in resource.parameters if one.field} <= known
