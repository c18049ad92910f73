"""What somebody here has edited outranks what a publisher sends, field by field."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.directory.importing import merging
from tests.unit.directory.importing.feeds import SOURCE_ID

_DAY = date(2026, 3, 1)
_ID = "service"
_LOCAL = {"source": "an organisation", "date": "2026-02-01"}
_IMPORTED = merging.origin(SOURCE_ID, date(2026, 1, 1))
_FIELDS = ("name", "description", "phones", "url")
_DOCUMENTS = st.fixed_dictionaries(
    {"id": st.just(_ID), "kith": st.fixed_dictionaries({"kind": st.sampled_from(["A", "B"])})},
    optional=dict.fromkeys(_FIELDS, st.sampled_from(["x", "y", "z"])),
)
_EDITED = st.sets(st.sampled_from([f"/{name}" for name in _FIELDS] + ["/kith/kind"]))


def _provenance(edited: set[str]) -> dict[str, dict[str, str]]:
    return {**_IMPORTED, **dict.fromkeys(edited, _LOCAL)}


@given(_DOCUMENTS, _DOCUMENTS, _EDITED)
def test_an_edited_field_stays_and_every_other_is_as_sent(
    sent: dict[str, Any], here: dict[str, Any], edited: set[str]
) -> None:
    merged = merging.merge(sent, here, _provenance(edited), SOURCE_ID, _DAY)
    for field in (*(f"/{name}" for name in _FIELDS), "/kith/kind"):
        wanted = here if field in edited else sent
        assert merging.member(merged.document, field) == merging.member(wanted, field)


@given(_DOCUMENTS, _DOCUMENTS, _EDITED, st.booleans())
def test_a_second_time_changes_nothing(
    sent: dict[str, Any], here: dict[str, Any], edited: set[str], takes_published: bool
) -> None:
    once = merging.merge(sent, here, _provenance(edited), SOURCE_ID, _DAY, take_published=takes_published)
    again = merging.merge(sent, once.document, once.provenance, SOURCE_ID, _DAY)
    assert again.document == once.document
    assert all(change.conflict for change in again.changes)
    # What was decided for the publisher is no conflict any more.
    assert not (takes_published and any(change.after is not None for change in again.changes))


def test_a_part_that_was_edited_keeps_its_field() -> None:
    provenance = {**_IMPORTED, "/phones/0/number": _LOCAL}
    here = {"id": _ID, "phones": [{"number": "1"}], "name": "a"}
    sent = {"id": _ID, "phones": [{"number": "2"}], "name": "b"}
    merged = merging.merge(sent, here, provenance, SOURCE_ID, _DAY)
    assert merged.document == here | {"name": "b"}
    assert [(change.field, change.conflict) for change in merged.changes] == [
        ("/phones", True),
        ("/name", False),
    ]


def test_what_only_we_say_is_no_conflict() -> None:
    provenance = {**_IMPORTED, "/kith/referral_route": _LOCAL}
    here = {"id": _ID, "kith": {"kind": "A", "referral_route": "Ring us"}}
    merged = merging.merge({"id": _ID, "kith": {"kind": "A"}}, here, provenance, SOURCE_ID, _DAY)
    assert (merged.document, merged.changes) == (here, ())


def test_where_a_changed_field_comes_from_is_told() -> None:
    merged = merging.merge({"id": _ID, "name": "b"}, {"id": _ID, "name": "a"}, _IMPORTED, SOURCE_ID, _DAY)
    assert merged.provenance["/name"] == {"source": str(SOURCE_ID), "date": "2026-03-01"}
    assert merged.provenance[""]["date"] == "2026-01-01"
