"""What the public reads: by the published schemas in every form, nothing of a confidential place (issue 7, 1, 6)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.directory.v1 import entry_pb2
from kith.directory.v1.directory_pb2 import Service
from services.directory.editing import writing
from services.directory.editing.entry import Entry
from services.directory.openreferral import reading, render, vocabulary
from services.directory.openreferral.render import SERVICE_AT_LOCATION, Publication
from tests.unit.directory.openreferral import standard
from tests.unit.directory.openreferral.documents import (
    ENTRY_ID,
    LOCATION_ID,
    ORGANIZATION_ID,
    TAXONOMY_ID,
    TERM_ID,
    good,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_ORGANIZATION = entry_pb2.ENTRY_KIND_ORGANIZATION
_SERVICE = entry_pb2.ENTRY_KIND_SERVICE
_LOCATION = entry_pb2.ENTRY_KIND_LOCATION
_KINDS = [kind for kind in entry_pb2.EntryKind.values() if kind]


def _read(kind: int, document: dict[str, Any], entry_id: UUID = ENTRY_ID) -> dict[str, Any]:
    found = reading.read(kind, document, entry_id)
    assert not found.faults
    return found.document


def _linked() -> dict[str, Any]:
    kinds = {
        ORGANIZATION_ID: _ORGANIZATION,
        LOCATION_ID: _LOCATION,
        TAXONOMY_ID: entry_pb2.ENTRY_KIND_TAXONOMY,
        TERM_ID: entry_pb2.ENTRY_KIND_TAXONOMY_TERM,
    }
    return {one: _read(kind, good(kind) | {"id": one}, UUID(one)) for one, kind in kinds.items()}


def _entry(kind: entry_pb2.EntryKind, **changed: Any) -> Entry:
    return replace(writing.new_entry(ENTRY_ID, kind, None, NOW).published(1, NOW), **changed)


def _made(
    kind: entry_pb2.EntryKind, document: dict[str, Any] | None = None, **changed: Any
) -> list[Publication]:
    said = _read(kind, good(kind) if document is None else document)
    return render.publications(_entry(kind, **changed), said, _linked())


def _texts(made: list[Publication]) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    found = []
    for one in made:
        full, listed = one.texts(NOW)
        found.append((one.kind, json.loads(full), json.loads(listed)))
    return found


@pytest.mark.parametrize("kind", _KINDS)
def test_everything_follows_the_published_schemas(kind: entry_pb2.EntryKind) -> None:
    made = _texts(_made(kind))
    assert {found for found, _, _ in made} == ({kind, SERVICE_AT_LOCATION} if kind == _SERVICE else {kind})
    for found, full, listed in made:
        assert standard.faults(found, full, listed) == []


@given(data=st.data(), kind=st.sampled_from(_KINDS))
def test_whatever_is_left_out_it_follows_the_schemas(data: st.DataObject, kind: entry_pb2.EntryKind) -> None:
    """No document that is good lacks what the schemas need."""
    document = good(kind)
    for message, part, _ in list(reading.parts(reading.OBJECTS[kind], document, "")):
        for name in sorted(part):
            if name != "kith" and not data.draw(st.booleans(), label=f"{message.name}.{name}"):
                del part[name]
    found = reading.read(kind, document, ENTRY_ID)
    if not found.faults:
        made = render.publications(_entry(kind), found.document, _linked())
        for one, full, listed in _texts(made):
            assert standard.faults(one, full, listed) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"state": entry_pb2.Entry.STATE_TEMPORARILY_CLOSED},
        {"assured_time": NOW, "assurer": "jo@example.org"},
        {"assured_time": NOW, "assurer": "service-directory"},
        {"capacity": entry_pb2.Capacity.STATE_WAITING, "waiting_weeks": 6, "capacity_time": NOW},
    ],
)
def test_what_the_entry_adds_follows_the_schemas(changed: dict[str, Any]) -> None:
    for kind, full, listed in _texts(_made(_SERVICE, **changed)):
        assert standard.faults(kind, full, listed) == []


def test_the_schemas_would_notice() -> None:
    """A test that cannot fail is none."""
    (_, full, listed), *_ = _texts(_made(_SERVICE))
    assert standard.faults(_SERVICE, full | {"status": "gone"}, listed)
    assert standard.faults(_SERVICE, full | {"minimum_age": "5"}, listed)
    assert standard.faults(_SERVICE, full, listed | {"id": "one"})
    full["service_at_locations"][0]["location"]["addresses"][0].pop("state_province")
    assert standard.faults(_SERVICE, full, listed)


def test_a_service_embeds_what_it_names_and_both_vocabularies_names() -> None:
    (_, full, listed), (_, at_location, at_listed) = _texts(_made(_SERVICE))
    assert full["organization"]["name"] == listed["organization"]["name"] == "Millbrook Young People"
    assert full["service_at_locations"][0]["location"]["addresses"][0]["postal_code"] == "ZY1 1AA"
    assert (
        full["attributes"][0]["taxonomy_term"] | {"taxonomy": "Needs", "term": "Parenting"}
        == (full["attributes"][0]["taxonomy_term"])
    )
    assert full["fees"] == full["fees_description"] == listed["fees"] == "Free"
    assert full["service_areas"][0]["service_area"] == "Millbrook"
    assert full["last_modified"] == at_location["service"]["last_modified"] == "2026-11-22T09:30:00.000Z"
    assert full["contacts"][0]["phones"][0]["contact_id"] == full["contacts"][0]["id"]
    assert "schedules" not in listed
    assert "schedules" in full
    assert set(at_listed["location"]) & {"latitude", "addresses"} == {"latitude"}
    assert at_listed["service"]["name"] == "Young carers"


def test_kiths_own_facts_are_told_as_attributes() -> None:
    """SD-6, SD-8; what practitioners alone may know is not among them (SD-5)."""
    (_, full, _), *_ = _texts(_made(_SERVICE, capacity=entry_pb2.Capacity.STATE_WAITING, waiting_weeks=6))
    told = {
        one["taxonomy_term"]["code"]: one.get("value", "")
        for one in full["attributes"]
        if "code" in one["taxonomy_term"]
    }
    assert told == {
        "kind-community": "",
        "accepts-assessment": "",
        "referral-form": "Young carers form",
        "referral-route": "Ring us first.",
        "exclusions": "No help with money.",
        "threshold-level-2": "",
        "threshold-level-3": "",
        "capacity-waiting": "6 weeks",
    }
    assert "kith" not in full
    assert "01632 960124" not in json.dumps(full)
    assert "Duty worker" not in json.dumps(full)


def test_a_publishers_own_record_of_changes_is_not_shown() -> None:
    document = good(_SERVICE)
    document["metadata"] = [{"previous_value": "canary", "updated_by": "canary"}]
    document["phones"][0]["metadata"] = [{"previous_value": "canary"}]
    assert "canary" not in json.dumps(_texts(_made(_SERVICE, document)))


def test_what_is_said_of_assurance_is_kiths_to_say() -> None:
    document = good(_SERVICE) | {"assured_date": "2001-01-01", "last_modified": "2001-01-01T00:00:00Z"}
    (_, full, _), *_ = _texts(_made(_SERVICE, document))
    assert "assured_date" not in full
    assert full["last_modified"].startswith("2026")
    (_, assured, _), *_ = _texts(_made(_SERVICE, document, assured_time=NOW, assurer="jo@example.org"))
    assert (assured["assured_date"], assured["assurer_email"]) == ("2026-11-22", "jo@example.org")


def test_a_service_without_its_organization_is_not_shown() -> None:
    linked = _linked()
    del linked[ORGANIZATION_ID]
    assert render.publications(_entry(_SERVICE), _read(_SERVICE, good(_SERVICE)), linked) == []


def test_a_location_or_term_that_may_not_be_shown_is_left_out() -> None:
    linked = _linked()
    del linked[LOCATION_ID], linked[TERM_ID]
    (only,) = render.publications(_entry(_SERVICE), _read(_SERVICE, good(_SERVICE)), linked)
    assert "service_at_locations" not in only.full
    assert TERM_ID not in json.dumps(only.full)


def test_the_etag_changes_with_the_content_and_not_with_the_time() -> None:
    one, *_ = _made(_SERVICE)
    again, *_ = _made(_SERVICE)
    other, *_ = _made(_SERVICE, good(_SERVICE) | {"alert": "Closed on Friday"})
    assert one.etag == again.etag != other.etag
    assert one.texts(NOW) != one.texts(NOW.replace(year=2027))


# A refuge: what editing would have refused is held back once more.

_CANARIES = ("ZY1 1AA", "Mill Street", "53.7951", "1.7594", "01632", LOCATION_ID, "The Old Library")


def _refuge(**facts: Any) -> dict[str, Any]:
    document = good(_SERVICE)
    document["kith"] |= {"kind": "KIND_DOMESTIC_ABUSE", **facts}
    document["phones"].append({"number": "01632 960123"})
    document["description"] += " We are at 1 Mill Street, ZY1 1AA (53.7951, -1.7594). Ring 01632 960123."
    return document


def test_a_refuge_is_shown_by_its_organisation_and_nowhere() -> None:
    linked = _linked()
    # The front door of its organisation is public.
    linked[ORGANIZATION_ID]["phones"] = []
    said = _read(_SERVICE, _refuge())
    (only,) = render.publications(_entry(_SERVICE), said, linked)
    text = "".join(only.texts(NOW))
    assert not [canary for canary in _CANARIES if canary in text]
    assert only.full["organization"]["name"] == "Millbrook Young People"
    codes = {one["taxonomy_term"].get("code") for one in only.full["attributes"]}
    assert vocabulary.CONFIDENTIAL.code in codes


def test_a_refuge_that_was_declared_public_is_shown_as_others_are() -> None:
    made = _made(_SERVICE, _refuge(confidential=False))
    assert [one.kind for one in made] == [_SERVICE, SERVICE_AT_LOCATION]


def test_of_a_confidential_location_there_is_nothing() -> None:
    assert _made(_LOCATION, good(_LOCATION) | {"kith": {"confidential": True}}) == []


def test_every_kind_of_service_has_its_term() -> None:
    assert set(vocabulary.KINDS) == set(Service.Kind.keys()) - {"KIND_UNSPECIFIED"}
    assert set(vocabulary.CAPACITIES) == {state for state in entry_pb2.Capacity.State.values() if state}
