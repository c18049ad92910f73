"""Which entries may be of the same thing, and what two become that are (issue 7, no. 4)."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.directory.outbound import Fault
from services.directory.quality import duplicates, links, merging
from services.directory.quality.merging import NotDiffering, Side

_CASES = Path(__file__).parents[3] / "cases"
_PAIRS = yaml.safe_load((_CASES / "quality_duplicates.yaml").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", _PAIRS, ids=lambda case: case["name"])
def test_which_pairs_are_proposed_and_why(case: dict[str, Any]) -> None:
    """The table of quality_duplicates.yaml."""
    one, other = duplicates.profile(case["one"]), duplicates.profile(case["other"])
    shared = set(duplicates.block_keys(one)) & set(duplicates.block_keys(other))
    score, reasons = duplicates.compare(one, other)
    assert bool(shared) == case["block"]
    assert [reason.part for reason in reasons] == case["reasons"]
    assert (score >= duplicates.PROPOSED_FROM) == case["proposed"], score
    assert duplicates.compare(other, one) == (score, reasons)


_VALUES = st.one_of(
    st.text(max_size=5), st.lists(st.dictionaries(st.sampled_from("ab"), st.text(max_size=3)), max_size=2)
)
_DOCUMENTS = st.builds(
    lambda members, facts: members | ({"kith": facts} if facts else {}),
    st.dictionaries(st.sampled_from(["name", "description", "phones", "url", "schedules"]), _VALUES),
    st.dictionaries(st.sampled_from(["referral_route", "exclusions"]), st.text(max_size=3)),
)


@given(_DOCUMENTS, _DOCUMENTS, st.data())
def test_a_merged_document_says_at_each_part_what_was_chosen_and_whose_it_is(
    ours: dict[str, Any], theirs: dict[str, Any], data: st.DataObject
) -> None:
    one = Side(ours | {"id": "1"}, {}, "ours", date(2026, 1, 1))
    other = Side(theirs | {"id": "2"}, {}, "theirs", date(2026, 2, 2))
    differing = {
        pointer: (mine, his) for pointer, mine, his in merging.differing(one.document, other.document)
    }
    taken = data.draw(st.lists(st.sampled_from(sorted(differing)), unique=True)) if differing else []
    before = json.dumps([one.document, other.document])
    document, provenance = merging.merged(one, other, taken)
    for pointer, (mine, his) in differing.items():
        holder = document.get("kith", {}) if pointer.startswith("/kith/") else document
        assert holder.get(pointer.rsplit("/", 1)[1]) == (his if pointer in taken else mine)
        if pointer in taken:
            assert provenance[pointer] == {"source": "theirs", "date": "2026-02-02"}
    assert provenance[""] == {"source": "ours", "date": "2026-01-01"}
    assert document["id"] == "1"
    assert json.dumps([one.document, other.document]) == before
    # Choosing all of theirs leaves nothing to choose.
    everything, _ = merging.merged(one, other, list(differing))
    assert list(merging.differing(everything, other.document)) == []


def test_a_part_taken_keeps_where_it_came_from_and_belongs_to_its_new_entry() -> None:
    one = Side(
        {"id": "1", "phones": [{"id": "11", "number": "a", "service_id": "1"}]},
        {"": {"source": "ours", "date": "2026-01-01"}, "/phones/0": {"source": "desk", "date": "2025-05-05"}},
        "ours",
        date(2026, 1, 1),
    )
    other = Side(
        {"id": "2", "phones": [{"id": "22", "number": "b", "service_id": "2"}]},
        {
            "": {"source": "feed", "date": "2026-03-03"},
            "/phones/0/number": {"source": "council", "date": "2026-04-04"},
        },
        "theirs",
        date(2026, 2, 2),
    )
    document, provenance = merging.merged(one, other, ["/phones"])
    # What the part is called is made anew: the other entry, once it is back, has one of that name.
    assert document == {"id": "1", "phones": [{"number": "b"}]}
    assert provenance == {
        "": {"source": "ours", "date": "2026-01-01"},
        "/phones": {"source": "feed", "date": "2026-03-03"},
        "/phones/0/number": {"source": "council", "date": "2026-04-04"},
    }


@pytest.mark.parametrize(
    "pointer", ["/id", "/organization_id", "/name", "/kith/kind", "/kith", "", "name", "/x/y"]
)
def test_what_does_not_differ_or_is_an_entrys_own_is_not_taken(pointer: str) -> None:
    one = Side(
        {"id": "1", "organization_id": "1", "name": "A", "kith": {"kind": 1}}, {}, "", date(2026, 1, 1)
    )
    other = Side(
        {"id": "2", "organization_id": "2", "name": "A", "kith": {"kind": 2}}, {}, "", date(2026, 1, 1)
    )
    with pytest.raises(NotDiffering):
        merging.merged(one, other, [pointer])


def test_parts_that_say_the_same_under_other_ids_do_not_differ() -> None:
    one = {"id": "1", "phones": [{"id": "11", "number": "a", "service_id": "1"}]}
    other = {"id": "2", "phones": [{"id": "22", "number": "a", "service_id": "2"}]}
    assert list(merging.differing(one, other)) == []


def test_which_pages_of_an_entry_are_looked_for() -> None:
    document = {
        "url": "https://a.example.org/",
        "schedules": [{"schedule_link": "http://b.example.org/x"}, {"schedule_link": "http://127.0.0.1/"}],
        "service_areas": [{"uri": "http://statistics.data.gov.uk/id/statistical-geography/E08000006"}],
        "required_documents": [{"uri": "https://c.example.org/form"}],
        "organization": {"website": "https://theirs.example.org/"},
        "kith": {"referral_form_uri": "ftp://d.example.org/"},
    }
    assert links.of(document) == [
        ("/url", "https://a.example.org/"),
        ("/schedules/0/schedule_link", "http://b.example.org/x"),
        ("/required_documents/0/uri", "https://c.example.org/form"),
    ]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (200, False),
        (204, False),
        (403, False),
        (429, False),
        (404, True),
        (410, True),
        (500, True),
        (Fault.NAME_UNKNOWN, True),
        (Fault.SLOW, True),
        (Fault.TOO_LARGE, False),
        (Fault.ADDRESS_REFUSED, False),
    ],
)
def test_what_means_that_a_page_was_not_found(answer: int | Fault, failed: bool) -> None:
    assert links.failed(answer) == failed
