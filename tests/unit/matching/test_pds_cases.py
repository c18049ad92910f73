from typing import Any

import pytest

from services.matching import load_model, query_keys, rank
from services.matching.keys import document_keys
from tests.unit.matching.descriptions import cases, child

TABLE = cases("pds")
MODEL = load_model()


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["why"]))
def test_pds_acceptance_case(case: dict[str, Any]) -> None:
    record, query = child(case.get("record", TABLE["record"])), child(case["query"])
    ranking = rank(query, [("record", record)], MODEL)
    assert (ranking.matches[0].grade.name if ranking.matches else "none") == case["grade"]


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["why"]))
def test_a_record_that_would_match_is_met_by_a_key(case: dict[str, Any]) -> None:
    record, query = child(case.get("record", TABLE["record"])), child(case["query"])
    assert case["grade"] == "none" or not document_keys(record).isdisjoint(query_keys(query))
