"""What tells where a refuge is: the table of tests/cases/directory_confidential.yaml (issue 7 item 6)."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kith.directory.v1 import entry_pb2
from services.directory.openreferral import confidentiality, reading
from tests.unit.directory.openreferral.documents import ENTRY_ID, LOCATION_ID, good

_FILE = Path(__file__).parents[3] / "cases" / "directory_confidential.yaml"
_TABLE: dict[str, list[Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_SERVICE = entry_pb2.ENTRY_KIND_SERVICE
_LOCATION = entry_pb2.ENTRY_KIND_LOCATION


@pytest.mark.parametrize("text", _TABLE["tells"])
def test_text_that_tells(text: str) -> None:
    assert confidentiality.tells(text)
    hidden = confidentiality.hidden(text)
    assert confidentiality.HIDDEN in hidden
    assert not confidentiality.tells(hidden)


@pytest.mark.parametrize("text", _TABLE["silent"])
def test_text_that_does_not(text: str) -> None:
    assert not confidentiality.tells(text)
    assert confidentiality.hidden(text) == text


@pytest.mark.parametrize("case", _TABLE["confidential"], ids=lambda case: str(case["facts"]))
def test_what_is_confidential(case: dict[str, Any]) -> None:
    document = {"kith": case["facts"]}
    assert confidentiality.is_confidential(_SERVICE, document) == case["is"]
    assert confidentiality.declares_public(_SERVICE, document) == case.get("declares", False)


def _refuge() -> dict[str, Any]:
    document = good(_SERVICE)
    document["kith"]["kind"] = "KIND_DOMESTIC_ABUSE"
    document["kith"]["advice_contact"]["phone"] = "0808 157 0123"
    read = reading.read(_SERVICE, document, ENTRY_ID)
    assert not read.faults
    return read.document


def test_a_refuge_that_says_nothing_is_taken_as_it_is() -> None:
    assert confidentiality.telling(_refuge()) == []
    assert confidentiality.without(_refuge()) == (_refuge(), [])


@pytest.mark.parametrize("case", _TABLE["parts"], ids=lambda case: case["at"])
def test_every_part_is_looked_at(case: dict[str, Any]) -> None:
    document: Any = _refuge()
    place = document
    *path, last = [int(step) if step.isdecimal() else step for step in case["at"].split("/")[1:]]
    for step in path:
        place = place[step]
    place[last] = case["is"]
    goes = case.get("goes", case["at"])
    assert [fault.pointer for fault in confidentiality.telling(document)] == [goes]
    cleaned, gone = confidentiality.without(document)
    assert gone == [goes]
    assert confidentiality.telling(cleaned) == []
    assert json.dumps(case["is"]) not in json.dumps(cleaned)


def test_of_a_location_all_goes_that_places_it() -> None:
    document = reading.read(
        _LOCATION,
        good(_LOCATION) | {"transportation": "Bus 12", "external_identifier": "100012345678"},
        ENTRY_ID,
    ).document
    cleaned, gone = confidentiality.without(document)
    assert set(gone) == {"/addresses", "/latitude", "/longitude", "/transportation", "/external_identifier"}
    assert not set(gone) & {f"/{name}" for name in cleaned}
    assert cleaned["accessibility"]


def test_the_original_is_left_alone() -> None:
    document = _refuge() | {"alert": "Moved to ZY1 1AA"}
    confidentiality.without(document)
    assert document["alert"] == "Moved to ZY1 1AA"


@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    telling=st.sampled_from(["ZY7 7QQ", "01632 960777", "14 Canary Avenue", "53.7777, -1.6666"]),
    apart=st.sampled_from([" ", "\u00a0", "\u2003", "\u200b ", "-", "."]),
)
def test_whatever_stands_around_it_it_goes(before: str, after: str, telling: str, apart: str) -> None:
    """A sentence may hide a place as it likes, as long as a reader would find it."""
    if apart in "-." and not telling.startswith("ZY"):
        apart = " "
    text = f"{before} {telling.replace(' ', apart)} {after}"
    hidden = confidentiality.hidden(text)
    assert confidentiality.tells(text)
    assert not [word for word in ("7QQ", "960777", "Canary", "1.6666") if word in hidden]
    assert confidentiality.hidden(hidden) == hidden


@given(st.text(max_size=60))
def test_what_is_hidden_hides_all(text: str) -> None:
    assert not confidentiality.tells(confidentiality.hidden(text))


def test_ids_are_no_text() -> None:
    """An id is made of the letters and figures of postcodes."""
    document = _refuge()
    document["service_at_locations"][0]["location_id"] = LOCATION_ID
    document["id"] = "a11aa000-b1c1-4aaa-8bbb-e1111aa2222b"
    assert confidentiality.telling(document) == []
