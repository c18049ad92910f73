"""Who may have access (CI-10, CI-11); the cases are in tests/cases/identity_standing.yaml."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.identity import standing
from services.identity.scopes import Role
from services.identity.standing import Agreement, Person

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "identity_standing.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_ci11_who_may_have_access(case: dict[str, Any]) -> None:
    agreement = Agreement(case.get("agreement_start", BEFORE), case.get("agreement_end", AFTER))
    person = Person(
        id="one",
        organisation_id="two",
        display_name="Robin",
        role=Role.PRACTITIONER,
        practitioner_id="",
        vetting_expire_time=case.get("vetting_expire", AFTER),
        training_time=case.get("training", BEFORE),
        agreement=agreement,
    )
    lapse = standing.of_person(person, NOW)
    assert (lapse.name if lapse else None) == case.get("lapse")
    for_agreement = standing.of_agreement(agreement, NOW)
    assert (for_agreement is not None) == (case.get("lapse") == "AGREEMENT")


def test_an_organisation_that_was_not_admitted_has_no_access() -> None:
    assert standing.of_agreement(None, NOW) is standing.Lapse.AGREEMENT
